/**
 * Locks in SQLite, in the order of arrival.
 *
 * @module
 */

import { StreamError } from '../../base/errors.js'
import type { ConversationLock, LockOptions } from '../../conversation/store.js'
import { abortError } from '../../pull/abort.js'
import { pause } from '../pause.js'
import type { SqliteConnection } from './connection.js'
import type { SqliteValue } from './database.js'
import { sqliteError } from './database.js'

/**
 * The wait between two looks of a waiting caller, in milliseconds for each place in the queue, up to
 * ten times as much. A look reads and writes nothing.
 */
const pollMs = 20

/** The time after which a waiting caller reports that it is still there, in milliseconds. */
const reportMs = 1_000

/** A caller that has not reported for this long is gone, in milliseconds. */
const silentMs = 3_000

export interface SqliteLocksSettings {
  connection: SqliteConnection
  busyTimeoutMs: number
  /** Called in the transaction that takes or renews a lock. */
  onHeld(id: string): void
}

export class SqliteLocks {
  readonly #settings: SqliteLocksSettings

  constructor(settings: SqliteLocksSettings) {
    this.#settings = settings
  }

  /** Called in a transaction. */
  isHeld(id: string): boolean {
    return this.#holder(id) !== undefined
  }

  async acquire(id: string, options: LockOptions): Promise<ConversationLock> {
    const { ttlMs, wait = true, signal } = options
    const token = crypto.randomUUID()
    if (signal?.aborted) throw abortError(signal.reason)
    try {
      let reportedAt = -Infinity
      for (;;) {
        if (performance.now() - reportedAt >= reportMs || (await this.#isFree(id, token))) {
          const isTaken = await this.#write(() => this.#take(id, token, ttlMs, wait))
          reportedAt = performance.now()
          if (signal?.aborted) throw abortError(signal.reason)
          if (isTaken) break
          if (!wait) {
            throw new StreamError('conflict', `Another turn of conversation "${id}" is running.`)
          }
        }
        const place = await this.#read(() => this.#place(id, token))
        await pause(pollMs * Math.min(place, 10) * (0.5 + Math.random() / 2), signal)
        if (signal?.aborted) throw abortError(signal.reason)
      }
    } catch (error) {
      const { code } = sqliteError(error)
      // If this fails, too, the lease runs out.
      if (code !== 'conflict') await this.#release(token).catch(() => {})
      throw error
    }
    return {
      renew: () => this.#write(() => this.#renew(id, token, ttlMs)),
      release: () => this.#release(token),
    }
  }

  /** @returns whether the caller has the lock now; otherwise it waits */
  #take(id: string, token: string, ttlMs: number, wait: boolean): boolean {
    if (this.#holder(id) === undefined && (this.#first(id) ?? token) === token) {
      this.#hold(id, token, ttlMs)
      this.#run('DELETE FROM sluice_waiting WHERE token = ?', token)
      return true
    }
    if (!wait) return false
    const now = Date.now()
    this.#run('DELETE FROM sluice_waiting WHERE id = ? AND seen < ?', id, now - silentMs)
    this.#run(
      `INSERT INTO sluice_waiting (id, token, seen) VALUES (?, ?, ?)
       ON CONFLICT (token) DO UPDATE SET seen = excluded.seen`,
      id,
      token,
      now,
    )
    return false
  }

  #renew(id: string, token: string, ttlMs: number): void {
    if ((this.#holder(id) ?? token) !== token) {
      const message = `The lock of conversation "${id}" ran out, and another turn took it.`
      throw new StreamError('conflict', message)
    }
    this.#hold(id, token, ttlMs)
  }

  #release(token: string): Promise<void> {
    return this.#write(() => {
      this.#run('DELETE FROM sluice_locks WHERE token = ?', token)
      this.#run('DELETE FROM sluice_waiting WHERE token = ?', token)
    })
  }

  #hold(id: string, token: string, ttlMs: number): void {
    this.#run(
      `INSERT INTO sluice_locks (id, token, expires) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET token = excluded.token, expires = excluded.expires`,
      id,
      token,
      Date.now() + ttlMs,
    )
    this.#settings.onHeld(id)
  }

  #isFree(id: string, token: string): Promise<boolean> {
    return this.#read(() => this.#holder(id) === undefined && this.#first(id) === token)
  }

  /** The token of the holder. */
  #holder(id: string): string | undefined {
    const sql = 'SELECT token FROM sluice_locks WHERE id = ? AND expires > ?'
    return this.#token(sql, id, Date.now())
  }

  /** The token of the caller that has waited for the longest time. */
  #first(id: string): string | undefined {
    const sql = 'SELECT token FROM sluice_waiting WHERE id = ? AND seen >= ? ORDER BY place LIMIT 1'
    return this.#token(sql, id, Date.now() - silentMs)
  }

  #token(sql: string, ...values: SqliteValue[]): string | undefined {
    const row = this.#settings.connection.sql(sql).get(...values)
    return (row as { token: string } | undefined | null)?.token
  }

  /** The place in the queue, from 1. */
  #place(id: string, token: string): number {
    const own = 'SELECT place FROM sluice_waiting WHERE token = ?'
    const row = this.#settings.connection
      .sql(`SELECT count(*) AS before FROM sluice_waiting WHERE id = ? AND place < (${own})`)
      .get(id, token)
    return (row as { before: number }).before + 1
  }

  #run(sql: string, ...values: SqliteValue[]): void {
    this.#settings.connection.sql(sql).run(...values)
  }

  #read<Result>(work: () => Result): Promise<Result> {
    const { connection, busyTimeoutMs } = this.#settings
    return connection.run('read', busyTimeoutMs, work)
  }

  #write<Result>(work: () => Result): Promise<Result> {
    const { connection, busyTimeoutMs } = this.#settings
    return connection.run('write', busyTimeoutMs, work)
  }
}
