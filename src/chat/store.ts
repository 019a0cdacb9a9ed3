/**
 * The state of a conversation on a page, independent of any framework.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import { isTerminal, type StreamEvent } from '../base/events.js'
import type { AssistantMessage } from '../base/messages.js'
import { newId } from '../base/new-id.js'
import { type WaitingCall } from '../base/typed-calls.js'
import type { ConnectOptions } from '../client/connect.js'
import type { Receive } from '../core/event-feed.js'
import { readBatches } from '../core/read-batches.js'
import { callStates } from './call-states.js'
import { Frame } from './frame.js'
import { ChatHistory } from './history.js'
import { messagesOf } from './input.js'
import { startOfAnswer, toSent, toShown, withStatus, withTurn } from './messages.js'
import { withoutOpenCalls, withResults } from './open-calls.js'
import { isPromise, openFollowed, openRequest } from './open-request.js'
import { type ChatOptions, checkChatOptions } from './options.js'
import { PageCalls } from './page-calls.js'
import { RunningAnswer, type Turn } from './running-answer.js'
import { ServerStreams } from './server-streams.js'
import type {
  ChatActions,
  ChatInput,
  ChatMessage,
  ChatState,
  ChatStatus,
  MessageStatus,
} from './state.js'

/** The statuses of `follow` that mean that there is no answer. */
const nothing: readonly (number | undefined)[] = [204, 404, 410]

/** Base64 makes 19 MB of it, and `parseMessages()` takes 20. */
const defaultFileBytes = 14_000_000

export class ChatStore implements ChatActions {
  #options: ChatOptions
  #state: ChatState
  /** The last state before anything has begun. */
  #initial: ChatState
  readonly #listeners = new Set<() => void>()
  readonly #frame = new Frame(() => this.#show())
  readonly #streams = new ServerStreams(() => this.#options)
  readonly #history = new ChatHistory()
  #answer: RunningAnswer | undefined
  /** The calls that the last answer has left open. */
  #page: PageCalls | undefined
  #queue: ChatState['queue'] = []
  #status: ChatStatus = 'idle'
  #error: StreamError | undefined
  #retrying: ChatState['retrying']
  #isStarted = false
  /** Whether there was a subscriber or a request. */
  #hasBegun = false
  #mounts = 0
  /** Whether nobody will look any more. */
  #left = false

  constructor(options: ChatOptions) {
    checkChatOptions(options)
    this.#options = options
    this.#frame.everyMs = options.throttleMs
    this.#history.messages = this.#history.toShown(options.initialMessages ?? [])
    this.#state = this.#initial = this.#look()
  }

  // -------------------------------------------------------------- for frameworks

  readonly getState = (): ChatState => this.#state

  readonly getServerState = (): ChatState => this.#initial

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    queueMicrotask(() => {
      if (this.#listeners.size > 0) this.#start()
    })
    return () => {
      this.#listeners.delete(listener)
    }
  }

