/**
 * The streams in Redis that have not ended.
 *
 * @module
 */

import type { RedisConnection } from './connection.js'
import { type Indexed, RedisIndex } from './index-set.js'
import { indexName } from './keys.js'
import { conditionScript } from './log-scripts.js'

export interface RunningStreamsSettings {
  connection: RedisConnection
  prefix: string
  /** The keys of a stream. */
  keysOf(id: string): [log: string, state: string]
}

/** The number of streams that are looked at at once. */
const readLength = 100

/** What a script says of a stream. */
const [none, ended, abandoned] = [0, 1, 3]

/** The time after which somebody looks whether a stream is gone, in milliseconds. */
const lookInMs = '3600000'

export class RunningStreams {
  readonly #settings: RunningStreamsSettings
  readonly #index: RedisIndex

  constructor(settings: RunningStreamsSettings) {
    this.#settings = settings
    this.#index = new RedisIndex(settings.connection, indexName(settings.prefix))
  }

  async add(id: string): Promise<void> {
    const due = await this.#index.touch(id, lookInMs)
    // Nobody waits for this, and another one will look if it fails.
    if (due.length > 0) Promise.all(due.map((each) => this.#isAbandoned(each))).catch(() => {})
  }

  /** Never rejects: what is left is removed where it is found. */
  async remove(id: string): Promise<void> {
    await this.#index.forget({ id, at: Infinity }).catch(() => {})
  }

  /** The streams that nobody holds. Costs a small command for each stream that runs. */
  async abandoned(limit: number): Promise<string[]> {
    const found: string[] = []
    let before = Infinity
    while (found.length < limit) {
      const page = await this.#index.newest(before, readLength)
      if (page.length === 0) break
      before = page.at(-1)?.at ?? before
      const areAbandoned = await Promise.all(page.map((each) => this.#isAbandoned(each)))
      found.push(...page.flatMap(({ id }, index) => (areAbandoned[index] ? [id] : [])))
    }
    return found.slice(0, limit)
  }

  async #isAbandoned(indexed: Indexed): Promise<boolean> {
    const { connection, keysOf } = this.#settings
    const state = await connection.run(conditionScript, keysOf(indexed.id), [])
    if (state === ended || (state === none && indexed.isSettled)) await this.#index.forget(indexed)
    return state === abandoned
  }
}
