/**
 * An index of what is in Redis, by time and by name.
 *
 * @module
 */

import type { RedisConnection } from './connection.js'
import { forgetScript, namedScript, newestScript, touchScript } from './index-scripts.js'

/** An id in an index. */
export interface Indexed {
  id: string
  /** The time of its last change, in microseconds since 1970. No two ids have the same. */
  at: number
  /** Whether what it names is gone for good if it is not there now. */
  isSettled: boolean
}

/** The number of ids that a script returns, so that none takes long. */
const pageLength = 500

/**
 * The time for which an id may be in the index before what it names is there, in microseconds: longer
 * than any command waits.
 */
const settledUs = 60_000_000

/**
 * In a cluster, an index is on another server than what it lists, so both are never changed at
 * once. What is new is indexed first, and what the index has in vain is forgotten where it is read.
 * So a crash between the two loses nothing from a list.
 */
export class RedisIndex {
  readonly #connection: RedisConnection
  readonly #keys: readonly [times: string, names: string, looks: string]

  /** @param name - the beginning of its keys, with a hash tag */
  constructor(connection: RedisConnection, name: string) {
    this.#connection = connection
    this.#keys = [`${name}:times`, `${name}:names`, `${name}:looks`]
  }

  /**
   * Adds an id, or moves it to the front.
   *
   * @param lookInMs - when to look whether what it names is gone; '' for never
   * @returns ids of which this is to be looked at now, so that an index that nobody reads does not
   *   grow for ever
   */
  async touch(id: string, lookInMs: string): Promise<Indexed[]> {
    const due = await this.#connection.run(touchScript, this.#keys, [id, lookInMs])
    return indexedOf('Infinity', due)
  }

  /** Removes an id, unless it has changed since it was read. */
  async forget({ id, at }: Pick<Indexed, 'id' | 'at'>): Promise<void> {
    const time = at === Infinity ? '' : String(at)
    await this.#connection.run(forgetScript, this.#keys, [id, time])
  }

  /** The ids before a time, the newest one first. */
  async newest(before: number, count: number): Promise<Indexed[]> {
    const limit = before === Infinity ? '+inf' : String(before)
    const most = String(Math.min(count, pageLength))
    return pageOf(await this.#connection.run(newestScript, [this.#keys[0]], [limit, most]))
  }

  /** All ids that begin with a prefix and come before a time, the newest one first. */
  async named(prefix: string, before: number): Promise<Indexed[]> {
    const found: Indexed[] = []
    let after = ''
    for (;;) {
      const args = [prefix, after, String(pageLength)]
      const page = pageOf(await this.#connection.run(namedScript, this.#keys, args))
      for (const each of page) if (each.at < before) found.push(each)
      const last = page.at(-1)
      if (last === undefined || page.length < pageLength) break
      after = last.id
    }
    return found.toSorted((one, other) => other.at - one.at)
  }
}

function pageOf(reply: unknown): Indexed[] {
  const [now, list] = reply as [now: string, list: unknown]
  return indexedOf(now, list)
}

function indexedOf(now: string, reply: unknown): Indexed[] {
  const list = reply as string[]
  const found: Indexed[] = []
  for (let index = 0; index < list.length; index += 2) {
    const at = Number(list[index + 1])
    found.push({ id: list[index] as string, at, isSettled: Number(now) - at > settledUs })
  }
  return found
}