  readonly setOptions = (options: ChatOptions): void => {
    const { follow } = this.#options
    this.#options = options
    this.#frame.everyMs = options.throttleMs
    const next = options.follow?.toString()
    if (this.#isStarted && next && next !== follow?.toString()) this.follow(next)
  }

  readonly follow = (url: string | URL): boolean => this.#seek(String(url))

  readonly destroy = (): void => {
    this.#left = true
    this.#isStarted = false
    if (this.#answer !== undefined) this.#end('partial')
    this.#dropPage()
    this.#frame.cancel()
    this.#streams.leave()
  }

  /**
   * For a component that owns the store, and may be mounted again, as in strict mode.
   *
   * @returns the function that unmounts
   */
  mount(): () => void {
    this.#mounts++
    this.#left = false
    return () => {
      this.#mounts--
      // Strict mode unmounts and mounts again at once.
      queueMicrotask(() => {
        if (this.#mounts === 0) this.destroy()
      })
    }
  }

  // -------------------------------------------------------------- for the page

  readonly send: ChatActions['send'] = (input) =>
    this.#say(input, (said) => {
      const role = said[0]?.role
      const answers = role === 'tool' ? (this.#page?.messageBeside(said) ?? []) : []
      const added = [...answers.map((message) => toShown(message, true)), ...said]
      const { messages } = this.#history
      const history = role === 'user' ? withoutOpenCalls(messages) : messages
      return this.#ask(this.#turn('send', added), [...history, ...added])
    })

  readonly enqueue: ChatActions['enqueue'] = (input) => {
    const id = newId()
    this.#queue = [...this.#queue, { id, input }]
    this.#sendQueued()
    this.#show()
    return id
  }

  readonly dequeue: ChatActions['dequeue'] = (id) => {
    const queue = this.#queue.filter((item) => item.id !== id)
    if (queue.length === this.#queue.length) return false
    this.#queue = queue
    this.#show()
    return true
  }

  readonly approve: ChatActions['approve'] = (id, approved, reason) => {
    if (this.#isBusy()) return false
    const page = this.#page ?? new PageCalls(this.#history.messages)
    if (!page.approve(id, approved, reason)) return false
    this.#page = page
    this.#sendAnswers()
    return true
  }

  readonly retry: ChatActions['retry'] = () => {
    const { messages, lastId, broken: left } = this.#history
    const last = messages.at(-1)
    const broken = left?.lastId === lastId ? left : undefined
    if (broken?.isUndone) return this.#regenerate(broken.turn)
    const isAnswer = last?.role === 'assistant'
    if (last === undefined || (isAnswer && last.status === 'done')) return false
    const turn = broken?.turn ?? {
      ...this.#turn('send', isAnswer ? [] : [last]),
      // A server that keeps the messages may have named it.
      ...(last.key === undefined ? {} : { key: last.key }),
    }
    // Without a turn of this page, the messages came from the server.
    const isResumed = this.#options.resumesTurns && (broken?.isEnded ?? true)
    const kept = isResumed ? messages.slice(0, startOfAnswer(messages)) : withResults(messages)
    const asked = (isAnswer ? kept : messages).map((message) =>
      turn.added.includes(message.id) ? withStatus(message, 'sending') : message,
    )
    const again = isResumed ? { ...this.#turn('resume'), added: turn.added } : turn
    return this.#ask(again, asked, { isRetry: true })
  }

  readonly regenerate: ChatActions['regenerate'] = (messageId) => {
    const last = messageId ?? this.#history.lastId
    return last !== undefined && this.#regenerate({ ...this.#turn('regenerate'), messageId: last })
  }

  readonly edit: ChatActions['edit'] = (messageId, input) => {
    const find = (): number =>
      this.#history.messages.findIndex(({ id, role }) => id === messageId && role === 'user')
    if (find() === -1) return false
    return this.#say(input, ([first, ...others]) => {
      const from = find()
      if (from === -1 || first === undefined) return false
      // Servers find the message by its id, also for the next edit.
      const said = [{ ...first, id: messageId }, ...others]
      const turn = { ...this.#turn('edit', said), messageId }
      return this.#ask(turn, [...this.#history.messages.slice(0, from), ...said], { from })
    })
  }

  readonly switchBranch: ChatActions['switchBranch'] = (messageId, index) => {
    const { messages, branches } = this.#history
    const from = messages.findIndex(({ id }) => id === messageId)
    if (this.#isBusy() || from === -1) return false
    const switched = branches.switch(messages, from, index)
    if (switched === undefined) return false
    this.#replace(switched)
    return true
  }

  readonly stop = (): void => {
    const answer = this.#answer
    if (answer === undefined) {
      if (this.#page?.running.size) this.#end('stopped', this.#status)
      return
    }
    if (answer.isSought) return this.#end('stopped')
    answer.isStopped = true
    // Only the response says where the answer runs on.
    const isOpen = answer.stream !== undefined
    const waits = isOpen && !answer.isAccepted && this.#streams.mayOutlive
    this.#end('stopped', 'idle', !waits)
    this.#streams.forget()
    if (isOpen && (!waits || answer.url !== undefined)) this.#call(() => this.#streams.stop(answer))
  }

  readonly setMessages: ChatActions['setMessages'] = (messages) => {
    const history = this.#history
    const isEdit = typeof messages === 'function'
    const given = history.toShown(isEdit ? messages(history.messages) : messages)
    const answer = this.#answer
    if (!isEdit) history.branches.clear()
    if (answer === undefined || answer.isSought) {
      this.#replace(given)
      if (answer === undefined && !isEdit) this.#answerCalls()
      return
    }
    const added = history.messages.filter(({ id }) => answer.turn?.added.includes(id))
    history.messages = withTurn(history.withoutCopy(given, answer), added)
    this.#show()
  }

  readonly clear: ChatActions['clear'] = () => {
    this.stop()
    this.#history.branches.clear()
    this.#queue = []
    this.#replace([])
  }

  // -------------------------------------------------------------- requests

  /** Reads the files of an input, and sends it. */
  #say(input: ChatInput, ask: (said: readonly ChatMessage[]) => boolean): boolean {
    if (this.#left || this.#isBusy()) return false
    const { maxFileBytes = defaultFileBytes } = this.#options
    try {
      const said = messagesOf(input, maxFileBytes)
      if (!isPromise(said)) return ask(said.map((message) => toShown(message, true)))
      const reading = this.#begin(new RunningAnswer(undefined))
      this.#show()
      said.then(
        (messages) => {
          const read = messages.map((message) => toShown(message, true))
          if (reading === this.#answer) {
            this.#answer = undefined
            this.#call(() => ask(read))
          } else if (reading.isStopped) {
            const stopped = read.map((message) => withStatus(message, 'stopped'))
            this.#history.messages = [...this.#history.messages, ...stopped]
          }
          this.#show()
        },
        (error: unknown) => this.#fail(reading, error),
      )
      return true
    } catch (error) {
      if (!StreamError.is(error)) throw error
      this.#status = 'error'
      this.#error = error
      this.#show()
      return false
    }
  }

  /** @param from - where the messages that become a branch begin */
  #ask(
    turn: Turn,
    messages: readonly ChatMessage[],
    { from, isRetry = false }: { from?: number; isRetry?: boolean } = {},
  ): boolean {
    if (this.#left || this.#isBusy()) return false
    const options = this.#options
    checkChatOptions(options)
    const { action, key, messageId } = turn
    const sent = messages.map(toSent)
    const message = sent.findLast(({ role }) => role !== 'assistant')
    const request = { action, key, messageId, message, isRetry }
    const answer = new RunningAnswer(turn)
    const stream = openRequest(options, sent, request, this.#hooks(answer))
    const history = this.#history
    if (from !== undefined) history.branches.fork(history.messages, from)
    history.messages = messages
    this.#begin(answer)
    this.#streams.begin(answer)
    if (isPromise(stream)) {
      stream.then(
        (ready) => {
          if (this.#answer === answer) this.#read(answer, (answer.stream = ready))
        },
        (error: unknown) => this.#fail(answer, error),
      )
    } else this.#read(answer, (answer.stream = stream))
    this.#show()
    return true
  }

  #turn(action: Turn['action'], added: readonly ChatMessage[] = []): Turn {
    const { createKey = newId } = this.#options
    return { action, key: createKey(), messageId: undefined, added: added.map(({ id }) => id) }
  }

  #regenerate(turn: Turn): boolean {
    const { messages, broken } = this.#history
    const end = messages.findIndex(({ id }) => id === turn.messageId) + 1
    const from = messages.slice(0, end).findLastIndex(({ role }) => role === 'user') + 1
    if (from === 0) return false
    const first = messages[from]?.id
    const exact = { ...turn, messageId: first ?? turn.messageId }
    return this.#ask(exact, messages.slice(0, from), {
      ...(first === undefined ? {} : { from }),
      isRetry: broken?.turn.key === turn.key,
    })
  }

  #seek(url: string, turn: Turn = this.#turn('send')): boolean {
    if (this.#left || this.#answer !== undefined) return false
    const answer = new RunningAnswer(turn, true)
    answer.stream = openFollowed(this.#options, url, this.#hooks(answer))
    answer.url = url
    this.#answer = answer
    this.#read(answer, answer.stream)
    return true
  }

  /** Looks for an answer in progress, and otherwise runs the tools that an earlier page has left. */
  #start(): void {
    if (this.#isStarted || this.#left) return
    this.#isStarted = this.#hasBegun = true
    const { follow, keep } = this.#options
    if (follow !== undefined && follow !== null) this.#seek(String(follow))
    else if (keep === undefined) return this.#answerCalls()
    void this.#streams
      .seek((url, turn) => this.#seek(url, turn))
      .then((isFound) => {
        if (!isFound && this.#isStarted) this.#answerCalls()
      })
  }

  #hooks(answer: RunningAnswer): ConnectOptions {
    return {
      onResponse: (response) => {
        const isStopping = answer.isStopped && !answer.isAccepted
        if (response.ok) answer.isAccepted = true
        this.#streams.receive(answer, response)
        if (response.ok && this.#answer === answer) {
          this.#retrying = undefined
          if (answer.turn !== undefined) this.#history.mark(answer.turn, 'done')
          this.#frame.request()
        }
        this.#options.onResponse?.(response)
        if (!isStopping) return
        this.#call(() => this.#streams.stop(answer, true))
        answer.stream?.cancel()
      },
      onReconnect: (reconnection) => {
        if (this.#answer === answer) this.#setRetrying(reconnection)
        this.#options.onReconnect?.(reconnection)
      },
    }
  }

  // -------------------------------------------------------------- the answer

  #isBusy(): boolean {
    return this.#answer !== undefined && !this.#answer.isSought
  }

  #begin(answer: RunningAnswer): RunningAnswer {
    // Ends a lookup by `follow`: the new answer takes its place.
    this.#answer?.stream?.cancel()
    this.#answer = answer
    this.#hasBegun = true
    this.#dropPage()
    this.#status = 'submitted'
    this.#error = this.#retrying = this.#history.broken = undefined
    return answer
  }

  #read(answer: RunningAnswer, stream: RunningAnswer['stream'] & object): void {
    const isCurrent = (): boolean => this.#answer === answer
    const reader = readBatches(stream)
    const receive: Receive = (batch, firstId) => {
      if (batch === null || !isCurrent()) return
      // An error that the connection has made is not part of the stream, and has no id.
      answer.isLost = firstId === null && isLoss(batch.at(-1))
      for (const event of this.#found(answer, batch)) {
        this.#take(event, answer)
        this.#call(() => this.#options.onEvent?.(event))
        if (event.type === 'complete') {
          this.#answerCalls(event.waiting)
          this.#sendQueued()
        }
        // It was the last event, or a hook has ended the answer.
        if (!isCurrent()) return
      }
      if (isCurrent()) reader.read(receive)
    }
    reader.read(receive)
  }

  /** @returns an empty list if there is no answer to follow */
  #found(answer: RunningAnswer, batch: readonly StreamEvent[]): readonly StreamEvent[] {
    if (!answer.isSought) return batch
    const [start] = batch
    const last = batch.at(-1)
    const isMissing = last?.type === 'error' && nothing.includes(last.error.status)
    const id = start?.type === 'start' ? start.id : undefined
    // The conversation has gone on since the stream was remembered.
    const isOld = this.#history.has(id) && this.#history.lastId !== id
    if (isMissing || isOld) {
      this.#answer = undefined
      answer.stream?.cancel()
      this.#streams.forget()
      this.#answerCalls()
      this.#sendQueued()
      return []
    }
    answer.isSought = false
    if (id !== undefined) answer.id = id
    this.#dropPage()
    // A start and an error alone mean that no answer was reached.
    if (last?.type !== 'error' || batch.length > 2) this.#history.makeRoomFor(answer)
    this.#status = 'submitted'
    return batch
  }

  #take(event: StreamEvent, answer: RunningAnswer): void {
    answer.take(event)
    if (event.type === 'content' && event.kind === 'tool-call') {
      this.#history.dropCopyOfCall(event.id)
    }
    this.#retrying = undefined
    switch (event.type) {
      case 'start':
        if (!this.#history.has(event.id)) answer.id = event.id
        break
      case 'content':
        this.#status = 'streaming'
        if (answer.turn !== undefined) this.#history.mark(answer.turn, 'done')
        break
      case 'retry':
        this.#retrying = event
        if (event.mode === 'restart') this.#status = 'submitted'
        break
      case 'complete':
        this.#answer = undefined
        this.#history.finish(answer, 'done', event.message)
        this.#status = 'idle'
        break
      case 'error': {
        this.#answer = undefined
        const how = event.error.code === 'aborted' ? 'stopped' : 'failed'
        this.#history.finish(answer, how, event.partial, answer.isAccepted && !answer.isLost)
        this.#status = 'error'
        this.#error = event.error
        break
      }
    }
    if (isTerminal(event) && !answer.isLost) this.#streams.forget()
    this.#frame.request()
  }

  /** An answer whose request could not be made. */
  #fail(answer: RunningAnswer, thrown: unknown): void {
    if (this.#answer !== answer) return
    const partial: AssistantMessage = { role: 'assistant', content: [] }
    this.#take({ type: 'error', error: StreamError.from(thrown), partial, attempts: 0 }, answer)
  }

  /** Ends the answer in progress. Received content stays. */
  #end(how: MessageStatus, status: ChatStatus = 'idle', isClosed = true): void {
    const answer = this.#answer
    this.#answer = undefined
    if (isClosed) answer?.stream?.cancel()
    if (answer !== undefined && !answer.isSought) {
      this.#history.finish(answer, how, answer.content.message('unknown'))
    }
    this.#dropPage()
    this.#status = status
    this.#error = this.#retrying = undefined
    this.#show()
  }

  // -------------------------------------------------------------- what follows an answer

  /** Runs the tools of the page that the last answer has called. */
  #answerCalls(waiting?: readonly WaitingCall[]): void {
    // The page may have sent something else meanwhile.
    if (this.#left || this.#answer !== undefined || this.#page !== undefined) return
    const page = new PageCalls(this.#history.messages, waiting)
    if (page.isEmpty) return
    this.#page = page
    page.run(this.#options.tools ?? {}, () => {
      if (this.#page === page) this.#call(() => this.#sendAnswers())
    })
    this.#frame.request()
  }

  /** Sends the answers to calls if there are all of them. */
  #sendAnswers(): void {
    const added = (this.#page?.message() ?? []).map((message) => toShown(message, true))
    const isSent =
      added.length > 0 &&
      this.#ask(this.#turn('send', added), [...this.#history.messages, ...added])
    if (!isSent) this.#show()
  }

  #sendQueued(): void {
    const [next, ...rest] = this.#queue
    if (next === undefined || this.#isBusy() || this.#page?.isWaiting) return
    const queue = this.#queue
    this.#queue = rest
    let isSent = false
    this.#call(() => {
      isSent = this.send(next.input)
    })
    if (!isSent) this.#queue = queue
  }

  #dropPage(): void {
    this.#page?.abort()
    this.#page = undefined
  }

