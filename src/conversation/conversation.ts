/**
 * Conversations: messages are stored, and one turn runs at a time.
 *
 * @module
 */

import {
  checkId,
  checkOptions,
  checkValue,
  driver as driverRule,
  has,
  id as idRule,
  isDelay,
  limit,
  oneOf,
  type Rules,
  required,
  rule,
} from '../base/check-options.js'
import type { EventStream, OutputStream } from '../base/event-stream.js'
import type { AssistantMessage, InputPart, Message } from '../base/messages.js'
import { newId } from '../base/new-id.js'
import { optionError } from '../base/option-error.js'
import { isRecord } from '../base/read-json.js'
import type { OutputSchema } from '../base/schema.js'
import { storeError } from '../base/store-error.js'
import type { InferTools, ToolSet, ToolTypesOf } from '../base/tool-types.js'
import { openStream, type StreamOptions, streamRules } from '../core/create-stream.js'
import { announceTakeover, type LeftBehind } from '../core/left-behind.js'
import { runsTools } from '../loop/open-loop.js'
import { type OnError, readDraft } from './draft.js'
import { toJsonMessages } from './json-messages.js'
import type { SelectMessages } from './last-messages.js'
import { type Intent, notFound } from './plan-turn.js'
import type { ConversationStore, StoredConversation } from './store.js'
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
   * What is left of a turn that fails or is aborted, once another turn follows: its question
   * (`keep-input`), also its answer as far as it came, marked with `status: 'partial'`
   * (`keep-partial`), or nothing (`forget`). Steps whose tools have run are kept with the question.
   * @default 'keep-input'
   */
  onError?: OnError
}

/** Options of `send()`, which override those of the conversation for one turn. */
export interface SendOptions<Output = unknown>
  extends Partial<Omit<StreamOptions<Output>, 'messages' | 'prompt'>>,
    TurnOptions {
  /**
   * Makes the turn happen once: a second `send()` with the key gives the answer of the first one,
   * waits for it if it is running, and continues it if it failed or was left behind.
   */
  key?: string
}

/** What `read()` returns. */
export interface ConversationState {
  /** All messages, oldest first. */
  messages: Message[]
  /** The turn that is under way, or was left behind. */
  draft?: {
    /** The id of its answer. */
    id: string
    key?: string
    input: readonly Message[]
    /** The answer as far as whole steps go. */
    answer: AssistantMessage
  }
}

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
   * Asks for another answer to the last question, in place of the one it has.
   *
   * @throws TypeError for an invalid option. The stream ends with `not-found` without a question
   */
  regenerate(options?: SendOptions): EventStream
  /**
   * Replaces a message, and everything after it, by the input, and runs a turn.
   *
   * @throws TypeError for an invalid input or option. The stream ends with `not-found` for an
   *   unknown id
   */
  edit(messageId: string, input: ConversationInput, options?: SendOptions): EventStream
  /**
   * Continues the turn that was left behind by a failure or a crash, in any process: its whole steps
   * come first, and no tool runs again whose result is known. Without such a turn, it gives the last
   * answer again.
   *
   * For `revive` of `createResumable()`, give it what readers have received of the stream. They
   * receive one `retry`, and then what they lack of the whole steps. If the step that broke off had
   * come to nothing but text, the model continues it (`mode: 'continue'`), unless
   * `retry.afterContent` is `'restart'`; otherwise that step restarts.
   *
   * @param left - what `revive` receives
   * @throws TypeError for an invalid option. The stream ends with `not-found` if there is neither,
   *   and with `left.error` if the conversation no longer has this turn
   */
  resume(left?: LeftBehind | null, options?: SendOptions): EventStream
  /**
   * Copies the conversation to another id, up to and including a message.
   *
   * @throws StreamError `not-found` for an unknown message, `conflict` if the other conversation
   *   exists, `store`
   */
  fork(otherId: string, messageId?: string): Promise<void>
  /**
   * The messages, and the turn that is under way or was left behind.
   *
   * @throws StreamError `store`
   */
  read(): Promise<ConversationState>
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
  onError: oneOf('keep-input', 'keep-partial', 'forget'),
  driver: driverRule,
  key: idRule,
  ...requestRules,
}

const { key: _ofTurns, ...sharedRules } = turnRules

