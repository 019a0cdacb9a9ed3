/**
 * Keeps conversations in the memory of one process.
 *
 * @module
 */

import {
  checkId,
  checkOptions,
  isCount,
  limit,
  type Rules,
  rule,
} from '../../base/check-options.js'
import { StreamError } from '../../base/errors.js'
import type { Message } from '../../base/messages.js'
import type {
  ConversationLock,
  ConversationStore,
  LockOptions,
  StoredConversation,
} from '../../conversation/store.js'
import { Locks } from './locks.js'
import { bytesOfAll, defaultMaxBytes, maxBytesRule } from './size.js'

/** Options of `memoryStore()`. */
export interface MemoryStoreOptions {
  /**
   * How many conversations are kept. The least recently used one is removed first, but none with a
   * running turn.
   * @default 1_000
   */
  maxConversations?: number
  /**
   * How much memory the messages of all conversations take, in bytes. The least recently used
   * conversations are removed first, but none with a running turn: if nothing else is left, the turn
   * fails with a `StreamError` of code `store`.
   * @default 67_108_864 (64 MiB)
   */
  maxBytes?: number
  /**
   * How long a conversation is kept after its last turn, in milliseconds; `Infinity` for as long as
   * there is room.
   * @default 86_400_000 (a day)
   */
  ttlMs?: number
}

interface Entry {
  /** As JSON, so that changes to a loaded or appended message do not change what is stored. */
  messages: string[]
  bytes: number
  version: string
  expiresAt: number
}

const dayMs = 86_400_000

const rules: Rules<MemoryStoreOptions> = {
  maxConversations: rule(
    'an integer from 1, or Infinity',
    (value) => isCount(value) && value !== 0,
  ),
  maxBytes: maxBytesRule,
  ttlMs: limit,
}

/**
 * Keeps conversations in the memory of this process, for tests, tools and servers with one process.
 * They are lost when it ends.
 *
 * @throws TypeError for an invalid option
 */
export function memoryStore(options: MemoryStoreOptions = {}): ConversationStore {
  checkOptions('', options, rules)
  const { maxConversations = 1_000, maxBytes = defaultMaxBytes, ttlMs = dayMs } = options
  return new MemoryStore({ maxConversations, maxBytes, ttlMs })
}

class MemoryStore implements ConversationStore {
  readonly #settings: Required<MemoryStoreOptions>
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>()
  /** Of all entries. */
  #bytes = 0
  readonly #locks = new Locks()

  constructor(settings: Required<MemoryStoreOptions>) {
    this.#settings = settings
  }

  load(id: string): Promise<StoredConversation> {
    const entry = this.#find(id)
    return Promise.resolve({
      messages: (entry?.messages ?? []).map((json) => JSON.parse(json) as Message),
      version: entry?.version ?? null,
    })
  }

  async append(
    id: string,
    messages: readonly Message[],
    expectedVersion: string | null,
  ): Promise<string> {
    const entry = this.#find(id)
    if ((entry?.version ?? null) !== expectedVersion) {
      throw new StreamError('conflict', `Conversation "${id}" has changed since it was loaded.`)
    }
    const added = messages.map((message) => JSON.stringify(message))
    return this.#put(id, [...(entry?.messages ?? []), ...added])
  }

  clear(id: string): Promise<void> {
    if (this.#find(id) !== undefined || this.#locks.isHeld(id)) this.#put(id, [])
    return Promise.resolve()
  }

  async lock(id: string, options: LockOptions): Promise<ConversationLock> {
    checkId(id)
    const lock = await this.#locks.acquire(id, options)
    this.#touch(id)
    return {
      release: () => lock.release(),
      renew: async () => {
        await lock.renew()
        this.#touch(id)
      },
    }
  }

  #find(id: string): Entry | undefined {
    checkId(id)
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.expiresAt > performance.now()) return entry
    this.#delete(id, entry)
    return undefined
  }

  /** A running turn keeps its conversation. */
  #touch(id: string): void {
    const entry = this.#find(id)
    if (entry !== undefined) this.#set(id, entry)
  }

  /** @throws StreamError `store` if there is no room for the messages */
  #put(id: string, messages: string[]): string {
    const { maxBytes } = this.#settings
    const earlier = this.#entries.get(id)
    const bytes = bytesOfAll(messages)
    const needed = this.#bytes - (earlier?.bytes ?? 0) + bytes
    if (this.#makeRoom(needed - maxBytes, id) > 0) {
      throw new StreamError(
        'store',
        `The memory store has no room for conversation "${id}": its ${bytes} bytes and the conversations with a running turn exceed memoryStore.maxBytes (${maxBytes}).`,
      )
    }
    if (earlier !== undefined) this.#delete(id, earlier)
    const version = crypto.randomUUID()
    this.#set(id, { messages, bytes, version, expiresAt: 0 })
    this.#bytes += bytes
    return version
  }

  #set(id: string, entry: Entry): void {
    entry.expiresAt = performance.now() + this.#settings.ttlMs
    this.#entries.delete(id)
    this.#entries.set(id, entry)
  }

  /**
   * Removes what has expired, and conversations without a running turn until there is enough room,
   * the least recently used one first.
   *
   * @param excessBytes - how many bytes have to go
   * @returns how many bytes are still too many
   */
  #makeRoom(excessBytes: number, spared: string): number {
    const now = performance.now()
    let bytes = excessBytes
    let count = this.#entries.size - this.#settings.maxConversations
    if (!this.#entries.has(spared)) count++
    for (const [id, entry] of this.#entries) {
      const isExpired = entry.expiresAt <= now
      // All others were used later.
      if (bytes <= 0 && count <= 0 && !isExpired) break
      if (id === spared || (!isExpired && this.#locks.isHeld(id))) continue
      this.#delete(id, entry)
      bytes -= entry.bytes
      count--
    }
    return bytes
  }

  #delete(id: string, entry: Entry): void {
    this.#entries.delete(id)
    this.#bytes -= entry.bytes
  }
}
