/**
 * The state of a conversation on a page, independent of React.
 *
 * @module
 */

import { Accumulator } from '../base/accumulator.js'
import type { StreamError } from '../base/errors.js'
import type { EventStream } from '../base/event-stream.js'
import type { StreamEvent } from '../base/events.js'
import type { AssistantMessage, Message } from '../base/messages.js'
import { type ConnectOptions, connect } from '../client/connect.js'
import { readBatches } from '../core/read-batches.js'
import { Frame } from './frame.js'
import {
  checkStreamOptions,
  type StreamActions,
  type StreamState,
  type StreamStatus,
  type UseStreamOptions,
} from './options.js'

/** An answer in progress. */
interface Answer {
  stream: EventStream
  content: Accumulator
  /** Whether the answer to follow may turn out not to exist. */
  sought: boolean
}

/** The statuses of `follow` that mean that there is no answer. */
const nothing: readonly (number | undefined)[] = [204, 404, 410]

export class StreamStore implements StreamActions {
  /** The options of the last render. They are read when something is sent. */
  options: UseStreamOptions
  #state: StreamState
  readonly #listeners = new Set<() => void>()
  readonly #frame = new Frame(() => this.#show())
  /** All messages, without the answer in progress. */
  #history: readonly Message[]
  #answer: Answer | undefined
  #status: StreamStatus = 'idle'
  #error: StreamError | undefined
  #retrying: StreamState['retrying']
  #mounts = 0
  /** Whether the component was unmounted, and not mounted again since. */
  #left = false

  constructor(options: UseStreamOptions) {
    checkStreamOptions(options)
    this.options = options
    this.#history = options.initialMessages ?? []
    this.#state = this.#look()
  }

  // -------------------------------------------------------------- for React

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly getState = (): StreamState => this.#state

  /** @returns the function that unmounts */
  mount(follow: string | undefined): () => void {
    this.#mounts++
    this.#left = false
    // Deferred, because strict mode mounts, unmounts and mounts again synchronously, and only one
    // of the mounts counts.
    let mounted = true
    queueMicrotask(() => {
      if (mounted && follow !== undefined) this.#follow(follow)
    })
    return () => {
      mounted = false
      this.#mounts--
      queueMicrotask(() => {
        if (this.#mounts === 0) this.#leave()
      })
    }
  }

  // -------------------------------------------------------------- for the page

  readonly send: StreamActions['send'] = (input) => {
    const said: readonly Message[] =
      typeof input === 'string' ? [{ role: 'user', content: input }] : [input].flat()
    return this.#ask([...this.#history, ...said])
  }

  readonly retry: StreamActions['retry'] = () => {
    const asked = withoutAnswer(this.#history)
    return asked.length > 0 && this.#ask(asked)
  }

  readonly stop = (): void => {
    const answer = this.#answer
    if (answer === undefined) return
    this.#end('idle')
    if (!answer.sought) this.#call(() => this.options.onStop?.())
  }

  readonly setMessages: StreamActions['setMessages'] = (messages) => {
    this.#end('idle')
    this.#history = typeof messages === 'function' ? messages(this.#history) : messages
    this.#show()
  }

  // -------------------------------------------------------------- inside

  #ask(messages: readonly Message[]): boolean {
    const { url, body = (all) => ({ messages: all }), ...options } = this.options
    if (this.#left || this.#isBusy()) return false
    const json = body(messages)
    this.#read(false, (hooks) => connect(url, { ...toInit(options), ...hooks, json }))
    this.#history = messages
    this.#status = 'submitted'
    this.#show()
    return true
  }

  #follow(url: string): void {
    if (this.#answer !== undefined) return
    const { method: _method, ...init } = toInit(this.options)
    this.#read(true, (hooks) => connect(url, { ...init, ...hooks }))
  }

  #isBusy(): boolean {
    return this.#answer !== undefined && !this.#answer.sought
  }

  #read(sought: boolean, open: (hooks: ConnectOptions) => EventStream): void {
    const isCurrent = (): boolean => this.#answer === answer
    const stream = open({
      onResponse: (response) => {
        if (response.ok) this.#setRetrying(undefined)
        this.options.onResponse?.(response)
      },
      onReconnect: (reconnection) => {
        this.#setRetrying(reconnection)
        this.options.onReconnect?.(reconnection)
      },
    })
    // Ends a lookup by `follow`: the new answer takes its place.
    this.#answer?.stream.cancel()
    const answer: Answer = { stream, content: new Accumulator(), sought }
    this.#answer = answer
    this.#error = this.#retrying = undefined
    const reader = readBatches(stream)
    const receive = (batch: readonly StreamEvent[] | null): void => {
      if (batch === null || !isCurrent()) return
      for (const event of this.#found(answer, batch)) {
        this.#take(event, answer)
        this.#call(() => this.options.onEvent?.(event))
        // It was the last event, or a hook has ended the answer.
        if (!isCurrent()) return
      }
      if (isCurrent()) reader.read(receive)
    }
    reader.read(receive)
  }

