/**
 * Messages as a page shows them, and as they are sent.
 *
 * @module
 */

import type { Message } from '../base/messages.js'
import { newId } from '../base/new-id.js'
import type { ChatMessage, MessageStatus } from './state.js'

/** A message with another status. */
export function withStatus(message: ChatMessage, status: MessageStatus): ChatMessage {
  return message.status === status ? message : { ...message, status }
}

/** Gives a message an id and a status. One that was stored during an answer is partial. */
export function toShown(message: Message | ChatMessage, isNew = false): ChatMessage {
  const { id = newId(), status = 'done' } = message as Partial<ChatMessage>
  const isCut = status === 'streaming' || status === 'sending'
  const cut = message.role === 'assistant' ? 'partial' : 'failed'
  const shown = isNew ? 'sending' : isCut ? cut : status === 'partial' ? brokenBy(message) : status
  if (message.id === id && message.status === shown) return message as ChatMessage
  return { ...message, id, status: shown }
}

function brokenBy({ errorCode }: Pick<Message, 'errorCode'>): MessageStatus {
  if (errorCode === undefined) return 'partial'
  return errorCode === 'aborted' ? 'stopped' : 'failed'
}

/** A message as a server takes it. A part of an answer is marked, so that it never passes as whole. */
export function toSent({ status, ...message }: ChatMessage): Message {
  const isWhole = message.role !== 'assistant' || status === 'done'
  return isWhole ? message : { ...message, status: 'partial' }
}

/** The position of the answer to the last message that is not one. */
export function startOfAnswer(messages: readonly ChatMessage[]): number {
  return messages.findLastIndex(({ role }) => role !== 'assistant') + 1
}

/**
 * Joins messages that came from elsewhere with those of a turn in progress, which they may hold
 * already: with the same id, or as their last question.
 */
export function withTurn(
  given: readonly ChatMessage[],
  added: readonly ChatMessage[],
): readonly ChatMessage[] {
  const ids = new Set(given.map(({ id }) => id))
  const last = given.at(-1)
  const missing = added.filter((message) => {
    return !ids.has(message.id) && !(last !== undefined && saysTheSame(last, message))
  })
  return [...given, ...missing]
}

function saysTheSame(one: ChatMessage, other: ChatMessage): boolean {
  return one.role === other.role && JSON.stringify(one.content) === JSON.stringify(other.content)
}
