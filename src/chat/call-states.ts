/**
 * The calls in messages, with their states.
 *
 * @module
 */

import type { Message, ToolCallPart, ToolResultPart } from '../base/messages.js'
import { openParts, partsOf, reasonsIn, type Said, unansweredIn } from './open-calls.js'
import type { PageCalls } from './page-calls.js'
import type { CallState } from './state.js'

/** The part of the answer in progress that messages do not show. */
export interface Growing {
  /** Absent before its first content. */
  message: Pick<Message, 'role' | 'content'> | undefined
  /** The ids of calls whose results are preliminary. */
  preliminary: ReadonlySet<string>
}

const none: readonly CallState[] = []

/**
 * @param messages - with the answer in progress
 * @param growing - undefined while no answer is in progress
 */
export function callStates(
  messages: readonly Said[],
  growing: Growing | undefined,
  page: PageCalls | undefined,
): readonly CallState[] {
  const states = new Map<ToolCallPart, CallState>()
  for (const message of messages) {
    for (const part of partsOf(message)) {
      if (part.type !== 'tool-call') continue
      const { id, name, input, error } = part
      states.set(part, { id, name, input, state: 'failed', output: error })
    }
  }
  if (states.size === 0) return none
  const change = (part: ToolCallPart, changes: Partial<CallState>): void => {
    Object.assign(states.get(part) as CallState, changes)
  }
  const settle = (part: ToolCallPart, { output, content, isError }: ToolResultPart): void =>
    change(part, { state: isError ? 'failed' : 'done', output: output ?? content })
  const unanswered = unansweredIn(messages, (part, result) => {
    settle(part, result)
    if (growing?.preliminary.has(part.id)) change(part, { state: 'running' })
  })
  if (growing !== undefined) {
    const last = growing.message && partsOf(growing.message).at(-1)
    // Calls that an earlier message has left are answered by the answer in progress.
    for (const part of unanswered) {
      change(part, { state: isArriving(part, last) ? 'called' : 'running' })
    }
    return [...states.values()]
  }
  const reasons = reasonsIn(messages)
  for (const part of openParts(messages)) {
    const answer = page?.answers.get(part)
    if (answer?.type === 'tool-result') settle(part, answer)
    else if (page?.running.has(part)) change(part, { state: 'running' })
    else {
      const approved = answer?.approved
      change(part, { state: 'waiting', for: reasons.get(part.id), approved })
    }
  }
  return [...states.values()]
}

/** Arguments are text until they are whole. Before the first of them, they look like none. */
function isArriving(part: ToolCallPart, last: unknown): boolean {
  if (typeof part.input === 'string') return !part.custom || part === last
  return part === last && Object.keys(part.input as object).length === 0
}
