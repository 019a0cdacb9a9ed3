/**
 * The turns of a conversation: what is asked, again, in other words, or for another answer.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import { newId } from '../base/new-id.js'
import { callSafely } from './call-safely.js'
import { messagesOf } from './input.js'
import { startOfAnswer, toSent, toShown, withStatus } from './messages.js'
import { withResults } from './open-calls.js'
import { isPromise, openFollowed, openRequest } from './open-request.js'
import { checkChatOptions } from './options.js'
import type { Receiver } from './receiver.js'
import { RunningAnswer, type Turn } from './running-answer.js'
import type { ServerStreams } from './server-streams.js'
import type { ChatActions, ChatInput, ChatMessage } from './state.js'
import type { ChatView } from './view.js'

/** Base64 makes 19 MB of it, and `parseMessages()` takes 20. */
const defaultFileBytes = 14_000_000

export class ChatTurns implements Pick<ChatActions, 'retry' | 'regenerate' | 'edit'> {
  readonly #view: ChatView
  readonly #streams: ServerStreams
  readonly #receiver: Receiver

  constructor(view: ChatView, streams: ServerStreams, receiver: Receiver) {
    this.#view = view
    this.#streams = streams
    this.#receiver = receiver
  }

  /** Sends messages after those that are there. */
  send(
    added: readonly ChatMessage[],
    before: readonly ChatMessage[] = this.#view.history.messages,
  ): boolean {
    return this.#ask(this.#turn('send', added), [...before, ...added])
  }

  /** Reads the files of an input, and sends it. */
  say(input: ChatInput, ask: (said: readonly ChatMessage[]) => boolean): boolean {
    const view = this.#view
    if (!this.#isFree) return false
    const { maxFileBytes = defaultFileBytes } = this.#view.options
    try {
      const said = messagesOf(input, maxFileBytes)
      if (!isPromise(said)) return ask(said.map((message) => toShown(message, true)))
      const reading = new RunningAnswer(undefined)
      this.#receiver.begin(reading)
      view.show()
      said.then(
        (messages) => {
          const read = messages.map((message) => toShown(message, true))
          if (reading === view.answer) {
            view.answer = undefined
            callSafely(() => ask(read))
          } else if (reading.isStopped) {
            const stopped = read.map((message) => withStatus(message, 'stopped'))
            view.history.messages = [...view.history.messages, ...stopped]
          }
          view.show()
        },
        (error: unknown) => this.#receiver.fail(reading, error),
      )
      return true
    } catch (error) {
      if (!StreamError.is(error)) throw error
      view.status = 'error'
      view.error = error
      view.show()
      return false
    }
  }

  readonly retry: ChatActions['retry'] = () => {
    const { messages, lastId, broken: left } = this.#view.history
    const last = messages.at(-1)
    const broken = left?.lastId === lastId ? left : undefined
    // Nothing is left of another answer that never came, so there is nothing to resume.
    const mayResume = this.#view.options.resumesTurns && (broken?.isEnded ?? true)
    if (broken?.isUndone) {
      const { turn } = broken
      return this.#regenerate(mayResume ? { ...turn, key: this.#turn('regenerate').key } : turn)
    }
    const isAnswer = last?.role === 'assistant'
    if (last === undefined || (isAnswer && last.status === 'done')) return false
    const turn = broken?.turn ?? {
      ...this.#turn('send', isAnswer ? [] : [last]),
      // A server that keeps the messages may have named it.
      ...(last.key === undefined ? {} : { key: last.key }),
    }
    // Without a turn of this page, the messages came from the server.
    const kept = mayResume ? messages.slice(0, startOfAnswer(messages)) : withResults(messages)
    const asked = (isAnswer ? kept : messages).map((message) =>
      turn.added.includes(message.id) ? withStatus(message, 'sending') : message,
    )
    const again = mayResume ? { ...this.#turn('resume'), added: turn.added } : turn
    return this.#ask(again, asked, { isRetry: true })
  }

  readonly regenerate: ChatActions['regenerate'] = (messageId) => {
    const last = messageId ?? this.#view.history.lastId
    return last !== undefined && this.#regenerate({ ...this.#turn('regenerate'), messageId: last })
  }

  readonly edit: ChatActions['edit'] = (messageId, input) => {
    const { history } = this.#view
    const find = (): number =>
      history.messages.findIndex(({ id, role }) => id === messageId && role === 'user')
    if (find() === -1) return false
    return this.say(input, ([first, ...others]) => {
      const from = find()
      if (from === -1 || first === undefined) return false
      // Servers find the message by its id, also for the next edit.
      const said = [{ ...first, id: messageId }, ...others]
      const turn = { ...this.#turn('edit', said), messageId }
      return this.#ask(turn, [...history.messages.slice(0, from), ...said], { from })
    })
  }

  /** Looks for an answer that may be in progress at this address. */
  seek(url: string, turn: Turn = this.#turn('send')): boolean {
    const view = this.#view
    if (this.#view.isLeft || view.answer !== undefined) return false
    const answer = new RunningAnswer(turn, true)
    const source = openFollowed(this.#view.options, url, this.#receiver.hooks(answer))
    answer.url = url
    view.answer = answer
    this.#receiver.read(answer, source)
    return true
  }

  get #isFree(): boolean {
    return !this.#view.isLeft && !this.#view.isBusy
  }

  #turn(action: Turn['action'], added: readonly ChatMessage[] = []): Turn {
    const { createKey = newId } = this.#view.options
    return { action, key: createKey(), messageId: undefined, added: added.map(({ id }) => id) }
  }

  #regenerate(turn: Turn): boolean {
    const { messages, broken } = this.#view.history
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

  /** @param from - where the messages that become a branch begin */
  #ask(
    turn: Turn,
    messages: readonly ChatMessage[],
    { from, isRetry = false }: { from?: number; isRetry?: boolean } = {},
  ): boolean {
    const view = this.#view
    if (!this.#isFree) return false
    const options = this.#view.options
    checkChatOptions(options)
    const { action, key, messageId } = turn
    const sent = messages.map(toSent)
    const message = sent.findLast(({ role }) => role !== 'assistant')
    const request = { action, key, messageId, message, isRetry }
    const answer = new RunningAnswer(turn)
    const source = openRequest(options, sent, request, this.#receiver.hooks(answer))
    const { history } = view
    if (from !== undefined) history.branches.fork(history.messages, from)
    history.messages = messages
    this.#receiver.begin(answer)
    this.#streams.begin(answer)
    if (isPromise(source)) {
      source.then(
        (ready) => {
          if (view.answer === answer) this.#receiver.read(answer, ready)
        },
        (error: unknown) => this.#receiver.fail(answer, error),
      )
    } else this.#receiver.read(answer, source)
    view.show()
    return true
  }
}
