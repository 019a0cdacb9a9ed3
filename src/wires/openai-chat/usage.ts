/**
 * Token counts of the Chat Completions wire.
 *
 * @module
 */

import type { Usage } from '../../base/events.js'
import { compact, countOf, isRecord, type Json } from '../../base/read-json.js'

export function readUsage(usage: unknown): Usage {
  if (!isRecord(usage)) return {}
  const { prompt_tokens_details: details } = usage
  const input = countOf(usage, 'prompt_tokens', 'input_tokens')
  const total = countOf(usage, 'total_tokens')
  const reasoning =
    countOf(usage.completion_tokens_details, 'reasoning_tokens') ??
    countOf(usage, 'reasoning_tokens')
  let output = countOf(usage, 'completion_tokens', 'output_tokens')
  // xAI counts reasoning beside completion_tokens and not within; the total tells.
  if (output !== undefined && reasoning && total === (input ?? 0) + output + reasoning) {
    output += reasoning
  }
  return compact({
    inputTokens: input,
    outputTokens: output,
    totalTokens: total,
    reasoningTokens: reasoning,
    // OpenAI; DeepSeek; Moonshot
    cachedInputTokens:
      countOf(details, 'cached_tokens') ??
      countOf(usage, 'prompt_cache_hit_tokens', 'cached_tokens'),
    // OpenRouter; LiteLLM
    cacheWriteInputTokens:
      countOf(details, 'cache_write_tokens') ?? countOf(usage, 'cache_creation_input_tokens'),
  })
}

const totals = ['total_tokens', 'completion_tokens', 'prompt_tokens', 'output_tokens']

/** Whether it counts anything. */
export function saysTokens(usage: Json): boolean {
  return totals.some((name) => (countOf(usage, name) ?? 0) > 0)
}
