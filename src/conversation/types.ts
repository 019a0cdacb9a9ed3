/**
 * The interface of conversations.
 *
 * @module
 */

import type { EventStream, OutputStream } from '../base/event-stream.js'
import type { AssistantMessage, InputPart, Message } from '../base/messages.js'
import type { OutputSchema } from '../base/schema.js'
import type { InferTools, ToolSet, ToolTypesOf } from '../base/tool-types.js'
import type { StreamOptions } from '../core/create-stream.js'
import type { LeftBehind } from '../core/left-behind.js'
import type { OnError } from './draft.js'
import type { SelectMessages } from './last-messages.js'
import type { ConversationStore } from './store.js'

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

/** Options of `send()`, `regenerate()`, `edit()` and `resume()`, which override those of the conversation for one turn. */
export interface SendOptions<Output = unknown>
  extends Partial<Omit<StreamOptions<Output>, 'messages' | 'prompt'>>,
    TurnOptions {
  /**
   * Makes the turn happen once: a second call with the key gives the answer of the first one, waits
   * for it if it is running, and continues it if it failed or was left behind. `resume()` ignores it.
   */
  key?: string
}

/** Options of `regenerate()`, which override those of the conversation for one turn. */
export interface RegenerateOptions<Output = unknown> extends SendOptions<Output> {
  /**
   * A message of the answer, or its question. Everything after the question is replaced.
   * @default the last question
   */
  messageId?: string
}

/** What `read()` returns. */
export interface ConversationState {
  /** The title, if the store gives it. */
  title?: string
  /** All messages, oldest first. */
  messages: Message[]
  /** The turn that is under way, or was left behind. */
  draft?: {
    /** The id of its answer. */
    id: string
    key?: string
    /** How many messages come before the input. Those after them will be replaced. */
    keep: number
    input: readonly Message[]
    /**
     * The answer as far as whole steps go, or as far as it came with `onError: 'keep-partial'`. Its
     * `errorCode` says why the turn has failed.
     */
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
   * and loaded, the input is stored as a draft, and the messages are sent to the model. The input
   * and the answer are stored together, before `complete` is emitted. A turn that ends with `error`
   * leaves its draft: see `onError` and `resume()`.
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
   * Asks for another answer to the last question, or to an earlier one, in place of the one it has.
   *
   * @throws TypeError for an invalid option. The stream ends with `not-found` without a question,
   *   and for an unknown id
   */
  regenerate(options?: RegenerateOptions): EventStream
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
   * Copies the conversation to another id, up to and including a message. The copy has the title of
   * the conversation if the store gives it (`StoredConversation.title`), otherwise that of its first
   * question.
   *
   * @throws StreamError `not-found` for an unknown message, `conflict` if the other conversation
   *   exists, `store`
   */
  fork(otherId: string, messageId?: string): Promise<void>
  /**
   * Writes a title, for the list of a store. Without it, the title is the beginning of the first
   * question. No later turn replaces either, not even an edit of that question, until `clear()`.
   * Waits for a running turn.
   *
   * @throws TypeError for an empty title
   * @throws StreamError `store`, `conflict` if the conversation was changed without its lock
   */
  rename(title: string): Promise<void>
  /**
   * The stored messages, and the turn that is under way or was left behind. The `key` of that turn
   * is the id of its stream, if it was published with `publish(id, send(input, { key: id }))`.
   *
   * @throws StreamError `store`
   */
  read(): Promise<ConversationState>
  /**
   * All messages that a page shows, oldest first: those that are stored, and those of a turn that is
   * under way or was left behind, as the next turn would store them. That is its question, the
   * results of its tools, and what `onError` keeps of its answer.
   *
   * @throws StreamError `store`
   */
  messages(): Promise<Message[]>
  /**
   * Deletes all messages and the title. Does not wait for a running turn, which will fail with `conflict`.
   *
   * @throws StreamError `store`
   */
  clear(): Promise<void>
}

export interface WithoutTools {
  tools?: undefined
}

export interface OnlyOutput<Output> extends WithoutTools {
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
