/**
 * The request of one step.
 *
 * @module
 */

import type { Message } from '../base/messages.js'
import { compact } from '../base/read-json.js'
import type { StreamRequest, ToolChoice } from '../base/request.js'
import type { ToolSet } from '../base/tool-types.js'
import type { StepChanges } from './options.js'

/** What `beforeStep` changes, without fields that are undefined. */
export type DefinedChanges = Omit<StepChanges, 'tools'> & { tools?: ToolSet }

/**
 * The request of a step with what `beforeStep` changes.
 *
 * @param called - the turn has had a call
 */
export function stepRequest(
  request: StreamRequest,
  messages: readonly Message[],
  called: boolean,
  changes: Omit<DefinedChanges, 'driver'>,
): StreamRequest {
  const { prompt: _prompt, toolChoice, tools: offered = {}, ...others } = request
  // Also where there are none: an answer may pause.
  const { tools = offered } = changes
  return {
    ...others,
    messages,
    // A call that was forced has been made.
    ...(toolChoice === undefined || (called && isForced(toolChoice)) ? {} : { toolChoice }),
    ...changes,
    tools,
  }
}

function isForced(choice: ToolChoice): boolean {
  return typeof choice === 'object' || choice === 'required'
}

/** Without the fields that are undefined, which change nothing, and the tools that are not offered. */
export function definedChanges({ tools, ...others }: StepChanges): DefinedChanges {
  return compact({ ...others, tools: tools && (compact(tools) as ToolSet) })
}

/** The conversation that a request begins with. */
export function messagesOf({ messages, prompt = '' }: StreamRequest): readonly Message[] {
  return messages ?? [{ role: 'user', content: prompt }]
}
