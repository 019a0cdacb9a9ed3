/**
 * Conversations: messages are stored, and one turn runs at a time.
 *
 * @module
 */

import {
  checkOptions,
  driver as driverRule,
  flag,
  has,
  id as idRule,
  isDelay,
  limit,
  oneOf,
  optionError,
  type Rules,
  required,
  rule,
} from '../base/check-options.js'
import type { EventStream, OutputStream } from '../base/event-stream.js'
import type { InputPart, Message } from '../base/messages.js'
import type { OutputSchema } from '../base/schema.js'
import { storeError } from '../base/store-error.js'
import type { InferTools, ToolSet, ToolTypesOf } from '../base/tool-types.js'
import { openStream, type StreamOptions, streamRules } from '../core/create-stream.js'
import { toJsonMessages } from './json-messages.js'
import type { SelectMessages } from './last-messages.js'
import type { ConversationStore } from './store.js'
import { ConversationTurn } from './turn.js'

/** The input of a turn: text, text with images and files, or messages, such as tool results. */
export type ConversationInput = string | readonly InputPart[] | Message | readonly Message[]

/** Options of a turn, in addition to those of `createStream()`. */
export interface TurnOptions {
  /**
   * Selects the messages that are sent to the model, such as `lastMessages({ maxTokens })`. All
   * messages stay stored.
   * @default all messages
   */
  select?: SelectMessages
  /**
   * The behavior while another turn of the same conversation is running, in any process: wait until
   * it has ended, or fail with `conflict`. The stream's `signal` and `cancel()` end the wait. The
   * timeouts of `timeout` start after it.
   * @default 'wait'
   */
  onConflict?: 'wait' | 'reject'
  /**
   * Whether to store the input and the partial answer of a turn that fails or is aborted, if the
   * answer has any text or file. The `error` event then has a `messageCount`.
   * @default false
   */
  keepPartial?: boolean
}

/** Options of `send()`, which override those of the conversation for one turn. */
export interface SendOptions<Output = unknown>
  extends Partial<Omit<StreamOptions<Output>, 'messages' | 'prompt'>>,
    TurnOptions {}

export interface ConversationOptions<Output = unknown>
  extends Omit<StreamOptions<Output>, 'messages' | 'prompt'>,
    TurnOptions {
  /** The id of the conversation in the store. */
  id: string
  /** The store of the conversation: `memoryStore()`, `redisStore(client)`, or your own. */
  store: ConversationStore
  /**
   * The time for which the conversation stays locked after its process died during a turn, in
   * milliseconds. While a turn runs, the lock is renewed three times in this period.
   * @default 5_000
   */
  leaseMs?: number
  /**
   * The limit for a reader of a turn that reads nothing, in milliseconds. After that, the turn ends
   * with `aborted`, because it would lock the conversation forever.
   * @default 60_000
   */
  readerTimeoutMs?: number
}

/** A conversation by its id. Its `tools` determine the types of calls and results in its turns. */
export interface Conversation<Output = unknown, Tools extends ToolSet = ToolSet> {
  readonly id: string
  /**
   * Runs one turn. Nothing happens before the first event is read. Then the conversation is locked
   * and loaded, and its messages are sent to the model. The input and the answer are stored
   * together, before `complete` is emitted. A turn that ends with `error` leaves the conversation
   * unchanged.
   *
   * The error is `conflict` if the conversation was changed or cleared in the meantime, or if
   * another turn took its lock, and `store` if the store failed. An abort has no effect once a
   * complete answer is being stored.
   *
   * @throws TypeError for an invalid input or option
   */
  send<TurnOutput = Output, TurnTools extends ToolSet = Tools>(
    input: ConversationInput,
    options?: SendOptions<TurnOutput> & InferTools<TurnTools>,
  ): EventStream<TurnOutput, ToolTypesOf<TurnTools>>
  /**
   * All messages, oldest first.
   *
   * @throws StreamError `store`
   */
  messages(): Promise<Message[]>
  /**
   * Deletes all messages. Does not wait for a running turn, which will fail with `conflict`.
   *
   * @throws StreamError `store`
   */
  clear(): Promise<void>
}

interface WithoutTools {
  tools?: undefined
}

interface OnlyOutput<Output> extends WithoutTools {
  output: OutputSchema<Output>
}

interface NeitherOutputNorTools extends WithoutTools {
  output?: undefined
}

/**
 * A conversation whose own options certainly have no `tools`. Turns without `tools` that have an
 * `output`, of their own or of the conversation, have a certain output.
 */
export interface ConversationWithoutTools<
  Output = unknown,
  Stream extends EventStream<Output> = EventStream<Output>,
> extends Conversation<Output> {
  send(input: ConversationInput, options?: SendOptions & NeitherOutputNorTools): Stream
  send<TurnOutput>(
    input: ConversationInput,
    options: SendOptions<TurnOutput> & OnlyOutput<TurnOutput>,
  ): OutputStream<TurnOutput>
  send<TurnOutput = Output, TurnTools extends ToolSet = ToolSet>(
    input: ConversationInput,
    options?: SendOptions<TurnOutput> & InferTools<TurnTools>,
  ): EventStream<TurnOutput, ToolTypesOf<TurnTools>>
}

// The prompt is the input of each turn.
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
  id: required(idRule),
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
 * Creates access to a conversation by its id. It holds no state, so it can be created for each
 * request.
 *
 * @throws TypeError for an invalid option
 * @example
 * ```ts
 * const conversation = createConversation({ id: 'user-42', driver, store: memoryStore() })
 * for await (const event of conversation.send('My name is Ada.')) show(event)
 * await conversation.send('What is my name?').text()
 * ```
 */
export function createConversation<Output>(
  options: ConversationOptions<Output> & OnlyOutput<Output>,
): ConversationWithoutTools<Output, OutputStream<Output>>
export function createConversation<Output = unknown>(
  options: ConversationOptions<Output> & WithoutTools,
): ConversationWithoutTools<Output>
export function createConversation<Output = unknown, Tools extends ToolSet = ToolSet>(
  options: ConversationOptions<Output> & InferTools<Tools>,
): Conversation<Output, Tools>
export function createConversation(options: ConversationOptions): Conversation {
  checkOptions('', options, rules, 'an object with an id, a driver and a store')
  const { id, store, leaseMs = 5_000, readerTimeoutMs = 60_000, ...defaults } = options
  const send = <TurnOutput, TurnTools extends ToolSet>(
    input: ConversationInput,
    sendOptions: SendOptions<TurnOutput> = {},
  ): EventStream<TurnOutput, ToolTypesOf<TurnTools>> => {
    checkOptions('', sendOptions, turnRules)
    // As the types of send() have it, `output: undefined` does not remove that of the conversation.
    const { output = defaults.output } = sendOptions
    const merged = { ...defaults, ...sendOptions, ...(output && { output }) }
    const { select, onConflict = 'wait', keepPartial = false, ...request } = merged
    const messages = toMessages(input)
    const wait = onConflict === 'wait'
    const fixed = { id, store, leaseMs, readerTimeoutMs }
    const turn = new ConversationTurn({ ...fixed, select, wait, keepPartial }, messages)
    return openStream({ ...request, messages }, turn) as EventStream<
      TurnOutput,
      ToolTypesOf<TurnTools>
    >
  }
  // A stream that is not read only checks its options.
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
  return optionError(
    'input',
    input,
    'a non-empty string, a list of message parts, or one or more messages',
  )
}
