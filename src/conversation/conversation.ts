/**
 * Conversations: what was said is remembered, and one turn is taken at a time.
 *
 * @module
 */

import {
  checkOptions,
  driver as driverRule,
  flag,
  has,
  isDelay,
  isText,
  limit,
  oneOf,
  optionError,
  type Rules,
  required,
  rule,
} from '../base/check-options.js'
import type { EventStream } from '../base/event-stream.js'
import type { InputPart, Message } from '../base/messages.js'
import { storeError } from '../base/store-error.js'
import { openStream, type StreamOptions, streamRules } from '../core/create-stream.js'
import { toJsonMessages } from './json-messages.js'
import type { SelectMessages } from './last-messages.js'
import type { ConversationStore } from './store.js'
import { ConversationTurn } from './turn.js'

/** What is said: a text, a text with images and files, or messages, such as the results of tools. */
export type ConversationInput = string | readonly InputPart[] | Message | readonly Message[]

/** What a turn takes beside the options of `createStream()`. */
export interface TurnOptions {
  /**
   * What of the conversation the model is sent, such as `lastMessages({ maxTokens })`. What is stored stays whole.
   * @default everything
   */
  select?: SelectMessages
  /**
   * Another turn of the same conversation is running, in whichever process: wait until it has ended, or fail with `conflict`. The
   * stream's `signal` and `cancel()` end the wait; the clocks of `timeout` begin after it.
   * @default 'wait'
   */
  onConflict?: 'wait' | 'reject'
  /**
   * Store what has come of an answer that fails or is aborted, with what was said before it, if there is any text or file in it. The
   * `error` event has a `messageCount` then.
   * @default false
   */
  keepPartial?: boolean
}

/** Overrides for one turn. */
export interface SendOptions<Output = unknown>
  extends Partial<Omit<StreamOptions<Output>, 'messages' | 'prompt'>>,
    TurnOptions {}

export interface ConversationOptions<Output = unknown>
  extends Omit<StreamOptions<Output>, 'messages' | 'prompt'>,
    TurnOptions {
  /** Names the conversation in the store. */
  id: string
  /** Where it is kept: `memoryStore()`, `redisStore(client)`, or your own. */
  store: ConversationStore
  /**
   * How long the conversation stays locked after its process died in the middle of a turn, in milliseconds. While a turn runs, the lock
   * is renewed three times in it.
   * @default 5_000
   */
  leaseMs?: number
  /**
   * A turn whose reader takes nothing for so long, in milliseconds, ends with `aborted`: it would lock the conversation for ever.
   * @default 60_000
   */
  readerTimeoutMs?: number
}

/** A conversation by its id. */
export interface Conversation<Output = unknown> {
  readonly id: string
  /**
   * One turn. Nothing happens before the first event is asked for; then the conversation is locked and loaded, and the model is sent
   * all of it. What was said and the answer are stored together, before `complete` is told; a turn that ends with `error` leaves the
   * conversation as it was.
   *
   * The error is `conflict` if the conversation was changed or cleared meanwhile, or if another turn took its lock, and `store` if the
   * store failed. Once the answer is whole and is being stored, an abort comes too late.
   *
   * @throws TypeError for a bad input or option
   */
  send<TurnOutput = Output>(
    input: ConversationInput,
    options?: SendOptions<TurnOutput>,
  ): EventStream<TurnOutput>
  /**
   * All messages, oldest first.
   *
   * @throws StreamError `store`
   */
  messages(): Promise<Message[]>
  /**
   * Forgets all messages. It does not wait for a turn that is running: that one will fail with `conflict`.
   *
   * @throws StreamError `store`
   */
  clear(): Promise<void>
}

// What is asked is the input of each turn.
const { messages: _messages, prompt: _prompt, driver, ...requestRules } = streamRules

const turnRules: Rules<SendOptions> = {
  select: {
    allowed: 'a function, such as lastMessages({ maxTokens })',
    isAllowed: (value) => typeof value === 'function',
  },
  onConflict: oneOf('wait', 'reject'),
  keepPartial: flag,
  driver: driverRule,
  ...requestRules,
}

const rules: Rules<ConversationOptions> = {
  id: required(
    rule('a string that is not empty', (value) => isText(value) && value.isWellFormed()),
  ),
  store: required(
    rule('a store, such as memoryStore()', (value) =>
      has(value, 'load', 'append', 'clear', 'lock'),
    ),
  ),
  leaseMs: rule(
    'a finite number of milliseconds above 0',
    (value) => isDelay(value) && value !== 0 && value !== Infinity,
  ),
  readerTimeoutMs: limit,
  ...turnRules,
  driver,
}

/**
 * A conversation by its id. It holds nothing itself, so it can be made anew for each request.
 *
 * @throws TypeError for a bad option
 * @example
 * ```ts
 * const conversation = createConversation({ id: 'user-42', driver, store: memoryStore() })
 * for await (const event of conversation.send('My name is Ada.')) show(event)
 * await conversation.send('What is my name?').text()
 * ```
 */
export function createConversation<Output = unknown>(
  options: ConversationOptions<Output>,
): Conversation<Output> {
  checkOptions('', options, rules, 'an object with an id, a driver and a store')
  const { id, store, leaseMs = 5_000, readerTimeoutMs = 60_000, ...defaults } = options
  const send = <TurnOutput = Output>(
    input: ConversationInput,
    sendOptions: SendOptions<TurnOutput> = {},
  ): EventStream<TurnOutput> => {
    checkOptions('', sendOptions, turnRules)
    const merged = { ...defaults, ...sendOptions }
    const { select, onConflict = 'wait', keepPartial = false, ...request } = merged
    const messages = toMessages(input)
    const wait = onConflict === 'wait'
    const fixed = { id, store, leaseMs, readerTimeoutMs }
    const turn = new ConversationTurn({ ...fixed, select, wait, keepPartial }, messages)
    return openStream({ ...request, messages }, turn) as EventStream<TurnOutput>
  }
  // A stream that nobody reads does nothing but check its options.
  send('Hello')
  return {
    id,
    send,
    messages: async () => (await run(() => store.load(id))).messages,
    clear: () => run(() => store.clear(id)),
  }
}

async function run<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask()
  } catch (error) {
    throw storeError(error, 'store')
  }
}

function toMessages(input: ConversationInput): Message[] {
  if (typeof input === 'string' && input !== '') return [{ role: 'user', content: input }]
  if (typeof input !== 'object' || input === null) throw inputError(input)
  const list: readonly (Message | InputPart)[] = Array.isArray(input) ? input : [input as Message]
  if (list.length === 0) throw inputError(input)
  const areParts = list.every((item) => item !== null && typeof item === 'object' && 'type' in item)
  const messages = areParts
    ? [{ role: 'user' as const, content: list as readonly InputPart[] }]
    : (list as readonly Message[])
  return toJsonMessages(messages)
}

function inputError(input: unknown): TypeError {
  return optionError('input', input, 'a string, parts of a message, or messages, and not empty')
}
