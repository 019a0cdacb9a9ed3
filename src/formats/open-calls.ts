/**
 * Calls that have no result.
 *
 * @module
 */

import type { Message, OutputPart, ToolCallPart } from '../base/messages.js'
import { parseJson } from '../base/parse-json.js'
import { isRecord } from '../base/read-json.js'
import { matchResults } from '../wires/call-order.js'

export const unanswered = 'The conversation went on before this call had a result.'

/** For the arguments of calls that are no JSON object. */
export const notJson = 'The arguments of this call are not valid JSON.'

/** The arguments of a call, which came as text. */
export function inputOf(text: string): Pick<ToolCallPart, 'input' | 'error'> {
  const input: unknown = text.trim() === '' ? {} : parseJson(text)
  return isRecord(input) ? { input } : { input: text, error: notJson }
}

/**
 * Gives an `error` to each call without a result, except in the last answer, where the next request
 * answers it. The conversation has continued without the others.
 */
export function closeCalls(messages: readonly Message[]): Message[] {
  const results = matchResults(messages)
  const last = messages.findLastIndex(({ role }) => role !== 'tool')
  return messages.map((message, position) => {
    if (message.role !== 'assistant' || position === last) return message
    if (typeof message.content === 'string') return message
    const content = message.content.map((part): OutputPart => {
      const isOpen = part.type === 'tool-call' && part.error === undefined && !results.has(part)
      return isOpen ? { ...part, error: unanswered } : part
    })
    return { ...message, content }
  })
}
