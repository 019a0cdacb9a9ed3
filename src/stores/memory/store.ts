/**
 * Keeps conversations in the memory of one process.
 *
 * @module
 */

import { checkOptions, isCount, limit, type Rules, rule } from '../../base/check-options.js'
import { StreamError } from '../../base/errors.js'
import type { Message } from '../../base/messages.js'
import type {
  ConversationLock,
  ConversationStore,
  LockOptions,
  StoredConversation,
} from '../../conversation/store.js'
import { Locks } from './locks.js'

/** Options of `memoryStore()`. */
export interface MemoryStoreOptions {
  /**
   * How many conversations are kept. The least recently used one is removed first, but none with a
   * running turn.
   * @default 1_000
   */
  maxConversations?: number
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
  version: string
  expiresAt: number
}

const dayMs = 86_400_000

const rules: Rules<MemoryStoreOptions> = {
  maxConversations: rule(
    'an integer from 1, or Infinity',
    (value) => isCount(value) && value !== 0,
  ),
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
  const { maxConversations = 1_000, ttlMs = dayMs } = options
  return new MemoryStore(maxConversations, ttlMs)
}

class MemoryStore implements ConversationStore {
  readonly #maxConversations: number
  readonly #ttlMs: number
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>()
  readonly #locks = new Locks()

  constructor(maxConversations: number, ttlMs: number) {
    this.#maxConversations = maxConversations
    this.#ttlMs = ttlMs
  }

  load(id: string): Promise<StoredConversation> {
    const entry = this.#find(id)
    return Promise.resolve({
      messages: (entry?.messages ?? []).map((json) => JSON.parse(json) as Message),
      version: entry?.version ?? null,
    })
  }

  append(
    id: string,
    messages: readonly Message[],
    expectedVersion: string | null,
  ): Promise<string> {
    const entry = this.#find(id)
    if ((entry?.version ?? null) !== expectedVersion) {
      const message = `Conversation "${id}" has changed since it was loaded.`
      return Promise.reject(new StreamError('conflict', message))
    }
    const added = messages.map((message) => JSON.stringify(message))
    return Promise.resolve(this.#put(id, [...(entry?.messages ?? []), ...added]))
  }

  clear(id: string): Promise<void> {
    if (this.#find(id) !== undefined || this.#locks.isHeld(id)) this.#put(id, [])
    return Promise.resolve()
  }

  async lock(id: string, options: LockOptions): Promise<ConversationLock> {
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
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.expiresAt > Date.now()) return entry
    this.#entries.delete(id)
    return undefined
  }

  /** A running turn keeps its conversation. */
  #touch(id: string): void {
    const entry = this.#find(id)
    if (entry !== undefined) this.#set(id, entry)
  }

  #put(id: string, messages: string[]): string {
    const version = crypto.randomUUID()
    this.#set(id, { messages, version, expiresAt: 0 })
    this.#makeRoom()
    return version
  }

  #set(id: string, entry: Entry): void {
    entry.expiresAt = Date.now() + this.#ttlMs
    this.#entries.delete(id)
    this.#entries.set(id, entry)
  }

  #makeRoom(): void {
    const now = Date.now()
    let excess = this.#entries.size - this.#maxConversations
    for (const [id, entry] of this.#entries) {
      // All others were used later.
      if (excess <= 0 && entry.expiresAt > now) return
      if (entry.expiresAt > now && this.#locks.isHeld(id)) continue
      this.#entries.delete(id)
      excess--
    }
  }
}
