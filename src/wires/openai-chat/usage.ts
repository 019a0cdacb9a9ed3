/**
 * Token counts of the Chat Completions wire.
 *
 * @module
 */

import type { Usage } from '../../types.js'
import { compact, countOf, isRecord } from '../json.js'

export function readUsage(usage: unknown): Usage {
  if (!isRecord(usage)) return {}
  const input = countOf(usage, 'prompt_tokens')
  const total = countOf(usage, 'total_tokens')
  const reasoning = countOf(usage.completion_tokens_details, 'reasoning_tokens')
  let output = countOf(usage, 'completion_tokens')
  // xAI counts reasoning beside completion_tokens and not within; the total tells.
  if (output !== undefined && reasoning && total === (input ?? 0) + output + reasoning) {
    output += reasoning
  }
  return compact({
    inputTokens: input,
    outputTokens: output,
    totalTokens: total,
    reasoningTokens: reasoning,
    cachedInputTokens:
      countOf(usage.prompt_tokens_details, 'cached_tokens') ??
      countOf(usage, 'prompt_cache_hit_tokens'),
  })
}