  /** @returns an empty list if there is no answer to follow */
  #found(answer: Answer, batch: readonly StreamEvent[]): readonly StreamEvent[] {
    if (!answer.sought) return batch
    const last = batch.at(-1)
    if (last?.type === 'error' && nothing.includes(last.error.status)) {
      this.#answer = undefined
      return []
    }
    answer.sought = false
    // A start and an error alone mean that no answer was reached.
    if (last?.type !== 'error' || batch.length > 2) this.#history = withoutAnswer(this.#history)
    this.#status = 'submitted'
    return batch
  }

  #take(event: StreamEvent, answer: Answer): void {
    answer.content.add(event)
    this.#retrying = undefined
    switch (event.type) {
      case 'content':
        this.#status = 'streaming'
        break
      case 'retry':
        this.#retrying = event
        if (event.mode === 'restart') this.#status = 'submitted'
        break
      case 'complete':
        this.#answer = undefined
        this.#append(event.message)
        this.#status = 'idle'
        break
      case 'error':
        this.#answer = undefined
        this.#append(withoutOpenCalls(event.partial))
        this.#status = 'error'
        this.#error = event.error
        break
    }
    this.#frame.request()
  }

  #setRetrying(retrying: StreamState['retrying']): void {
    if (this.#retrying === retrying) return
    this.#retrying = retrying
    this.#frame.request()
  }

  /** Ends the answer in progress. Received content stays. */
  #end(status: StreamStatus): void {
    const answer = this.#answer
    this.#answer = undefined
    answer?.stream.cancel()
    if (answer !== undefined) this.#append(withoutOpenCalls(answer.content.message(true)))
    this.#status = status
    this.#error = this.#retrying = undefined
    this.#show()
  }

  #leave(): void {
    this.#left = true
    if (this.#answer !== undefined) this.#end('idle')
    this.#frame.cancel()
  }

  /** Adds an answer to the messages, unless it is empty. */
  #append(message: Message): void {
    if (message.content.length > 0) this.#history = [...this.#history, message]
  }

  #look(): StreamState {
    const growing = this.#answer?.content.message()
    const messages =
      growing !== undefined && growing.content.length > 0
        ? [...this.#history, growing]
        : this.#history
    return { messages, status: this.#status, error: this.#error, retrying: this.#retrying }
  }

  #show(): void {
    this.#frame.cancel()
    this.#state = this.#look()
    for (const listener of this.#listeners) listener()
  }

  /** Calls a hook. If it throws, the page gets an uncaught error and the stream continues. */
  #call(hook: () => void): void {
    try {
      hook()
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}

/** The options that are passed on to `connect()`. */
function toInit(options: Partial<UseStreamOptions>): ConnectOptions {
  const {
    url: _url,
    body: _body,
    initialMessages: _initialMessages,
    follow: _follow,
    onEvent: _onEvent,
    onStop: _onStop,
    ...init
  } = options
  return init
}

/**
 * An answer that broke off, with each of its calls marked as one that must not be run. Unmarked calls
 * would need results, and a server refuses them from a client.
 */
function withoutOpenCalls(message: AssistantMessage): AssistantMessage {
  const { content } = message
  if (typeof content === 'string' || !content.some(({ type }) => type === 'tool-call')) {
    return message
  }
  const error = 'The answer broke off, so this call was not run.'
  const marked = content.map((part) => (part.type === 'tool-call' ? { error, ...part } : part))
  return { ...message, content: marked }
}

/** The messages before the last answer. */
function withoutAnswer(messages: readonly Message[]): readonly Message[] {
  const asked = messages.findLastIndex(({ role }) => role !== 'assistant')
  return messages.slice(0, asked + 1)
}
