/**
 * The options of a conversation on a page.
 *
 * @module
 */

import {
  checkOptions,
  delay,
  flag,
  func,
  has,
  isText,
  list,
  type Rules,
  record,
  required,
  rule,
} from '../base/check-options.js'
import type { StreamEvent } from '../base/events.js'
import type { Message } from '../base/messages.js'
import type { AnyInput } from '../base/tools.js'
import { type ConnectOptions, connectRules, isUrl } from '../client/connect.js'
import type { ChatMessage } from './state.js'

/** What a request is for. */
export type ChatAction = 'send' | 'edit' | 'regenerate' | 'resume'

/** One request of a conversation, for the functions that make its parts. */
export interface ChatRequest {
  /**
   * `send`: the request adds messages. `edit`: its message replaces another one and what followed.
   * `regenerate`: it asks for another answer to the last message of the user. `resume`: it continues
   * a turn that ended before it was whole, see `resumesTurns`.
   */
  action: ChatAction
  /**
   * The id of the turn, chosen by the page. `retry()` uses it again, so a server that keeps it
   * answers each turn once. It can also be the id of the stream: see `streamUrl`.
   */
  key: string
  /** The message that is edited, or the first one of the answer that is replaced. */
  messageId: string | undefined
  /** The last message that the request adds; with `regenerate`, the last one of the user. */
  message: Message | undefined
  /** Whether an earlier request with this key failed. */
  isRetry: boolean
}

type Promised<Value> = Value | Promise<Value>

/** Options of `createChat()`, in addition to those of `connect()`. */
export interface ChatOptions extends Omit<ConnectOptions, 'body' | 'json' | 'signal'> {
  /** The route that receives the messages by POST and answers with `sse()`. */
  url: string | URL | ((request: ChatRequest) => Promised<string | URL>)
  /**
   * Creates the request body, which is sent as JSON, with bytes as base64. The messages have ids,
   * and `status: 'partial'` if they are not whole.
   * @default (messages) => ({ messages })
   */
  body?: (messages: readonly Message[], request: ChatRequest) => unknown
  /** Earlier messages. Read once. */
  initialMessages?: readonly (Message | ChatMessage)[]
  /**
   * Creates the key of a turn, for servers that have rules for it.
   * @default a random UUID
   */
  createKey?: () => string
  /**
   * Whether the server can resume a turn that failed or was stopped. Then `retry()` requests it with
   * the action `resume` and a key of its own. A turn whose connection was lost is still repeated
   * with its key, because it may be running.
   * @default false: every turn is repeated with its key
   */
  resumesTurns?: boolean
  /**
   * The address of the stream of a turn, by its key, for servers that take the id of the stream from
   * the page. GET follows it, after a lost connection or a reload, and DELETE stops it. With it,
   * requests are `idempotent` unless that option says otherwise.
   */
  streamUrl?: (key: string) => string | URL
  /**
   * The address of an answer that may be in progress, such as one that a reload interrupted. It is
   * requested by GET, from its beginning, once there is a subscriber, and replaces what was received
   * of it before. Nothing happens on a status of 204, 404 or 410: there is no such answer.
   */
  follow?: string | URL | null | undefined
  /**
   * Remembers the stream in progress under this id, and follows it after a reload. The address comes
   * from `streamUrl`, or from the `content-location` header of the response. `stop()` sends a DELETE
   * to it, unless there is an `onStop`. Requires a server that keeps its streams.
   */
  keep?: string | KeepOptions
  /**
   * The tools that run on the page, by name: those that the server has without a `run`. When an
   * answer ends with calls of them, they run once, and their results are sent with the next request.
   * What they throw is a result, too, with its message for the model.
   */
  tools?: PageTools
  /**
   * The limit for all files of one message, in bytes.
   * @default 14_000_000, which `parseMessages()` takes as base64
   */
  maxFileBytes?: number
  /**
   * The shortest time between two changes of the state during an answer, in milliseconds.
   * @default one frame
   */
  throttleMs?: number
  /** Called for each event. State that it changes is rendered together with the event. */
  onEvent?: (event: StreamEvent) => void
  /**
   * Called by `stop()`, in place of the DELETE of `keep` and `streamUrl`. If the server's streams
   * outlive their clients, stop the answer there too. Before the response has begun, the state
   * changes at once, but `onStop` is called after `onResponse`, which may receive the address.
   */
  onStop?: (stream: StoppedStream) => void
}

/** The stream that `stop()` ends. */
export interface StoppedStream {
  /** The key of the turn; undefined for an answer that was followed without one. */
  key: string | undefined
  /** Its address, if it is known. */
  url: string | undefined
}

/** Where a page remembers its stream. */
export interface KeepOptions {
  /** The id of the conversation. */
  id: string
  /**
   * `localStorage` is shared by all tabs: another one that shows the conversation follows the stream
   * as well.
   * @default sessionStorage
   */
  storage?: KeepStorage
}

/** The part of `Storage` that is used. React Native's AsyncStorage has it, too. */
export interface KeepStorage {
  getItem(key: string): Promised<string | null>
  setItem(key: string, value: string): unknown
  removeItem(key: string): unknown
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

/** Those that `connect()` does not have, or has with another meaning. */
const own: Omit<Rules<ChatOptions>, keyof typeof shared> = {
  url: required(
    rule(
      'a URL, or a function that returns one',
      (value) => isUrl(value) || typeof value === 'function',
    ),
  ),
  body: func,
  initialMessages: list,
  createKey: func,
  resumesTurns: flag,
  streamUrl: func,
  follow: rule('a URL, or null', (value) => value === null || isUrl(value)),
  keep: rule(
    'an id, or an object with an id',
    (value) =>
      isText(value) ||
      (isText((value as KeepOptions | null)?.id) &&
        ((value as KeepOptions).storage === undefined ||
          has((value as KeepOptions).storage, 'getItem', 'setItem', 'removeItem'))),
  ),
  tools: { ...record, each: func },
  maxFileBytes: rule('a number of bytes', (value) => typeof value === 'number' && value >= 0),
  throttleMs: delay,
  onEvent: func,
  onStop: func,
}

const rules: Rules<ChatOptions> = { ...own, ...shared }

/** @throws TypeError for an invalid option */
export function checkChatOptions(options: ChatOptions): void {
  checkOptions('', options, rules, 'an object with a url', true)
}

/** The options that are passed on to `connect()`. */
export function toInit(options: ChatOptions): ConnectOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !Object.hasOwn(own, name)))
}
