/**
 * The answer in progress.
 *
 * @module
 */

import type { Accumulator } from '../base/accumulator.js'
import type { StreamError } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'
import type { AssistantMessage } from '../base/messages.js'
import { newId } from '../base/new-id.js'
import type { EventOrigin } from '../core/event-feed.js'
import { Transcript } from '../core/transcript.js'
import type { ChatRequest } from './options.js'
import type { ChatMessage } from './state.js'

/** What an answer is for. A turn that is retried stays the same. */
export interface Turn extends Pick<ChatRequest, 'action' | 'key' | 'messageId'> {
  /** The ids of the messages that it adds. */
  added: readonly string[]
}

export class RunningAnswer {
  /** Undefined while files are read, so that nothing can be sent yet. */
  readonly turn: Turn | undefined
  /** Undefined until the request is ready. */
  source: EventOrigin | undefined
  /** The address of the stream on a server that keeps it. */
  url: string | undefined
  /** Whether the answer is sought by `follow` and may turn out not to exist. */
  isSought: boolean
  readonly isFollowed: boolean
  /** Whether the server has accepted the request. */
  isAccepted = false
  isStopped = false
  /** Whether the connection was lost for good, so that nobody knows how the answer ends. */
  isLost = false
  id: string = newId()
  readonly #transcript = new Transcript()
  #isBegun = false
  /** The ids of calls whose results are preliminary. */
  readonly preliminary: Set<string> = new Set()
  #shown: ChatMessage | undefined
  #shownOf: AssistantMessage | undefined

  constructor(turn: Turn | undefined, isSought = false) {
    this.turn = turn
    this.isSought = this.isFollowed = isSought
  }

  get content(): Accumulator {
    return this.#transcript.content
  }

  take(event: StreamEvent): void {
    this.#isBegun = true
    this.#transcript.add(event)
    if (event.type !== 'content' || event.kind !== 'tool-result') return
    if (event.preliminary) this.preliminary.add(event.id)
    else this.preliminary.delete(event.id)
  }

  /** The last events of an answer whose connection failed. Every stream begins with a `start`. */
  failure(error: StreamError): StreamEvent[] {
    const end = this.#transcript.failure(error, 0, 'unknown')
    if (this.#isBegun) return [end]
    return [{ type: 'start', id: newId(), provider: 'unknown', model: 'unknown' }, end]
  }

  /** The message so far, the same object as long as nothing arrives; undefined without content. */
  message(): ChatMessage | undefined {
    const message = this.content.message()
    if (message.content.length === 0) return undefined
    if (message !== this.#shownOf || this.#shown?.id !== this.id) {
      this.#shownOf = message
      this.#shown = { ...message, id: this.id, status: 'streaming' }
    }
    return this.#shown
  }
}
