/**
 * What a page asks for, and what it gets to show.
 *
 * @module
 */

import { checkOptions, func, list, type Rules, required, rule } from '../base/check-options.js'
import type { StreamError } from '../base/errors.js'
import type { RetryEvent, StreamEvent } from '../base/events.js'
import type { Message } from '../base/messages.js'
import { type ConnectOptions, connectRules, isUrl } from '../client/connect.js'
import type { Reconnection } from '../client/connection.js'

/** Those of `connect`, apart from what a page that sends messages decides itself. */
export interface UseStreamOptions extends Omit<ConnectOptions, 'body' | 'json' | 'signal'> {
  /** Where messages are sent, by POST. It answers with `sse()`. */
  url: string | URL
  /**
   * Returns what is sent as JSON, with bytes as base64.
   * @default (messages) => ({ messages })
   */
  body?: (messages: readonly Message[]) => unknown
  /** What was said before. Read once, when the component is made. */
  initialMessages?: readonly Message[]
  /**
   * Where an answer may be under way already, such as one that a reload has cut off. It is asked for by GET, from its beginning, once
   * the component is mounted, and takes the place of what has come of it before. A status of 204, 404 or 410 says that there is none,
   * and nothing happens.
   */
  follow?: string | URL | null | undefined
  /** Called for each event. What it changes is shown together with the event. */
  onEvent?: (event: StreamEvent) => void
  /** Called by `stop()`, for a server whose streams outlive their clients: there the answer has to be stopped too. */
  onStop?: () => void
}

const { body: _body, json: _json, signal: _signal, ...shared } = connectRules

const rules: Rules<UseStreamOptions> = {
  url: required(rule('a URL', isUrl)),
  body: func,
  initialMessages: list,
  follow: rule('a URL, or null', (value) => value === null || isUrl(value)),
  onEvent: func,
  onStop: func,
  ...shared,
}

/** @throws TypeError for a bad option */
export function checkStreamOptions(options: UseStreamOptions): void {
  checkOptions('', options, rules, 'an object with a url', true)
}

/**
 * `idle`: nothing is under way. `submitted`: an answer is, and nothing of it has come. `streaming`: it comes. `error`: the last one
 * failed.
 */
export type StreamStatus = 'idle' | 'submitted' | 'streaming' | 'error'

/** What there is to show. It changes once a frame at most while an answer comes. */
export interface StreamState {
  /** What was said, with the answer that grows at its end. A message that has not changed is the same object as before. */
  messages: readonly Message[]
  status: StreamStatus
  /** Why the last answer failed. `error.toJSON().message` is a sentence to show; `error.message` says more. */
  error: StreamError | undefined
  /** Another attempt or another connection is about to begin; until something comes of it. */
  retrying: RetryEvent | Reconnection | undefined
}

/** What a page can do. The functions are the same at each render. */
export interface StreamActions {
  /**
   * Sends what the user says: text, or messages, such as the results of tools.
   *
   * @returns false, with nothing sent, while an answer is under way: `stop()` it first
   * @throws TypeError for a bad option
   */
  send(input: string | Message | readonly Message[]): boolean
  /**
   * Asks again for the last answer, and takes away what there was of it.
   *
   * @returns false, with nothing sent, while an answer is under way, and where nothing was asked
   * @throws TypeError for a bad option
   */
  retry(): boolean
  /** Ends the answer that is under way and closes its connection at once. What has come of it stays. */
  stop(): void
  /** Replaces the messages, and ends an answer that is under way. */
  setMessages(
    messages: readonly Message[] | ((messages: readonly Message[]) => readonly Message[]),
  ): void
}
