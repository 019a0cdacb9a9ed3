/**
 * A conversation on a page, independent of any framework.
 *
 * @module
 */

import { callSafely } from './call-safely.js'
import { ChatTurns } from './chat-turns.js'
import { toShown, withTurn } from './messages.js'
import { withoutOpenCalls } from './open-calls.js'
import { type ChatOptions, checkChatOptions } from './options.js'
import { PageCalls } from './page-calls.js'
import { InputQueue } from './queue.js'
import { Receiver } from './receiver.js'
import { ServerStreams } from './server-streams.js'
import type { ChatActions, ChatState } from './state.js'
import { ChatView } from './view.js'

export class ChatStore implements ChatActions {
  readonly #view: ChatView
  readonly #streams: ServerStreams
  readonly #receiver: Receiver
  readonly #turns: ChatTurns
  readonly #queue: InputQueue
  #isStarted = false
  #mounts = 0
  readonly retry: ChatActions['retry']
  readonly regenerate: ChatActions['regenerate']
  readonly edit: ChatActions['edit']
  readonly enqueue: ChatActions['enqueue']
  readonly dequeue: ChatActions['dequeue']

  constructor(options: ChatOptions) {
    checkChatOptions(options)
    const view = new ChatView(options)
    this.#view = view
    this.#streams = new ServerStreams(view)
    this.#receiver = new Receiver(view, this.#streams, () => {
      this.#answerCalls()
      this.#queue.sendNext()
    })
    this.#turns = new ChatTurns(view, this.#streams, this.#receiver)
    this.#queue = new InputQueue(view, (input) => this.send(input))
    const { retry, regenerate, edit } = this.#turns
    const { enqueue, dequeue } = this.#queue
    this.retry = retry
    this.regenerate = regenerate
    this.edit = edit
    this.enqueue = enqueue
    this.dequeue = dequeue
  }

  // -------------------------------------------------------------- for frameworks

  readonly getState = (): ChatState => this.#view.state

  readonly getServerState = (): ChatState => this.#view.initial

  readonly subscribe = (listener: () => void): (() => void) => {
    const { listeners } = this.#view
    listeners.add(listener)
    queueMicrotask(() => {
      if (listeners.size > 0) this.#start()
    })
    return () => {
      listeners.delete(listener)
    }
  }

  readonly setOptions = (options: ChatOptions): void => {
    const view = this.#view
    const { follow } = view.options
    view.options = options
    view.frame.everyMs = options.throttleMs
    const next = options.follow?.toString()
    if (this.#isStarted && next && next !== follow?.toString()) this.follow(next)
  }

  readonly follow = (url: string | URL): boolean => this.#turns.seek(String(url))

  readonly destroy = (): void => {
    this.#view.isLeft = true
    this.#isStarted = false
    if (this.#view.answer !== undefined) this.#receiver.end('partial')
    this.#view.dropPage()
    this.#view.frame.cancel()
    this.#streams.leave()
  }

  /**
   * For a component that owns the store, and may be mounted again, as in strict mode.
   *
   * @returns the function that unmounts
   */
  mount(): () => void {
    this.#mounts++
    this.#view.isLeft = false
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
    this.#turns.say(input, (said) => {
      const { page, history } = this.#view
      const role = said[0]?.role
      const answers = role === 'tool' ? (page?.messageBeside(said) ?? []) : []
      const added = [...answers.map((message) => toShown(message, true)), ...said]
      const { messages } = history
      return this.#turns.send(added, role === 'user' ? withoutOpenCalls(messages) : messages)
    })

  readonly approve: ChatActions['approve'] = (id, approved, reason) => {
    const view = this.#view
    if (view.isBusy) return false
    const page = view.page ?? new PageCalls(view.history.messages)
    if (!page.approve(id, approved, reason)) return false
    view.page = page
    this.#sendAnswers()
    return true
  }

  readonly switchBranch: ChatActions['switchBranch'] = (messageId, index) => {
    const { isBusy, history } = this.#view
    const { messages, branches } = history
    const from = messages.findIndex(({ id }) => id === messageId)
    if (isBusy || from === -1) return false
    const switched = branches.switch(messages, from, index)
    if (switched === undefined) return false
    this.#view.replace(switched)
    return true
  }

  readonly stop = (): void => {
    const { answer, page, status } = this.#view
    const streams = this.#streams
    if (answer === undefined) {
      if (page?.running.size) this.#receiver.end('stopped', status)
      return
    }
    if (answer.isSought) return this.#receiver.end('stopped')
    answer.isStopped = true
    // Only the response says where the answer runs on.
    const isOpen = answer.source !== undefined
    const waits = isOpen && !answer.isAccepted && streams.mayOutlive
    this.#receiver.end('stopped', 'idle', !waits)
    streams.forget()
    if (isOpen && (!waits || answer.url !== undefined)) callSafely(() => streams.stop(answer))
  }

  readonly setMessages: ChatActions['setMessages'] = (messages) => {
    const view = this.#view
    const { history } = view
    const isEdit = typeof messages === 'function'
    const given = history.toShown(isEdit ? messages(history.messages) : messages)
    const { answer } = view
    if (!isEdit) history.branches.clear()
    if (answer === undefined || answer.isSought) {
      view.replace(given)
      if (answer === undefined && !isEdit) this.#answerCalls()
      return
    }
    const added = history.messages.filter(({ id }) => answer.turn?.added.includes(id))
    history.messages = withTurn(history.withoutCopy(given, answer), added)
    view.show()
  }

  readonly clear: ChatActions['clear'] = () => {
    this.stop()
    this.#view.history.branches.clear()
    this.#view.queue = []
    this.#view.replace([])
  }

  // -------------------------------------------------------------- what is left to do

  /** Looks for an answer in progress, and otherwise runs the tools that an earlier page left open. */
  #start(): void {
    if (this.#isStarted || this.#view.isLeft) return
    this.#isStarted = this.#view.hasBegun = true
    const { follow, keep } = this.#view.options
    if (follow !== undefined && follow !== null) this.#turns.seek(String(follow))
    else if (keep === undefined) return this.#answerCalls()
    void this.#streams
      .seek((url, turn) => this.#turns.seek(url, turn))
      .then((isFound) => {
        if (!isFound && this.#isStarted) this.#answerCalls()
      })
  }

  /** Runs the tools of the page that the last answer has called. */
  #answerCalls(): void {
    const view = this.#view
    // The page may have sent something else meanwhile.
    if (this.#view.isLeft || view.answer !== undefined || view.page !== undefined) return
    const page = new PageCalls(view.history.messages)
    if (page.isEmpty) return
    view.page = page
    page.run(this.#view.options.tools ?? {}, () => {
      if (view.page === page) callSafely(() => this.#sendAnswers())
    })
    view.frame.request()
  }

  /** Sends the answers to calls if there are all of them. */
  #sendAnswers(): void {
    const { page } = this.#view
    const added = (page?.message() ?? []).map((message) => toShown(message, true))
    const isSent = added.length > 0 && this.#turns.send(added)
    if (!isSent) this.#view.show()
  }
}
