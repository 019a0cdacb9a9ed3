/**
 * The request of one step.
 *
 * @module
 */

import type { Message } from '../base/messages.js'
import type { StreamRequest, ToolChoice } from '../base/request.js'
import type { StepChanges } from './options.js'

/**
 * The request of a step with what `beforeStep` changes.
 *
 * @param called - the turn has had a call
 */
export function stepRequest(
  request: StreamRequest,
  messages: readonly Message[],
  called: boolean,
  changes: Omit<StepChanges, 'driver'>,
): StreamRequest {
  const { prompt: _prompt, toolChoice, tools = {}, ...others } = request
  return {
    ...others,
    // Also where there are none: an answer may pause.
    tools,
    messages,
    // A call that was forced has been made.
    ...(toolChoice === undefined || (called && isForced(toolChoice)) ? {} : { toolChoice }),
    ...changes,
  }
}

function isForced(choice: ToolChoice): boolean {
  return typeof choice === 'object' || choice === 'required'
}

/** Without the fields that are undefined, which change nothing. */
export function defined(changes: StepChanges): StepChanges {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
}

/** The conversation that a request begins with. */
export function messagesOf({ messages, prompt = '' }: StreamRequest): readonly Message[] {
  return messages ?? [{ role: 'user', content: prompt }]
}
