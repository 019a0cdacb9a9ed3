/**
 * The state that the parts of a conversation share, and as a page sees it: at most once per frame.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import { callStates } from './call-states.js'
import { Frame } from './frame.js'
import { ChatHistory } from './history.js'
import type { ChatOptions } from './options.js'
import type { PageCalls } from './page-calls.js'
import type { RunningAnswer } from './running-answer.js'
import type { ChatMessage, ChatState, ChatStatus } from './state.js'

export class ChatView {
  /** Those of now. */
  options: ChatOptions
  readonly history: ChatHistory = new ChatHistory()
  /** The answer in progress, or the one that is sought. */
  answer: RunningAnswer | undefined
  /** The open calls of the last answer. */
  page: PageCalls | undefined
  queue: ChatState['queue'] = []
  status: ChatStatus = 'idle'
  error: StreamError | undefined
  retrying: ChatState['retrying']
  readonly frame: Frame = new Frame(() => this.show())
  readonly listeners: Set<() => void> = new Set()
  /** What was shown last. */
  state: ChatState
  /** The last state before anything has begun, which is what a server renders. */
  initial: ChatState
  /** Whether there was a subscriber or a request. */
  hasBegun = false
  /** Whether nobody will look any more. */
  isLeft = false

  constructor(options: ChatOptions) {
    this.options = options
    this.frame.everyMs = options.throttleMs
    this.history.messages = this.history.toShown(options.initialMessages ?? [])
    this.state = this.initial = this.#look()
  }

  get isBusy(): boolean {
    return this.answer !== undefined && !this.answer.isSought
  }

  /** Shows the state now. */
  show(): void {
    this.frame.cancel()
    this.state = this.#look()
    if (!this.hasBegun) this.initial = this.state
    for (const listener of this.listeners) listener()
  }

  /** Shows other messages, while no answer is in progress. */
  replace(messages: readonly ChatMessage[]): void {
    this.dropPage()
    this.history.messages = messages
    this.history.broken = undefined
    this.status = 'idle'
    this.error = undefined
    this.show()
  }

  dropPage(): void {
    this.page?.abort()
    this.page = undefined
  }

  #look(): ChatState {
    const { answer, history, retrying } = this
    const message = answer?.message()
    const messages = message === undefined ? history.messages : [...history.messages, message]
    const growing = answer && this.isBusy ? { message, preliminary: answer.preliminary } : undefined
    return {
      messages,
      status: this.status,
      error: this.error,
      connection: connectionOf(answer, retrying),
      retrying,
      calls: callStates(messages, growing, this.page),
      queue: this.queue,
      branches: history.branches.of(messages),
    }
  }
}

function connectionOf(
  answer: RunningAnswer | undefined,
  retrying: ChatState['retrying'],
): ChatState['connection'] {
  if (retrying !== undefined && !('mode' in retrying)) return 'reconnecting'
  if (answer === undefined) return 'none'
  return answer.isAccepted ? 'open' : 'connecting'
}
