/**
 * Receives the events of one answer after another.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import { type CompleteEvent, isTerminal, type StreamEvent } from '../base/events.js'
import type { AssistantMessage } from '../base/messages.js'
import type { ConnectOptions } from '../client/connect.js'
import type { EventOrigin, EventSink } from '../core/event-feed.js'
import { callSafely } from './call-safely.js'
import type { RunningAnswer } from './running-answer.js'
import type { ServerStreams } from './server-streams.js'
import type { ChatStatus, MessageStatus } from './state.js'
import type { ChatView } from './view.js'

/** The statuses of `follow` that mean that there is no answer. */
const nothing: readonly (number | undefined)[] = [204, 404, 410]

export class Receiver {
  readonly #view: ChatView
  readonly #streams: ServerStreams
  readonly #onFree: () => void

  /**
   * @param onFree - called after an answer that is whole, and after one that was sought and does not
   *   exist
   */
  constructor(view: ChatView, streams: ServerStreams, onFree: () => void) {
    this.#view = view
    this.#streams = streams
    this.#onFree = onFree
  }

  /** Makes an answer the one in progress. */
  begin(answer: RunningAnswer): void {
    const view = this.#view
    // Ends a lookup by `follow`: the new answer takes its place.
    view.answer?.source?.close()
    view.answer = answer
    view.hasBegun = true
    view.dropPage()
    view.status = 'submitted'
    view.error = view.retrying = view.history.broken = undefined
  }

  /** What the connection of an answer reports. */
  hooks(answer: RunningAnswer): ConnectOptions {
    const view = this.#view
    return {
      onResponse: (response) => {
        const isStopping = answer.isStopped && !answer.isAccepted
        if (response.ok) answer.isAccepted = true
        this.#streams.receive(answer, response)
        if (response.ok && view.answer === answer) {
          view.retrying = undefined
          if (answer.turn !== undefined) view.history.mark(answer.turn, 'done')
          view.frame.request()
        }
        view.options.onResponse?.(response)
        if (!isStopping) return
        callSafely(() => this.#streams.stop(answer, true))
        answer.source?.close()
      },
      onReconnect: (reconnection) => {
        if (view.answer === answer) {
          view.retrying = reconnection
          view.frame.request()
        }
        view.options.onReconnect?.(reconnection)
      },
    }
  }

  read(answer: RunningAnswer, source: EventOrigin): void {
    answer.source = source
    const isCurrent = (): boolean => this.#view.answer === answer
    const receive = (batch: readonly StreamEvent[]): void => {
      if (!isCurrent()) return
      for (const event of this.#found(answer, batch)) {
        this.#take(event, answer)
        callSafely(() => this.#view.options.onEvent?.(event))
        if (event.type === 'complete') this.#onFree()
        // It was the last event, or a hook has ended the answer.
        if (!isCurrent()) return
      }
      if (isCurrent()) source.pull(sink)
    }
    const sink: EventSink = {
      events: receive,
      fail: (error) => {
        answer.isLost = isLoss(error)
        receive(answer.failure(error))
      },
    }
    source.pull(sink)
  }

  /** Ends an answer whose request could not be made. */
  fail(answer: RunningAnswer, thrown: unknown): void {
    if (this.#view.answer !== answer) return
    const partial: AssistantMessage = { role: 'assistant', content: [] }
    this.#take({ type: 'error', error: StreamError.from(thrown), partial, attempts: 0 }, answer)
  }

  /** Ends the answer in progress. Received content stays. */
  end(how: MessageStatus, status: ChatStatus = 'idle', isClosed = true): void {
    const view = this.#view
    const { answer } = view
    view.answer = undefined
    if (isClosed) answer?.source?.close()
    if (answer !== undefined && !answer.isSought) {
      const why = how === 'stopped' ? ({ errorCode: 'aborted' } as const) : {}
      view.history.finish(answer, answer.content.message('unknown'), { status: how, ...why })
    }
    view.dropPage()
    view.status = status
    view.error = view.retrying = undefined
    view.show()
  }

  /** @returns an empty list if there is no answer to follow */
  #found(answer: RunningAnswer, batch: readonly StreamEvent[]): readonly StreamEvent[] {
    if (!answer.isSought) return batch
    const view = this.#view
    const { history } = view
    const [start] = batch
    const last = batch.at(-1)
    const isMissing = last?.type === 'error' && nothing.includes(last.error.status)
    const id = start?.type === 'start' ? start.id : undefined
    // The conversation has gone on since the stream was remembered.
    const isOld = history.has(id) && history.lastId !== id
    if (isMissing || isOld) {
      view.answer = undefined
      answer.source?.close()
      this.#streams.forget()
      this.#onFree()
      return []
    }
    answer.isSought = false
    if (id !== undefined) answer.id = id
    view.dropPage()
    // A start and an error alone mean that no answer was reached.
    if (last?.type !== 'error' || batch.length > 2) history.makeRoomFor(answer)
    view.status = 'submitted'
    return batch
  }

  #take(event: StreamEvent, answer: RunningAnswer): void {
    const view = this.#view
    const { history } = view
    answer.take(event)
    if (event.type === 'content' && event.kind === 'tool-call') history.dropCopyOfCall(event.id)
    view.retrying = undefined
    switch (event.type) {
      case 'start':
        if (!history.has(event.id)) answer.id = event.id
        break
      case 'content':
        view.status = 'streaming'
        if (answer.turn !== undefined) history.mark(answer.turn, 'done')
        break
      case 'retry':
        view.retrying = event
        if (event.mode === 'restart') view.status = 'submitted'
        break
      case 'complete':
        view.answer = undefined
        history.finish(answer, withWaiting(event), { status: 'done' })
        view.status = 'idle'
        break
      case 'error': {
        view.answer = undefined
        const { code: errorCode } = event.error
        const how = errorCode === 'aborted' ? 'stopped' : 'failed'
        const isEnded = answer.isAccepted && !answer.isLost
        history.finish(answer, event.partial, { status: how, errorCode, isEnded })
        view.status = 'error'
        view.error = event.error
        break
      }
    }
    if (isTerminal(event) && !answer.isLost) this.#streams.forget()
    view.frame.request()
  }
}

/** A reload finds there what the calls wait for. */
function withWaiting({ message, waiting }: CompleteEvent): AssistantMessage {
  if (waiting === undefined) return message
  return { ...message, waiting: waiting.map((call) => ({ id: call.id, for: call.for })) }
}

/** Whether the stream may be running, or be whole, on the server. */
function isLoss({ code, retryable, status }: StreamError): boolean {
  return (retryable || code === 'interrupted') && !nothing.includes(status)
}
