/**
 * The calls in messages, with their states.
 *
 * @module
 */

import type { AssistantMessage, Message, ToolCallPart, ToolResultPart } from '../base/messages.js'
import { unansweredIn } from './open-calls.js'
import type { CallState } from './options.js'
import { openParts, type PageCalls } from './page-calls.js'

/** The part of the answer in progress that messages do not show. */
export interface Growing {
  /** Absent before its first content. */
  message: AssistantMessage | undefined
  /** The ids of calls whose results are preliminary. */
  preliminary: ReadonlySet<string>
}

const none: readonly CallState[] = []

/**
 * @param messages - with the answer in progress
 * @param growing - undefined while no answer is in progress
 */
export function callStates(
  messages: readonly Message[],
  growing: Growing | undefined,
  page: PageCalls | undefined,
): readonly CallState[] {
  const states = new Map<ToolCallPart, CallState>()
  for (const { content } of messages) {
    for (const part of typeof content === 'string' ? [] : content) {
      if (part.type !== 'tool-call') continue
      const { id, name, input, error } = part
      const failed = error === undefined ? {} : { output: error }
      states.set(part, { id, name, input, state: 'failed', ...failed })
    }
  }
  if (states.size === 0) return none
  const settle = (part: ToolCallPart, { output, content, isError }: ToolResultPart): void => {
    const state = states.get(part)
    if (state === undefined) return
    state.state = isError ? 'failed' : 'done'
    state.output = output ?? content
  }
  const unanswered = unansweredIn(messages, (call, result) => {
    settle(call, result)
    const state = states.get(call)
    if (state !== undefined && growing?.preliminary.has(call.id)) state.state = 'running'
  })
  const content = growing?.message?.content ?? []
  // Calls that an earlier message has left are answered by the answer in progress.
  const open = growing === undefined ? openParts(messages) : unanswered
  for (const part of open) {
    const state = states.get(part)
    if (state === undefined) continue
    const answer = page?.answers.get(part)
    if (growing !== undefined) {
      state.state = isArriving(part, content.at(-1)) ? 'called' : 'running'
    } else if (page?.running.has(part)) state.state = 'running'
    else if (answer?.type === 'tool-result') settle(part, answer)
    else {
      state.state = 'waiting'
      const reason = page?.reasonOf(part)
      if (reason !== undefined) state.for = reason
      if (answer !== undefined) state.approved = answer.approved
    }
  }
  return [...states.values()]
}

/** Arguments are text until they are whole. Before the first of them, they look like none. */
function isArriving(part: ToolCallPart, last: unknown): boolean {
  if (typeof part.input === 'string') return !part.custom || part === last
  return part === last && Object.keys(part.input as object).length === 0
}
