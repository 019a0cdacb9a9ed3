/**
 * The list of conversations in Redis.
 *
 * @module
 */

import type {
  ConversationPage,
  ConversationSummary,
  ListOptions,
} from '../../conversation/store.js'
import type { RedisConnection } from './connection.js'
import { type Indexed, RedisIndex } from './index-set.js'
import { indexName } from './keys.js'
import { summaryScript } from './store-scripts.js'

export interface RedisListSettings {
  connection: RedisConnection
  prefix: string
  ttlMs: number
  /** The key of a conversation. */
  keyOf(id: string): string
}

/** The number of conversations that are read at once. */
const readLength = 100

/** The time after the end of a conversation at which somebody looks, in milliseconds. */
const lateMs = 3_600_000

export class RedisList {
  readonly #settings: RedisListSettings
  readonly #index: RedisIndex

  constructor(settings: RedisListSettings) {
    this.#settings = settings
    this.#index = new RedisIndex(settings.connection, indexName(settings.prefix))
  }

  /**
   * Puts a conversation in front of all others.
   *
   * @param keptMs - how long the conversation is kept, in milliseconds
   */
  async touch(id: string, keptMs: number = this.#settings.ttlMs): Promise<void> {
    const due = await this.#index.touch(
      id,
      keptMs === Infinity ? '' : String(Math.ceil(keptMs + lateMs)),
    )
    // Nobody waits for this, and another one will look if it fails.
    if (due.length > 0) this.#summaries(due).catch(() => {})
  }

  async read({ limit = 50, before, prefix = '' }: ListOptions): Promise<ConversationPage> {
    const listed: [summary: ConversationSummary, at: number][] = []
    let last = before === undefined ? Infinity : Number(before)
    // With a prefix, all of them are known from the start.
    const named = prefix === '' ? undefined : await this.#index.named(prefix, last)
    while (listed.length <= limit) {
      const count = Math.min(limit + 1 - listed.length, readLength)
      const found = named?.splice(0, count) ?? (await this.#index.newest(last, count))
      if (found.length === 0) break
      last = found.at(-1)?.at ?? last
      for (const [index, summary] of (await this.#summaries(found)).entries()) {
        if (summary !== undefined) listed.push([summary, found[index]?.at ?? 0])
      }
    }
    const page = listed.slice(0, limit)
    const end = page.at(-1)?.[1]
    return {
      conversations: page.map(([summary]) => summary),
      ...(end !== undefined && listed.length > limit && { next: String(end) }),
    }
  }

  /** Those that have something; what is gone for good is forgotten. */
  #summaries(found: readonly Indexed[]): Promise<(ConversationSummary | undefined)[]> {
    return Promise.all(found.map((each) => this.#summary(each)))
  }

  async #summary(indexed: Indexed): Promise<ConversationSummary | undefined> {
    const { connection, keyOf } = this.#settings
    const { id, at, isSettled } = indexed
    const reply = await connection.run(summaryScript, [keyOf(id)], [])
    if (reply === null) {
      if (isSettled) await this.#index.forget(indexed)
      return undefined
    }
    const [head, messageCount, hasDraft] = reply as [string, number, number]
    if (messageCount === 0 && hasDraft === 0) return undefined
    const { title } = headOf(head)
    const updatedAt = Math.floor(at / 1_000)
    return { id, ...(title !== undefined && { title }), updatedAt, messageCount }
  }
}

/** The version of a conversation, and its title. */
export function headOf(head: string): { version: string; title?: string } {
  const end = head.indexOf(' ')
  if (end === -1) return { version: head }
  return { version: head.slice(0, end), title: head.slice(end + 1) }
}
