/**
 * Calls without results, and messages that leave none.
 *
 * @module
 */

import type { Message, ToolCallPart, ToolResultPart } from '../base/messages.js'

/**
 * @param onResult - called with each result and its call
 * @returns the calls that have no result and may have one, in order
 */
export function unansweredIn(
  messages: readonly Message[],
  onResult?: (call: ToolCallPart, result: ToolResultPart) => void,
): ToolCallPart[] {
  const open: ToolCallPart[] = []
  for (const { content } of messages) {
    for (const part of content) {
      if (typeof part === 'string') break
      if (part.type === 'tool-call' && part.error === undefined) open.push(part)
      if (part.type !== 'tool-result') continue
      // Models may use an id twice.
      const at = open.findIndex(({ id }) => id === part.id)
      const [call] = at === -1 ? [] : open.splice(at, 1)
      if (call !== undefined) onResult?.(call, part)
    }
  }
  return open
}

const unanswered = 'The conversation went on before this call had a result.'

/**
 * The messages with each call that has no result marked as one that must not be run. Unmarked calls
 * would need results, and a server refuses them from a client.
 */
export function withoutOpenCalls(messages: readonly Message[]): readonly Message[] {
  const open = new Set<unknown>(unansweredIn(messages))
  if (open.size === 0) return messages
  return messages.map((message) => {
    if (message.role !== 'assistant' || typeof message.content === 'string') return message
    if (!message.content.some((part) => open.has(part))) return message
    const content = message.content.map((part) =>
      open.has(part) ? { ...(part as ToolCallPart), error: unanswered } : part,
    )
    return { ...message, content }
  })
}

/** The messages before the last answer. */
export function withoutAnswer(messages: readonly Message[]): readonly Message[] {
  const asked = messages.findLastIndex(({ role }) => role !== 'assistant')
  return messages.slice(0, asked + 1)
}

/** The messages up to the last result of a tool in the last answer. */
export function withResults(messages: readonly Message[]): readonly Message[] {
  const last = messages.at(-1)
  const before = messages.slice(0, -1)
  if (last?.role !== 'assistant' || typeof last.content === 'string') return before
  const end = last.content.findLastIndex(({ type }) => type === 'tool-result')
  return end === -1 ? before : [...before, { ...last, content: last.content.slice(0, end + 1) }]
}
