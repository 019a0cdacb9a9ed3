/**
 * Locks in Postgres, in the order of arrival.
 *
 * @module
 */

import { StreamError } from '../../base/errors.js'
import type { ConversationLock, LockOptions } from '../../conversation/store.js'
import { abortError } from '../../pull/abort.js'
import { pause } from '../pause.js'
import type { OpenPool } from './options.js'
import { postgresError } from './pool.js'
import { after, channelName } from './sql.js'

/**
 * The time after which a waiting caller reports that it is still there, in milliseconds. It also
 * finds out then whether those before it are.
 */
const reportMs = 1_000

/** A caller that has not reported for this long is gone, in milliseconds. */
const silentMs = 4_000

export interface PostgresLocksSettings extends OpenPool {
  /** The time for which a lock keeps its conversation, in milliseconds; null for no limit. */
  keepMs: number | null
}

export class PostgresLocks {
  readonly #settings: PostgresLocksSettings
  readonly #locks: string
  readonly #waiting: string
  readonly #conversations: string
  /** The waits of this process, by token. */
  readonly #waits = new Map<string, AbortController>()
  #stopListening: (() => void) | undefined

  constructor(settings: PostgresLocksSettings) {
    this.#settings = settings
    const { prefix } = settings.connection
    this.#locks = `${prefix}locks`
    this.#waiting = `${prefix}waiting`
    this.#conversations = `${prefix}conversations`
  }

  async acquire(id: string, options: LockOptions): Promise<ConversationLock> {
    const { signal } = options
    const token = crypto.randomUUID()
    if (signal?.aborted) throw abortError(signal.reason)
    try {
      await this.#acquire(id, token, options)
    } catch (error) {
      if (postgresError(error).code !== 'conflict') {
        // If this fails, too, the lease runs out.
        const released = this.#release(id, token).catch(() => {})
        if (signal?.aborted) await released
      }
      throw error
    }
    return {
      renew: () => this.#renew(id, token, options.ttlMs),
      release: () => this.#release(id, token),
    }
  }

