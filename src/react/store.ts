/**
 * The state of a conversation on a page, independent of React.
 *
 * @module
 */

import { Accumulator } from '../base/accumulator.js'
import type { StreamError } from '../base/errors.js'
import type { EventStream } from '../base/event-stream.js'
import type { StreamEvent } from '../base/events.js'
import type { Message } from '../base/messages.js'
import type { WaitingCall } from '../base/typed-calls.js'
import { type ConnectOptions, connect } from '../client/connect.js'
import { readBatches } from '../core/read-batches.js'
import { callStates } from './call-states.js'
import { Frame } from './frame.js'
import { withoutAnswer, withoutOpenCalls, withResults } from './open-calls.js'
import {
  checkStreamOptions,
  type StreamActions,
  type StreamState,
  type StreamStatus,
  toInit,
  type UseStreamOptions,
} from './options.js'
import { PageCalls } from './page-calls.js'

/** An answer in progress. */
interface Answer {
  stream: EventStream
  content: Accumulator
  /** The ids of calls whose results are preliminary. */
  preliminary: Set<string>
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
  /** The calls that the last answer has left open. */
  #page: PageCalls | undefined
  /** The last answer, if it broke off. */
  #broken: Message | undefined
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
      if (!mounted) return
      if (follow === undefined) this.#answerCalls()
      else this.#follow(follow)
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
    const role = said[0]?.role
    if (role === 'tool') {
      return this.#ask([...this.#history, ...(this.#page?.messageBeside(said) ?? []), ...said])
    }
    const history = role === 'user' ? withoutOpenCalls(this.#history) : this.#history
    return this.#ask([...history, ...said])
  }

  readonly approve: StreamActions['approve'] = (id, approved, reason) => {
    if (this.#isBusy()) return false
    const page = this.#page ?? new PageCalls(this.#history)
    if (!page.approve(id, approved, reason)) return false
    this.#page = page
    this.#sendAnswers()
    return true
  }

  readonly retry: StreamActions['retry'] = () => {
    const isBroken = this.#broken !== undefined && this.#history.at(-1) === this.#broken
    const asked = isBroken ? withResults(this.#history) : withoutAnswer(this.#history)
    return asked.length > 0 && this.#ask(asked)
  }

  readonly stop = (): void => {
    const answer = this.#answer
    if (answer === undefined) {
      if (this.#page?.running.size) this.#end(this.#status)
      return
    }
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
    this.#dropPage()
    this.#history = messages
    this.#status = 'submitted'
    this.#show()
    return true
  }

  /** Runs the tools of the page that the last answer has called. */
  #answerCalls(waiting?: readonly WaitingCall[]): void {
    // The page may have sent something else meanwhile.
    if (this.#answer !== undefined || this.#page !== undefined) return
    const page = new PageCalls(this.#history, waiting)
    if (page.isEmpty) return
    this.#page = page
    page.run(this.options.tools ?? {}, () => {
      if (this.#page === page) this.#call(() => this.#sendAnswers())
    })
    this.#frame.request()
  }

  /** Sends the answers to calls if there are all of them. */
  #sendAnswers(): void {
    const message = this.#page?.message() ?? []
    if (message.length === 0 || !this.#ask([...this.#history, ...message])) this.#show()
  }

  #dropPage(): void {
    this.#page?.abort()
    this.#page = undefined
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
    const answer: Answer = { stream, content: new Accumulator(), preliminary: new Set(), sought }
    this.#answer = answer
    this.#error = this.#retrying = undefined
    const reader = readBatches(stream)
    const receive = (batch: readonly StreamEvent[] | null): void => {
      if (batch === null || !isCurrent()) return
      for (const event of this.#found(answer, batch)) {
        this.#take(event, answer)
        this.#call(() => this.options.onEvent?.(event))
        if (event.type === 'complete') this.#answerCalls(event.waiting)
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
      this.#answerCalls()
      return []
    }
    answer.sought = false
    this.#dropPage()
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
        if (event.kind !== 'tool-result') break
        if (event.preliminary) answer.preliminary.add(event.id)
        else answer.preliminary.delete(event.id)
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
        this.#append(event.partial, true)
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
    if (answer !== undefined) this.#append(answer.content.message('unknown'), true)
    this.#dropPage()
    this.#status = status
    this.#error = this.#retrying = undefined
    this.#show()
  }

  #leave(): void {
    this.#left = true
    if (this.#answer !== undefined) this.#end('idle')
    this.#dropPage()
    this.#frame.cancel()
  }

  /** Adds an answer to the messages, unless it is empty. */
  #append(message: Message, isBroken = false): void {
    if (message.content.length === 0) return
    const history = [...this.#history, message]
    this.#history = isBroken ? withoutOpenCalls(history) : history
    if (isBroken) this.#broken = this.#history.at(-1)
  }

  #look(): StreamState {
    const growing = this.#answer?.content.message()
    const messages =
      growing !== undefined && growing.content.length > 0
        ? [...this.#history, growing]
        : this.#history
    const { preliminary = new Set<string>() } = this.#answer ?? {}
    const calls = callStates(
      messages,
      this.#isBusy() ? { message: growing, preliminary } : undefined,
      this.#page,
    )
    return { messages, status: this.#status, error: this.#error, retrying: this.#retrying, calls }
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
