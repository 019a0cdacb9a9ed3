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
  ConversationChange,
  ConversationLock,
  ConversationPage,
  ConversationStore,
  Draft,
  ListOptions,
  LockOptions,
  StoredConversation,
} from '../../conversation/store.js'
import { Locks } from './locks.js'
import { bytesOf, bytesOfAll, defaultMaxBytes, maxBytesRule } from './size.js'

/** Options of `memoryStore()`. */
export interface MemoryStoreOptions {
  /**
   * The maximum number of conversations. The least recently used ones are removed first, but none
   * with a running turn.
   * @default Infinity
   */
  maxConversations?: number
  /**
   * The maximum memory of all conversations, in bytes, drafts included. The least recently used
   * conversations are removed first, but none with a running turn: if nothing else is left, the turn
   * fails with a `StreamError` of code `store`.
   * @default 67_108_864 (64 MiB)
   */
  maxBytes?: number
  /**
   * The time for which a conversation is kept after its last turn, in milliseconds; `Infinity` for
   * as long as there is room.
   * @default Infinity
   */
  ttlMs?: number
}

interface Entry {
  /** As JSON, so that changes to a loaded or added message do not change what is stored. */
  messages: string[]
  /** As JSON. */
  draft: string | undefined
  title: string | undefined
  /** Of everything. */
  bytes: number
  version: string
  /** Grows with every change. */
  change: number
  /** The time of the last change, in milliseconds since 1970. */
  updatedAt: number
  expiresAt: number
}

type Content = Pick<Entry, 'messages' | 'draft' | 'title' | 'bytes'>

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
  const { maxConversations = Infinity, maxBytes = defaultMaxBytes, ttlMs = Infinity } = options
  return new MemoryStore({ maxConversations, maxBytes, ttlMs })
}

/** The memory of a conversation besides its texts, in bytes, rounded up. */
const entryBytes = 256

class MemoryStore implements ConversationStore {
  readonly #settings: Required<MemoryStoreOptions>
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>()
  /** Of all entries. */
  #bytes = 0
  readonly #locks = new Locks()
  #changes = 0

  constructor(settings: Required<MemoryStoreOptions>) {
    this.#settings = settings
  }

  load(id: string): Promise<StoredConversation> {
    const entry = this.#find(id)
    if (entry === undefined) return Promise.resolve({ messages: [], version: null })
    const { messages, version, draft, title } = entry
    return Promise.resolve({
      messages: messages.map((json) => JSON.parse(json) as Message),
      version,
      ...(draft !== undefined && { draft: JSON.parse(draft) as Draft }),
      ...(title !== undefined && { title }),
    })
  }

  async write(
    id: string,
    { keep = Infinity, add = [], draft, title }: ConversationChange,
    expectedVersion: string | null,
  ): Promise<string> {
    const entry = this.#find(id)
    if ((entry?.version ?? null) !== expectedVersion) {
      throw new StreamError('conflict', `Conversation "${id}" has changed since it was loaded.`)
    }
    const { messages, draft: earlierDraft, title: earlierTitle, bytes } = entry ?? emptyEntry(id)
    const added = add.map((message) => JSON.stringify(message))
    const nextDraft =
      draft === undefined ? earlierDraft : draft === null ? undefined : JSON.stringify(draft)
    const nextTitle = title ?? earlierTitle
    // Only what changes is counted again, because a draft changes often.
    const grown =
      bytesOfAll(added) -
      bytesOfAll(messages.slice(keep)) +
      growth(earlierDraft, nextDraft) +
      growth(earlierTitle, nextTitle)
    this.#reserve(id, bytes + grown)
    messages.length = Math.min(messages.length, keep)
    for (const json of added) messages.push(json)
    return this.#put(id, { messages, draft: nextDraft, title: nextTitle, bytes: bytes + grown })
  }

  clear(id: string): Promise<void> {
    if (this.#find(id) !== undefined || this.#locks.isHeld(id)) {
      this.#put(id, emptyEntry(id))
    }
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

  list({ limit: most = 50, before, prefix = '' }: ListOptions = {}): Promise<ConversationPage> {
    const now = performance.now()
    const found: [id: string, entry: Entry][] = []
    for (const [id, entry] of this.#entries) {
      const isEmpty = entry.messages.length === 0 && entry.draft === undefined
      const isAfter = before !== undefined && entry.change >= Number(before)
      if (isEmpty || isAfter || entry.expiresAt <= now || !id.startsWith(prefix)) continue
      found.push([id, entry])
    }
    found.sort(([, one], [, other]) => other.change - one.change)
    const page = found.slice(0, most)
    const last = page.at(-1)?.[1]
    return Promise.resolve({
      conversations: page.map(([id, { title, updatedAt, messages }]) => ({
        id,
        ...(title !== undefined && { title }),
        updatedAt,
        messageCount: messages.length,
      })),
      ...(last !== undefined && found.length > most && { next: String(last.change) }),
    })
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

  /** @throws StreamError `store` if there is no room for a conversation of this size */
  #reserve(id: string, bytes: number): void {
    const { maxBytes } = this.#settings
    const needed = this.#bytes - (this.#entries.get(id)?.bytes ?? 0) + bytes
    if (this.#makeRoom(needed - maxBytes, id) <= 0) return
    throw new StreamError(
      'store',
      `The memory store has no room for conversation "${id}": its ${bytes} bytes and the conversations with a running turn exceed memoryStore.maxBytes (${maxBytes}).`,
    )
  }

  #put(id: string, content: Content): string {
    const version = crypto.randomUUID()
    this.#bytes += content.bytes - (this.#entries.get(id)?.bytes ?? 0)
    const times = { change: ++this.#changes, updatedAt: Date.now(), expiresAt: 0 }
    this.#set(id, { ...content, version, ...times })
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

function emptyEntry(id: string): Content {
  const bytes = entryBytes + bytesOf(id)
  return { messages: [], draft: undefined, title: undefined, bytes }
}

function growth(before: string | undefined, after: string | undefined): number {
  if (before === after) return 0
  const size = (text: string | undefined): number => (text === undefined ? 0 : bytesOf(text))
  return size(after) - size(before)
}