  async #acquire(
    id: string,
    token: string,
    { ttlMs, wait = true, signal }: LockOptions,
  ): Promise<void> {
    let isListening = false
    try {
      for (;;) {
        // Before it looks, so that no notification is missed.
        const woken = new AbortController()
        const wake = (): void => woken.abort()
        if (wait) this.#waits.set(token, woken)
        signal?.addEventListener('abort', wake)
        try {
          const { isTaken, before, leftMs } = await this.#take(id, token, ttlMs, wait)
          if (signal?.aborted) throw abortError(signal.reason)
          if (isTaken) return
          if (!wait) {
            throw new StreamError('conflict', `Another turn of conversation "${id}" is running.`)
          }
          if (isListening) {
            await pause(this.#pauseMs(before, leftMs), woken.signal)
            if (signal?.aborted) throw abortError(signal.reason)
          }
          // A notification may have come before anybody listened, so it looks again at once.
          this.#listen()
          isListening = true
        } finally {
          signal?.removeEventListener('abort', wake)
        }
      }
    } finally {
      this.#waits.delete(token)
      if (this.#waits.size === 0) {
        this.#stopListening?.()
        this.#stopListening = undefined
      }
    }
  }

  #pauseMs(before: number, leftMs: number): number {
    const { notifications, pollMs } = this.#settings
    const isFirst = before === 0
    // The first in line takes an expired lock by itself, unless it has just failed to.
    const leaseMs = isFirst && leftMs > 0 ? leftMs + 1 : reportMs
    if (notifications?.isListening) return Math.min(reportMs, leaseMs)
    const place = Math.min(before + 1, 10)
    return Math.min(pollMs * place * (0.5 + Math.random() / 2), reportMs, leaseMs)
  }

  /** Receives the tokens of those whose turn it is, while anybody waits. */
  #listen(): void {
    const { notifications, connection, onListenError } = this.#settings
    const wakeAll = (): void => {
      for (const wait of this.#waits.values()) wait.abort()
    }
    this.#stopListening ??= notifications?.add(connection.prefix, {
      note: (payload) => {
        if (payload.startsWith('next ')) this.#waits.get(payload.slice(5))?.abort()
      },
      // They may have missed their turn, or poll from now on.
      changed: wakeAll,
      failed: onListenError,
    })
  }

  /** Takes the lock, or enters the queue or stays in it. */
  async #take(
    id: string,
    token: string,
    ttlMs: number,
    wait: boolean,
  ): Promise<{ isTaken: boolean; before: number; leftMs: number }> {
    const { connection, keepMs } = this.#settings
    const isThere = `seen > clock_timestamp() - ${silentMs} * interval '1 millisecond'`
    const [row] = await connection.run(
      `WITH gone AS (
         DELETE FROM ${this.#waiting} WHERE place IN (
           SELECT place FROM ${this.#waiting}
           WHERE id = $1::text AND token <> $2::text AND NOT ${isThere} FOR UPDATE SKIP LOCKED)
       ), taken AS (
         INSERT INTO ${this.#locks} AS l (id, token, expires)
         SELECT $1::text, $2::text, ${after('$3')} WHERE NOT EXISTS (
           SELECT 1 FROM ${this.#waiting}
           WHERE id = $1::text AND token <> $2::text AND ${isThere} AND place < coalesce(
             (SELECT place FROM ${this.#waiting} WHERE token = $2::text), ${2 ** 53}))
           -- An earlier call whose answer was lost took it, and left the queue.
           OR EXISTS (SELECT 1 FROM ${this.#locks}
             WHERE id = $1::text AND token = $2::text AND expires > clock_timestamp())
         ON CONFLICT (id) DO UPDATE SET token = excluded.token, expires = ${after('$3')}
         WHERE l.expires <= clock_timestamp() OR l.token = $2::text
         RETURNING id
       ), own AS (
         INSERT INTO ${this.#waiting} (id, token, seen)
         SELECT $1::text, $2::text, clock_timestamp()
         WHERE $5::boolean AND NOT EXISTS (SELECT 1 FROM taken)
         ON CONFLICT (token) DO UPDATE SET seen = clock_timestamp() RETURNING place
       ), left_queue AS (
         DELETE FROM ${this.#waiting} WHERE token = $2::text AND EXISTS (SELECT 1 FROM taken)
       ), kept AS (
         UPDATE ${this.#conversations} SET expires = greatest(expires, ${after('$4')})
         WHERE id IN (SELECT id FROM taken) AND $4::float8 IS NOT NULL
           AND expires > clock_timestamp()
       )
       SELECT (SELECT count(*) FROM taken) AS taken,
         (SELECT count(*) FROM ${this.#waiting} w, own
           WHERE w.id = $1::text AND w.place < own.place AND w.${isThere}) AS before,
         (SELECT extract(epoch FROM expires - clock_timestamp()) * 1000 FROM ${this.#locks}
           WHERE id = $1::text) AS left`,
      [id, token, ttlMs, keepMs, wait],
    )
    return {
      isTaken: Number(row?.taken) === 1,
      before: Number(row?.before ?? 0),
      leftMs: Number(row?.left ?? 0),
    }
  }

  async #renew(id: string, token: string, ttlMs: number): Promise<void> {
    const { connection, keepMs } = this.#settings
    const rows = await connection.run(
      `WITH taken AS (
         INSERT INTO ${this.#locks} AS l (id, token, expires)
         VALUES ($1::text, $2::text, ${after('$3')})
         ON CONFLICT (id) DO UPDATE SET token = excluded.token, expires = ${after('$3')}
         WHERE l.expires <= clock_timestamp() OR l.token = $2::text
         RETURNING id
       ), kept AS (
         UPDATE ${this.#conversations} SET expires = greatest(expires, ${after('$4')})
         WHERE id IN (SELECT id FROM taken) AND $4::float8 IS NOT NULL
           AND expires > clock_timestamp()
       )
       SELECT id FROM taken`,
      [id, token, ttlMs, keepMs],
    )
    if (rows.length > 0) return
    const message = `The lock of conversation "${id}" ran out, and another turn took it.`
    throw new StreamError('conflict', message)
  }

  /** Releases the lock or leaves the queue, and wakes the next. */
  async #release(id: string, token: string): Promise<void> {
    const { connection } = this.#settings
    await connection.run(
      `WITH released AS (
         DELETE FROM ${this.#locks} WHERE id = $1::text AND token = $2::text
       )
       DELETE FROM ${this.#waiting} WHERE token = $2::text`,
      [id, token],
    )
    // A statement of its own, which sees everybody who found the lock held.
    await connection.run(
      `SELECT pg_notify('${channelName}', '${connection.prefix} next ' || token) FROM (
         SELECT token FROM ${this.#waiting} WHERE id = $1::text
           AND seen > clock_timestamp() - ${silentMs} * interval '1 millisecond'
         ORDER BY place LIMIT 1) AS next`,
      [id],
    )
  }
}
