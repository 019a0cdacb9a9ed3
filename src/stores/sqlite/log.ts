/**
 * Keeps streams of events in SQLite.
 *
 * @module
 */

import { checkId, checkOptions, limit, type Rules } from '../../base/check-options.js'
import type {
  Claim,
  Lease,
  LeaseState,
  LogBatch,
  LogListener,
  LogPage,
  StreamLog,
} from '../../resumable/log.js'
import { connectionOf, type SqliteConnection } from './connection.js'
import type { SqliteDatabase, SqliteValue } from './database.js'
import { type Watch, watchOf } from './watch.js'

/** Options of `sqliteLog()`. */
export interface SqliteLogOptions {
  /**
   * The time for which a stream is kept after its end or its last renewal, in milliseconds;
   * `Infinity` for no limit.
   * @default 600_000
   */
  ttlMs?: number
  /**
   * The limit for a file that is busy because of other connections, in milliseconds. After that, the
   * call fails with code `store`.
   * @default 5_000
   */
  busyTimeoutMs?: number
}

const rules: Rules<SqliteLogOptions> = { ttlMs: limit, busyTimeoutMs: limit }

/** The number of appends that are read at once. */
const pageLength = 256

/** The number of expired streams that a new one deletes, so that none takes long to create. */
const sweepLength = 5

/**
 * Keeps streams of events in a SQLite file, so that any process on the same machine can follow,
 * stop and continue them. Survives the end of a process, but the last events may be lost when the
 * machine loses power. Tested with `node:sqlite`, `better-sqlite3` and `bun:sqlite`.
 *
 * @param database - an open handle; it stays yours
 * @throws TypeError for an invalid option, or an unsupported handle
 */
export function sqliteLog(database: SqliteDatabase, options: SqliteLogOptions = {}): StreamLog {
  checkOptions('', options, rules)
  const { ttlMs = 600_000, busyTimeoutMs = 5_000 } = options
  return new SqliteLog(connectionOf(database), { ttlMs, busyTimeoutMs })
}

interface StreamRow {
  key: number
  fence: string
  leased: number
  last: number
  before: number
  revivals: number
  stopping: number
  ended: number
}

interface EntryRow {
  first: number
  lines: string
}

class SqliteLog implements StreamLog {
  readonly #connection: SqliteConnection
  readonly #settings: Required<SqliteLogOptions>
  readonly #watch: Watch

  constructor(connection: SqliteConnection, settings: Required<SqliteLogOptions>) {
    this.#connection = connection
    this.#settings = settings
    this.#watch = watchOf(connection)
  }