const rules: Rules<ConversationOptions> = {
  id: required(idRule),
  store: required(
    rule('a store, such as memoryStore()', (value) => has(value, 'load', 'write', 'clear', 'lock')),
  ),
  leaseMs: rule(
    'a finite number of milliseconds above 0',
    (value) => isDelay(value) && value !== 0 && value !== Infinity,
  ),
  readerTimeoutMs: limit,
  ...sharedRules,
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
  const begin = (intent: Intent, sendOptions: SendOptions = {}): EventStream => {
    checkOptions('', sendOptions, turnRules)
    // As the types of send() have it, `output: undefined` does not remove that of the conversation.
    const { output = defaults.output } = sendOptions
    const merged = { ...defaults, ...sendOptions, ...(output && { output }) }
    const { select, onConflict = 'wait', onError = 'keep-input', key: _key, ...request } = merged
    const wait = onConflict === 'wait'
    const fixed = { id, store, leaseMs, readerTimeoutMs }
    const { retry } = request
    const mayContinue = typeof retry !== 'object' || retry.afterContent !== 'restart'
    const about = { driver: request.driver, runsTools: runsTools(request, request), mayContinue }
    const turn = new ConversationTurn({ ...fixed, ...about, select, wait, onError }, intent)
    // Those of the store take their place.
    const messages = 'input' in intent ? intent.input : unknownMessages
    return openStream({ ...request, messages }, turn)
  }
  const send = (input: ConversationInput, sendOptions: SendOptions = {}): EventStream =>
    begin({ kind: 'send', input: toMessages(input), key: sendOptions?.key }, sendOptions)
  // A stream that is not read only checks its options.
  send('Hello')
  return {
    id,
    send: send as Conversation['send'],
    regenerate: (sendOptions) => begin({ kind: 'regenerate' }, sendOptions),
    edit(messageId, input, sendOptions) {
      checkId(messageId)
      return begin({ kind: 'edit', messageId, input: toMessages(input) }, sendOptions)
    },
    resume(left, sendOptions) {
      checkValue('left', left, leftRule)
      if (left) announceTakeover(left)
      return begin({ kind: 'resume', left: left ?? undefined }, sendOptions)
    },
    fork: (otherId, messageId) => run(() => fork(store, id, otherId, messageId)),
    read: async () => stateOf(await run(() => store.load(id))),
    messages: async () => (await run(() => store.load(id))).messages,
    clear: () => run(() => store.clear(id)),
  }
}

const leftRule = rule(
  'what revive of createResumable() receives',
  (value) => value === null || (isRecord(value) && Array.isArray(value.blocks)),
)

const unknownMessages: readonly Message[] = [{ role: 'user', content: '' }]

async function fork(
  store: ConversationStore,
  id: string,
  otherId: string,
  messageId: string | undefined,
): Promise<void> {
  const { messages } = await store.load(id)
  const position = messages.findIndex((message) => message.id === messageId)
  if (messageId !== undefined && position === -1) {
    throw notFound(`There is no message with the id "${messageId}".`)
  }
  const add = messageId === undefined ? messages : messages.slice(0, position + 1)
  await store.write(otherId, { add }, null)
}

function stateOf({ messages, draft: stored }: StoredConversation): ConversationState {
  const draft = readDraft(stored)
  if (draft === undefined) return { messages }
  const { id, key, input, answer, partial } = draft
  const message: AssistantMessage = partial ?? { role: 'assistant', id, content: answer }
  return { messages, draft: { id, ...(key === undefined ? {} : { key }), input, answer: message } }
}

async function run<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask()
  } catch (error) {
    throw storeError(error, 'store')
  }
}

function toMessages(input: ConversationInput): Message[] {
  if (typeof input === 'string' && input !== '') return [named({ role: 'user', content: input })]
  if (typeof input !== 'object' || input === null) throw inputError(input)
  const list: readonly (Message | InputPart)[] = Array.isArray(input) ? input : [input as Message]
  if (list.length === 0) throw inputError(input)
  const areParts = list.every((item) => item !== null && typeof item === 'object' && 'type' in item)
  const messages = areParts
    ? [{ role: 'user' as const, content: list as readonly InputPart[] }]
    : (list as readonly Message[])
  return toJsonMessages(messages).map(named)
}

/** Messages have ids, so that they can be edited. */
function named(message: Message): Message {
  return message.id === undefined ? { ...message, id: newId() } : message
}

function inputError(input: unknown): TypeError {
  return optionError(
    'input',
    input,
    'a non-empty string, a list of message parts, or one or more messages',
  )
}
