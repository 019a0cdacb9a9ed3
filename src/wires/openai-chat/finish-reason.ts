/**
 * The values of `finish_reason` that servers send.
 *
 * @module
 */

import type { FinishReason } from '../../base/events.js'

const finishReasons: readonly (readonly [FinishReason, RegExp])[] = [
  ['stop', /^(stop|eos|eos_token|stop_sequence|end_turn|complete)$/],
  // Mistral, Z.ai: the context window is full
  ['length', /^(length|max_tokens|model_length|model_context_window_exceeded)$/],
  ['tool-calls', /^((tool|function)_calls?|tool_use)$/],
  // Z.ai: sensitive
  ['content-filter', /^(content_filter|refusal|sensitive)$/],
]

/** Returns undefined for a value that no known server sends. */
export function finishReasonOf(lowerCase: string): FinishReason | undefined {
  return finishReasons.find(([, pattern]) => pattern.test(lowerCase))?.[0]
}
