/**
 * Calls without results, and messages that leave none.
 *
 * @module
 */

import type {
  AssistantMessage,
  InputPart,
  Message,
  OutputPart,
  ToolCallPart,
  ToolMessage,
  ToolResultPart,
  WaitingPart,
} from '../base/messages.js'

/** A message, whichever fields it has besides. */
export type Said = Pick<Message, 'role' | 'content'> & Pick<Partial<AssistantMessage>, 'waiting'>

/** What a call waits for. */
export type Reason = WaitingPart['for']

type Part = OutputPart | InputPart | ToolMessage['content'][number]

/** The parts of a message. Those of an application may be anything. */
export function partsOf({ content }: Said): readonly Part[] {
  return Array.isArray(content) ? (content as readonly Part[]).filter(Boolean) : []
}

/**
 * @param onResult - called with each result and its call
 * @returns the calls that have no result and may have one, in order
 */
export function unansweredIn(
  messages: readonly Said[],
  onResult?: (call: ToolCallPart, result: ToolResultPart) => void,
): ToolCallPart[] {
  const open: ToolCallPart[] = []
  for (const message of messages) {
    for (const part of partsOf(message)) {
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
export function withoutOpenCalls<One extends Said>(messages: readonly One[]): readonly One[] {
  const open = new Set<unknown>(unansweredIn(messages))
  if (open.size === 0) return messages
  return messages.map((message) => {
    const parts = partsOf(message)
    if (!parts.some((part) => open.has(part))) return message
    const content = parts.map((part) => (open.has(part) ? { ...part, error: unanswered } : part))
    return { ...message, content }
  })
}

/** The calls of the last answer that have no result and may have one. */
export function openParts(messages: readonly Said[]): ToolCallPart[] {
  const last = messages.findLast(({ role }) => role !== 'tool')
  if (last?.role !== 'assistant') return []
  const parts = new Set<unknown>(partsOf(last))
  return unansweredIn(messages).filter((part) => parts.has(part))
}

/** What the calls of the last answer wait for, by their ids, if the answer says it. */
export function reasonsIn(messages: readonly Said[]): ReadonlyMap<string, Reason> {
  const last = messages.findLast(({ role }) => role === 'assistant')
  return new Map(last?.waiting?.map((call) => [call.id, call.for]))
}

/** The messages up to the last result of a tool in the last answer. */
export function withResults<One extends Said>(messages: readonly One[]): readonly One[] {
  const last = messages.at(-1)
  const before = messages.slice(0, -1)
  const parts = last === undefined ? [] : partsOf(last)
  const end = parts.findLastIndex(({ type }) => type === 'tool-result')
  if (last === undefined || end === -1) return before
  return [...before, { ...last, content: parts.slice(0, end + 1) }]
}