  /** Shows other messages, while no answer is in progress. */
  #replace(messages: readonly ChatMessage[]): void {
    this.#dropPage()
    this.#history.messages = messages
    this.#history.broken = undefined
    this.#status = 'idle'
    this.#error = undefined
    this.#show()
  }

  // -------------------------------------------------------------- the state

  #setRetrying(retrying: ChatState['retrying']): void {
    if (this.#retrying === retrying) return
    this.#retrying = retrying
    this.#frame.request()
  }

  #look(): ChatState {
    const answer = this.#answer
    const message = answer?.message()
    const { messages: said, branches } = this.#history
    const messages = message === undefined ? said : [...said, message]
    const growing =
      answer && this.#isBusy() ? { message, preliminary: answer.preliminary } : undefined
    return {
      messages,
      status: this.#status,
      error: this.#error,
      connection: this.#connection(),
      retrying: this.#retrying,
      calls: callStates(messages, growing, this.#page),
      queue: this.#queue,
      branches: branches.of(messages),
    }
  }

  #connection(): ChatState['connection'] {
    const retrying = this.#retrying
    if (retrying !== undefined && !('mode' in retrying)) return 'reconnecting'
    if (this.#answer === undefined) return 'none'
    return this.#answer.isAccepted ? 'open' : 'connecting'
  }

  #show(): void {
    this.#frame.cancel()
    this.#state = this.#look()
    if (!this.#hasBegun) this.#initial = this.#state
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

/** Whether the stream may be running, or be whole, on the server. */
function isLoss(event: StreamEvent | undefined): boolean {
  if (event?.type !== 'error') return false
  const { code, retryable, status } = event.error
  return (retryable || code === 'interrupted') && !nothing.includes(status)
}
