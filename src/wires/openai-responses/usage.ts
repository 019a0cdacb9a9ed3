/**
 * Token counts of the Responses wire.
 *
 * @module
 */

import type { Usage } from '../../base/events.js'
import { compact, countOf, isRecord } from '../../base/read-json.js'

export function readUsage(usage: unknown): Usage {
  if (!isRecord(usage)) return {}
  return compact({
    inputTokens: countOf(usage, 'input_tokens'),
    outputTokens: countOf(usage, 'output_tokens'),
    totalTokens: countOf(usage, 'total_tokens'),
    reasoningTokens: countOf(usage.output_tokens_details, 'reasoning_tokens'),
    cachedInputTokens: countOf(usage.input_tokens_details, 'cached_tokens'),
    cacheWriteInputTokens: countOf(usage.input_tokens_details, 'cache_write_tokens'),
  })
}
