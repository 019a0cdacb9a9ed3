/**
 * Where conversations are kept.
 *
 * @module
 */

import type { Message } from '../base/messages.js'

/** A conversation as it is stored. */
export interface StoredConversation {
  /** All messages, oldest first. */
  messages: Message[]
  /** Another one after each change; null for a conversation that nothing was ever stored of. */
  version: string | null
}

/** How a turn is waited for. */
export interface LockOptions {
  /** How long the lock is held unless it is renewed, in milliseconds. */
  ttlMs: number
  /** Wait while somebody else holds it, or reject with `conflict`. @default true */
  wait?: boolean
  /** Ends the wait: it rejects with `aborted`. */
  signal?: AbortSignal
}

/** The right to be the one who writes to a conversation, for a time. */
export interface ConversationLock {
  /**
   * Holds it for another `ttlMs` from now on. A lock whose time ran out is taken again if nobody else has taken it since.
   *
   * @throws StreamError `conflict` if somebody else holds it
   */
  renew(): Promise<void>
  /** Lets the next one have it. Harmless if it is not held any more. */
  release(): Promise<void>
}

/**
 * A place for conversations. `testStore()` from `sluice/testing` tells whether one keeps this contract.
 *
 * Whatever it rejects with is a `StreamError`: `conflict` where this says so, `aborted` for a signal, `store` for every failure of its
 * own. Messages are JSON: bytes are base64 already.
 */
export interface ConversationStore {
  /** An id that is not known is an empty conversation. */
  load(id: string): Promise<StoredConversation>
  /**
   * Adds messages at the end, all of them or none, if the conversation is still at `expectedVersion`. This is the fence: whoever lost the
   * lock without knowing it cannot write over what another has written. MUST be atomic.
   *
   * @returns the new version
   * @throws StreamError `conflict` if the conversation is at another version
   */
  append(id: string, messages: readonly Message[], expectedVersion: string | null): Promise<string>
  /**
   * Forgets all messages, whoever holds the lock. MUST change the version of a conversation that has messages or whose lock is held, so
   * that a turn which runs meanwhile cannot bring the old messages back.
   */
  clear(id: string): Promise<void>
  /**
   * Exclusive across everything that uses the same store. Whoever waits gets it in the order of arrival, and at the latest `ttlMs` after
   * its holder went silent. Waiting MUST NOT be busy.
   *
   * @throws StreamError `conflict` if it is held and `wait` is false
   */
  lock(id: string, options: LockOptions): Promise<ConversationLock>
}
