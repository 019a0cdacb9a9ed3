/**
 * The values of `finish_reason` that servers send.
 *
 * @module
 */

import type { FinishReason } from '../../base/events.js'

const finishReasons = new Map<string, FinishReason>(
  Object.entries({
    stop: 'stop',
    eos: 'stop',
    eos_token: 'stop',
    stop_sequence: 'stop',
    end_turn: 'stop',
    complete: 'stop',
    length: 'length',
    max_tokens: 'length',
    // Mistral, Z.ai: the context window is full
    model_length: 'length',
    model_context_window_exceeded: 'length',
    tool_calls: 'tool-calls',
    tool_call: 'tool-calls',
    function_call: 'tool-calls',
    function_calls: 'tool-calls',
    tool_use: 'tool-calls',
    content_filter: 'content-filter',
    refusal: 'content-filter',
    // Z.ai
    sensitive: 'content-filter',
  }),
)

/** Returns undefined for a value that no known server sends. */
export function finishReasonOf(lowerCase: string): FinishReason | undefined {
  return finishReasons.get(lowerCase)
}
