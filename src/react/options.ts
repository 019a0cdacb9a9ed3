/**
 * The options and the result of `useStream()`.
 *
 * @module
 */

import {
  checkOptions,
  func,
  list,
  type Rules,
  record,
  required,
  rule,
} from '../base/check-options.js'
import type { StreamError } from '../base/errors.js'
import type { RetryEvent, StreamEvent } from '../base/events.js'
import type { Message } from '../base/messages.js'
import type { AnyInput } from '../base/tools.js'
import type { WaitingCall } from '../base/typed-calls.js'
import { type ConnectOptions, connectRules, isUrl } from '../client/connect.js'
import type { Reconnection } from '../client/connection.js'

/** Options of `useStream()`, in addition to those of `connect()`. */
export interface UseStreamOptions extends Omit<ConnectOptions, 'body' | 'json' | 'signal'> {
  /** The route that receives the messages by POST and answers with `sse()`. */
  url: string | URL
  /**
   * Creates the request body, which is sent as JSON, with bytes as base64.
   * @default (messages) => ({ messages })
   */
  body?: (messages: readonly Message[]) => unknown
  /** Earlier messages. Read once, when the component is created. */
  initialMessages?: readonly Message[]
  /**
   * The address of an answer that may be in progress, such as one that a reload interrupted. It is
   * requested by GET, from its beginning, once the component is mounted, and replaces what was
   * received of it before. Nothing happens on a status of 204, 404 or 410: there is no such answer.
   */
  follow?: string | URL | null | undefined
  /**
   * The tools that run on the page, by name: those that the server has without a `run`. When an
   * answer ends with calls of them, they run once, and their results are sent with the next request.
   * What they throw is a result, too, with its message for the model.
   */
  tools?: PageTools
  /** Called for each event. State that it changes is rendered together with the event. */
  onEvent?: (event: StreamEvent) => void
  /**
   * Called by `stop()`. If the server's streams outlive their clients, stop the answer there too.
   */
  onStop?: () => void
}

/** Tools that run on the page, by name. */
export type PageTools = Readonly<Record<string, PageTool>>

/** A tool that runs on the page. It returns JSON. */
export type PageTool = (
  input: AnyInput,
  context: {
    /** The id of the call. */
    id: string
    /** Aborts when the page stops, leaves, or replaces the messages. */
    signal: AbortSignal
  },
) => unknown

const { body: _ownBody, json: _json, signal: _signal, ...shared } = connectRules

const rules: Rules<UseStreamOptions> = {
  url: required(rule('a URL', isUrl)),
  body: func,
  initialMessages: list,
  follow: rule('a URL, or null', (value) => value === null || isUrl(value)),
  tools: { ...record, each: func },
  onEvent: func,
  onStop: func,
  ...shared,
}

/** @throws TypeError for a invalid option */
export function checkStreamOptions(options: UseStreamOptions): void {
  checkOptions('', options, rules, 'an object with a url', true)
}

/**
 * The state of the answer. `idle`: none is in progress. `submitted`: one is in progress, without
 * content so far. `streaming`: content is arriving. `error`: the last one failed.
 */
export type StreamStatus = 'idle' | 'submitted' | 'streaming' | 'error'

/** A call of a tool, as a page shows it. */
export interface CallState {
  id: string
  name: string
  /** Text while the arguments are arriving. */
  input: unknown
  /**
   * `called`: the arguments are arriving. `running`: they are whole, and the result has not come.
   * `waiting`: somebody has to answer it, see `for`. `done` and `failed`: it has a result, or will
   * not have one.
   */
  state: 'called' | 'running' | 'waiting' | 'done' | 'failed'
  /** The result, or a preliminary one while the tool is running. */
  output?: unknown
  /** What it waits for: see `complete.waiting`. Unknown after a reload. */
  for?: WaitingCall['for'] | undefined
  /** What `approve()` was called with, while other calls still wait. */
  approved?: boolean | undefined
}

/** The state to render. During an answer it changes at most once per frame. */
export interface StreamState {
  /**
   * All messages; during an answer, the last one is the answer so far. A message that has not
   * changed is the same object as before.
   */
  messages: readonly Message[]
  status: StreamStatus
  /** Why the last answer failed. Show `error.publicMessage`; `error.message` has the details. */
  error: StreamError | undefined
  /** The retry or reconnection in progress, until it delivers something. */
  retrying: RetryEvent | Reconnection | undefined
  /** The calls of all messages, in order. */
  calls: readonly CallState[]
}

/** The actions of a page. The functions are the same in each render. */
export interface StreamActions {
  /**
   * Sends a user message: text, or messages, such as tool results. Calls that wait when the user
   * sends a message are marked as unanswered.
   *
   * @returns false, with nothing sent, while an answer is in progress: call `stop()` first
   * @throws TypeError for a invalid option
   */
  send(input: string | Message | readonly Message[]): boolean
  /**
   * Answers a call that waits for approval. The answers are sent once all waiting calls have one.
   *
   * @param reason - for the model, if the call is not allowed
   * @returns false if no such call waits
   */
  approve(id: string, approved: boolean, reason?: string): boolean
  /**
   * Requests the last answer again and removes the previous one. What tools have returned in an
   * answer that broke off stays, so that they are not run again.
   *
   * @returns false, with nothing sent, while an answer is in progress, and without a message to
   * answer
   * @throws TypeError for a invalid option
   */
  retry(): boolean
  /** Ends the answer in progress and closes its connection at once. Received content stays. */
  stop(): void
  /** Replaces the messages and ends the answer in progress. */
  setMessages(
    messages: readonly Message[] | ((messages: readonly Message[]) => readonly Message[]),
  ): void
}

/** @internal The options that are passed on to `connect()`. */
export function toInit(options: Partial<UseStreamOptions>): ConnectOptions {
  const {
    url: _url,
    body: _body,
    initialMessages: _initialMessages,
    follow: _follow,
    tools: _tools,
    onEvent: _onEvent,
    onStop: _onStop,
    ...init
  } = options
  return init
}