  create(id: string, { fence, leaseMs }: Lease): Promise<boolean> {
    return this.#write(id, (stream) => {
      if (stream !== undefined) return stream.fence === fence
      const now = Date.now()
      const expired = 'SELECT key FROM sluice_streams WHERE expires <= ? LIMIT ?'
      this.#run('DELETE FROM sluice_streams WHERE id = ?', id)
      this.#run(`DELETE FROM sluice_streams WHERE key IN (${expired})`, now, sweepLength)
      this.#run(
        'INSERT INTO sluice_streams (id, fence, leased, expires) VALUES (?, ?, ?, ?)',
        id,
        fence,
        now + leaseMs,
        this.#expiry(leaseMs),
      )
      return true
    })
  }

  append(id: string, { fence, leaseMs }: Lease, batch: LogBatch): Promise<LeaseState> {
    return this.#write(id, (stream) => {
      if (stream === undefined || stream.fence !== fence) return 'lost'
      const { last, before } = stream
      if (last >= batch.first + batch.events.length - 1) {
        return batch.first > before ? stateOf(stream) : 'lost'
      }
      if (!isHeld(stream) || last !== batch.first - 1) return 'lost'
      this.#add(stream, batch, batch.ended ? 'end' : 'events', leaseMs)
      return stateOf(stream)
    })
  }

  renew(id: string, { fence, leaseMs }: Lease): Promise<LeaseState> {
    return this.#write(id, (stream) => {
      if (stream === undefined || stream.fence !== fence || !isHeld(stream)) return 'lost'
      this.#lease(stream, leaseMs)
      return stateOf(stream)
    })
  }

  claim(id: string, { fence, leaseMs }: Lease): Promise<Claim | null> {
    return this.#write(id, (stream) => {
      if (stream === undefined || stream.ended) return null
      const { key, last } = stream
      let { revivals } = stream
      if (stream.fence !== fence) {
        if (isHeld(stream)) return null
        revivals++
        this.#run(
          'UPDATE sluice_streams SET fence = ?, before = ?, revivals = ? WHERE key = ?',
          fence,
          last,
          revivals,
          key,
        )
      }
      this.#lease(stream, leaseMs)
      return { revivals }
    })
  }

  release(id: string, { fence }: Lease): Promise<void> {
    return this.#write(id, (stream) => {
      if (stream === undefined || stream.fence !== fence || stream.ended) return
      this.#lease(stream, 0)
      this.#run(`INSERT INTO sluice_entries (stream, kind) VALUES (?, 'release')`, stream.key)
    })
  }

  async read(id: string, after: number): Promise<LogPage | null> {
    checkId(id)
    return this.#connection.run('read', this.#settings.busyTimeoutMs, () => {
      const stream = this.#find(id)
      if (stream === undefined) return null
      const rows = this.#connection
        .sql(
          `SELECT first, lines FROM sluice_entries WHERE stream = ? AND last > ?
           ORDER BY last LIMIT ?`,
        )
        .all(stream.key, after, pageLength) as EntryRow[]
      const events = rows.flatMap(({ first, lines }) => {
        const each = lines.split('\n')
        return first > after ? each : each.slice(after + 1 - first)
      })
      const leaseLeftMs = isHeld(stream) ? stream.leased - Date.now() : 0
      return { events, last: stream.last, ended: stream.ended === 1, leaseLeftMs }
    })
  }

  seal(id: string, batch: LogBatch): Promise<void> {
    return this.#write(id, (stream) => {
      if (stream === undefined || stream.ended || isHeld(stream)) return
      if (stream.last !== batch.first - 1) return
      // Without its fence, nothing can be appended.
      this.#run(`UPDATE sluice_streams SET fence = '' WHERE key = ?`, stream.key)
      this.#add(stream, batch, 'end', 0)
    })
  }

  async abandoned(most: number): Promise<string[]> {
    const rows = await this.#connection.run('read', this.#settings.busyTimeoutMs, () =>
      this.#connection
        .sql(
          `SELECT id FROM sluice_streams
           WHERE ended = 0 AND leased <= ? AND (expires IS NULL OR expires > ?) LIMIT ?`,
        )
        .all(Date.now(), Date.now(), most),
    )
    return (rows as { id: string }[]).map(({ id }) => id)
  }

  stop(id: string): Promise<boolean> {
    return this.#write(id, (stream) => {
      if (stream === undefined || stream.ended) return false
      this.#run('UPDATE sluice_streams SET stopping = 1 WHERE key = ?', stream.key)
      this.#run(`INSERT INTO sluice_entries (stream, kind) VALUES (?, 'stop')`, stream.key)
      return true
    })
  }

  async subscribe(id: string, listener: LogListener): Promise<() => void> {
    checkId(id)
    const entries = {
      kinds: ['events', 'end', 'release'],
      entry(kind: string, first: number, lines: string): void {
        if (kind === 'release') return listener.missed()
        listener.appended({ first, events: lines.split('\n'), ended: kind === 'end' })
      },
      missed: () => listener.missed(),
    }
    return this.#watch.subscribe(id, entries, this.#settings.busyTimeoutMs)
  }

  async onStop(id: string, callback: () => void): Promise<() => void> {
    checkId(id)
    const entries = { kinds: ['stop'], entry: callback, missed() {} }
    return this.#watch.subscribe(id, entries, this.#settings.busyTimeoutMs)
  }

  async #write<Result>(
    id: string,
    work: (stream: StreamRow | undefined) => Result,
  ): Promise<Result> {
    checkId(id)
    const { busyTimeoutMs } = this.#settings
    return this.#connection.run('write', busyTimeoutMs, () => work(this.#find(id)))
  }

  #find(id: string): StreamRow | undefined {
    const row = this.#connection
      .sql(
        `SELECT key, fence, leased, last, before, revivals, stopping, ended FROM sluice_streams
         WHERE id = ? AND (expires IS NULL OR expires > ?)`,
      )
      .get(id, Date.now())
    return (row ?? undefined) as StreamRow | undefined
  }

  #add(stream: StreamRow, { first, events, ended }: LogBatch, kind: string, leaseMs: number): void {
    const last = first + events.length - 1
    this.#run(
      'INSERT INTO sluice_entries (stream, kind, first, last, lines) VALUES (?, ?, ?, ?, ?)',
      stream.key,
      kind,
      first,
      last,
      // JSON has no raw line breaks.
      events.join('\n'),
    )
    this.#run(
      'UPDATE sluice_streams SET last = ?, leased = ?, expires = ? WHERE key = ?',
      last,
      ended ? 0 : Date.now() + leaseMs,
      this.#expiry(ended ? 0 : leaseMs),
      stream.key,
    )
    // Separately, because it has an index.
    if (ended) this.#run('UPDATE sluice_streams SET ended = 1 WHERE key = ?', stream.key)
  }

  #lease({ key }: StreamRow, leaseMs: number): void {
    this.#run(
      'UPDATE sluice_streams SET leased = ?, expires = ? WHERE key = ?',
      Date.now() + leaseMs,
      this.#expiry(leaseMs),
      key,
    )
  }

  #run(sql: string, ...values: SqliteValue[]): void {
    this.#connection.sql(sql).run(...values)
  }

  /** A stream is never deleted while its lease is held. */
  #expiry(leaseMs: number): number | null {
    const { ttlMs } = this.#settings
    return ttlMs === Infinity ? null : Date.now() + Math.max(ttlMs, leaseMs)
  }
}

function isHeld({ ended, leased }: StreamRow): boolean {
  return ended === 0 && leased > Date.now()
}

function stateOf({ stopping }: StreamRow): LeaseState {
  return stopping === 1 ? 'stopping' : 'held'
}
