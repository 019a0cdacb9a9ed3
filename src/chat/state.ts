/**
 * The state and the actions of a conversation on a page.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import type { RetryEvent } from '../base/events.js'
import type { InputPart, Message } from '../base/messages.js'
import type { WaitingCall } from '../base/typed-calls.js'
import type { Reconnection } from '../client/connection.js'

/**
 * How far a message has come. `sending`: the server has not answered yet. `streaming`: the answer in
 * progress. `done`: whole. `stopped`: ended by the user. `failed`: ended by an error. `partial`:
 * broke off otherwise, such as by a reload.
 */
export type MessageStatus = 'sending' | 'streaming' | 'partial' | 'stopped' | 'failed' | 'done'

type Shown<One> = One extends Message
  ? Omit<One, 'id' | 'status'> & { id: string; status: MessageStatus }
  : never

/** A message as a page shows it: with an id, and with a status. */
export type ChatMessage = Shown<Message>

/**
 * The state of the answer. `idle`: none is in progress. `submitted`: one is in progress, without
 * content so far. `streaming`: content is arriving. `error`: the last one failed.
 */
export type ChatStatus = 'idle' | 'submitted' | 'streaming' | 'error'

/**
 * The connection of the answer in progress. `none`: no answer is in progress. `connecting`: there is
 * no response yet. `reconnecting`: it was lost, and is sought again.
 */
export type ConnectionState = 'none' | 'connecting' | 'open' | 'reconnecting'

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
  /** What it waits for: see `complete.waiting`. Unknown if the server has not stored it. */
  for?: WaitingCall['for'] | undefined
  /** What `approve()` was called with, while other calls still wait. */
  approved?: boolean | undefined
}

/** What the user sends: text, a draft, or messages, such as tool results. */
export type ChatInput = string | ChatDraft | Message | readonly Message[]

/** A message of the user with files. */
export interface ChatDraft {
  text?: string
  /** Images and files of the page. Their bytes are read and sent as base64. */
  files?: Iterable<Blob>
  /** Further parts. */
  parts?: readonly InputPart[]
  metadata?: unknown
}

/** An input that waits until the answer in progress is whole. */
export interface QueuedInput {
  id: string
  input: ChatInput
}

/** The place of a message among those that replaced each other. */
export interface Branch {
  /** From 0. */
  index: number
  count: number
}

/** The state to render. During an answer it changes at most once per frame, or `throttleMs`. */
export interface ChatState {
  /**
   * All messages; during an answer, the last one is the answer so far. A message that has not
   * changed is the same object as before.
   */
  messages: readonly ChatMessage[]
  status: ChatStatus
  /** Why the last answer failed. Show `error.publicMessage`; `error.message` has the details. */
  error: StreamError | undefined
  connection: ConnectionState
  /** The retry or reconnection in progress, until it delivers something. */
  retrying: RetryEvent | Reconnection | undefined
  /** The calls of all messages, in order. */
  calls: readonly CallState[]
  /** What `enqueue()` was called with and is not sent yet. */
  queue: readonly QueuedInput[]
  /** The messages that have other versions, by their ids: those that were edited or regenerated. */
  branches: Readonly<Record<string, Branch>>
}

/** The actions of a conversation. The functions are always the same. */
export interface ChatActions {
  /**
   * Sends a message of the user: text, a draft with files, or messages, such as tool results. Calls
   * that wait when the user sends a message are marked as unanswered.
   *
   * @returns false, with nothing sent, while an answer is in progress (call `stop()` first, or
   * `enqueue()`), and if the files are too large, which `error` says
   * @throws TypeError for an invalid option
   */
  send(input: ChatInput): boolean
  /**
   * Sends the input once the answer in progress is whole; without one, at once. After an answer that
   * failed or was stopped, the queue waits for the next whole one.
   *
   * @returns the id of the input in the queue
   */
  enqueue(input: ChatInput): string
  /** Removes an input from the queue. @returns false if it is not there, or no longer */
  dequeue(id: string): boolean
  /** Ends the answer in progress. Received content stays. */
  stop(): void
  /**
   * Requests an answer that failed or broke off again, with the same key, and removes what came of
   * it. What tools have returned stays, so that they are not run again.
   *
   * @returns false, with nothing sent, while an answer is in progress, and if the last one is whole:
   * `regenerate()` replaces it
   */
  retry(): boolean
  /**
   * Requests another answer to the last message of the user. The previous one becomes a branch.
   *
   * @param messageId - a message of an earlier answer; everything after it moves to the branch, too
   * @returns false, with nothing sent, while an answer is in progress, and without such a message
   */
  regenerate(messageId?: string): boolean
  /**
   * Replaces a message of the user, and sends it with the same id. The earlier one and everything
   * after it become a branch.
   *
   * @returns false, with nothing sent, while an answer is in progress, and without such a message
   */
  edit(messageId: string, input: ChatInput): boolean
  /**
   * Shows another version of a message, with what followed it.
   *
   * @param index - see `branches`
   * @returns false while an answer is in progress, and without such a version
   */
  switchBranch(messageId: string, index: number): boolean
  /**
   * Answers a call that waits for approval. The answers are sent once all waiting calls have one.
   *
   * @param reason - for the model, if the call is not allowed
   * @returns false if no such call waits
   */
  approve(id: string, approved: boolean, reason?: string): boolean
  /**
   * Replaces the messages, such as by a history that was loaded. An answer in progress continues
   * after them, and so do the messages that it answers.
   */
  setMessages(
    messages:
      | readonly (Message | ChatMessage)[]
      | ((messages: readonly ChatMessage[]) => readonly (Message | ChatMessage)[]),
  ): void
  /** Ends the answer in progress and removes all messages, branches and queued inputs. */
  clear(): void
  /**
   * Follows an answer that is in progress on the server, as the option `follow` does.
   *
   * @returns false while an answer is in progress here
   */
  follow(url: string | URL): boolean
}
