/**
 * The messages of a conversation, without the answer in progress.
 *
 * @module
 */

import type { StreamErrorCode } from '../base/errors.js'
import type { AssistantMessage, Message } from '../base/messages.js'
import { Branches } from './branches.js'
import { startOfAnswer, toShown, withStatus } from './messages.js'
import { partsOf, withoutOpenCalls } from './open-calls.js'
import type { RunningAnswer, Turn } from './running-answer.js'
import type { ChatMessage, MessageStatus } from './state.js'

/** The last turn, if it is not whole. */
export interface BrokenTurn {
  turn: Turn
  /** The last message when it ended. */
  lastId: string | undefined
  /** Whether nothing came of it, and the answer that it should replace is back. */
  isUndone: boolean
  /** Whether it has ended on the server, too. A turn whose connection was lost may be running. */
  isEnded: boolean
}

/** How an answer has ended. */
export interface Ending {
  status: MessageStatus
  /** Why it is not whole, if that is known. */
  errorCode?: StreamErrorCode
  /**
   * Whether it has ended on the server, too.
   * @default true
   */
  isEnded?: boolean
}

export class ChatHistory {
  messages: readonly ChatMessage[] = []
  broken: BrokenTurn | undefined
  readonly branches: Branches = new Branches()
  /** The ids that were made here for messages from elsewhere. */
  readonly #unnamed = new Set<string>()

  get lastId(): string | undefined {
    return this.messages.at(-1)?.id
  }

  has(id: string | undefined): boolean {
    return this.messages.some((message) => message.id === id)
  }

  /** Gives messages from elsewhere ids and statuses. */
  toShown(messages: readonly (Message | ChatMessage)[]): readonly ChatMessage[] {
    const known = new Set<unknown>(this.messages)
    return messages.map((message): ChatMessage => {
      if (known.has(message)) return message as ChatMessage
      const shown = toShown(message)
      if (message.id === undefined) this.#unnamed.add(shown.id)
      return shown
    })
  }

  /** Messages from elsewhere, without what they hold of the answer in progress. */
  withoutCopy(
    messages: readonly ChatMessage[],
    { id, isFollowed }: RunningAnswer,
  ): readonly ChatMessage[] {
    const at = messages.findIndex((message) => message.id === id)
    if (at !== -1) return messages.slice(0, at)
    const start = startOfAnswer(messages)
    const first = messages[start]
    if (!isFollowed || first === undefined) return messages
    const isCopy = first.status !== 'done' || this.#unnamed.has(first.id)
    return isCopy ? messages.slice(0, start) : messages
  }

  /** An answer that is followed takes the place of what is stored of it. */
  makeRoomFor(answer: RunningAnswer): void {
    this.messages = this.withoutCopy(this.messages, answer)
    const asked = this.messages.at(-1)
    if (asked?.role === 'user') this.#change([asked.id], 'done')
  }

  /** Adds an answer, unless it is empty. */
  finish(
    { id: ownId, turn }: RunningAnswer,
    message: AssistantMessage,
    { status, errorCode, isEnded = true }: Ending,
  ): void {
    if (turn === undefined) return
    this.mark(turn, status === 'partial' ? 'failed' : status)
    let isUndone = false
    if (message.content.length > 0) {
      const id = (this.has(message.id) ? undefined : message.id) ?? ownId
      const broken = errorCode === undefined ? {} : { errorCode }
      const messages = [...this.messages, { ...message, id, status, ...broken }]
      this.messages = status === 'done' ? messages : withoutOpenCalls(messages)
    } else if (status !== 'done' && turn.action === 'regenerate') {
      const messages = this.branches.undo(this.messages)
      isUndone = messages !== this.messages
      this.messages = messages
    }
    this.broken = status === 'done' ? undefined : { turn, lastId: this.lastId, isUndone, isEnded }
  }

  /** A server that resumes a turn gives its whole steps again: what was kept of them is a copy. */
  dropCopyOfCall(id: string): void {
    const last = this.messages.at(-1)
    if (last?.role !== 'assistant') return
    const isCopy = partsOf(last).some((part) => part.type === 'tool-call' && part.id === id)
    if (isCopy) this.messages = this.messages.slice(0, -1)
  }

  /** Changes the status of the messages of a turn that wait for the server. */
  mark({ added }: Turn, status: MessageStatus): void {
    if (this.messages.some((message) => message.status === 'sending')) this.#change(added, status)
  }

  #change(ids: readonly string[], status: MessageStatus): void {
    this.messages = this.messages.map((message) => {
      return ids.includes(message.id) ? withStatus(message, status) : message
    })
  }
}
