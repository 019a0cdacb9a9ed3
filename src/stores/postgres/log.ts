/**
 * Keeps streams of events in Postgres.
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
import { type Connection, checkStorable, type Row } from './connection.js'
import { openPool, type PostgresOptions, postgresRules } from './options.js'
import type { PostgresPool } from './pool.js'
import { after, channelName } from './sql.js'
import { Watch } from './watch.js'

/** Options of `postgresLog()`. */
export interface PostgresLogOptions extends PostgresOptions {
  /**
   * The time for which a stream is kept after its end or its last renewal, in milliseconds;
   * `Infinity` for no limit.
   * @default 600_000
   */
  ttlMs?: number
}

const rules: Rules<PostgresLogOptions> = { ...postgresRules, ttlMs: limit }

/** The number of appends that are read at once. */
const pageLength = 256

/** The number of expired streams that a new one deletes, so that none takes long to create. */
const sweepLength = 5

/**
 * Keeps streams of events in Postgres, so that any process can follow, stop and continue them. An
 * event is as durable as any commit of the database. Creates its tables on first use.
 *
 * Followers are notified by LISTEN, on one connection of the pool for each process, which is open
 * while somebody follows or produces a stream. Everything else works behind a pooler in transaction
 * mode. Tested with `pg` 8 and Postgres 15.
 *
 * @param pool - a `Pool` of `pg`; it stays yours. Listen to its `error` event: without a listener,
 * Node ends the process when an idle connection breaks
 * @throws TypeError for an invalid option, or an unsupported pool
 * @example
 * ```ts
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL })
 * pool.on('error', (error) => console.error('Postgres:', error.message))
 * const log = postgresLog(pool)
 *
 * // Behind a pooler in transaction mode:
 * const direct = new Pool({ connectionString: process.env.DIRECT_DATABASE_URL, max: 2 })
 * direct.on('error', (error) => console.error('Postgres:', error.message))
 * const pooledLog = postgresLog(pool, { listen: direct })
 * ```
 */
export function postgresLog(pool: PostgresPool, options: PostgresLogOptions = {}): StreamLog {
  checkOptions('', options, rules)
  const { connection, notifications, pollMs, onListenError } = openPool(pool, options)
  const watch = new Watch({ connection, notifications, pollMs, onListenError })
  return new PostgresLog(connection, watch, options.ttlMs ?? 600_000)
}

class PostgresLog implements StreamLog {
  readonly #connection: Connection
  readonly #watch: Watch
  readonly #ttlMs: number
  readonly #streams: string
  readonly #entries: string

  constructor(connection: Connection, watch: Watch, ttlMs: number) {
    this.#connection = connection
    this.#watch = watch
    this.#ttlMs = ttlMs
    this.#streams = `${connection.prefix}streams`
    this.#entries = `${connection.prefix}entries`
  }

  async create(id: string, { fence, leaseMs }: Lease): Promise<boolean> {
    const values = [id, fence, leaseMs, this.#keepMs(leaseMs)]
    const created = await this.#run(
      id,
      `WITH old AS (
         SELECT key FROM ${this.#streams} WHERE id = $1::text AND expires <= clock_timestamp()
       ), swept AS (
         DELETE FROM ${this.#streams} WHERE key IN (
           SELECT key FROM ${this.#streams}
           WHERE sweep <= clock_timestamp() AND expires <= clock_timestamp() AND id <> $1::text
           ORDER BY sweep LIMIT ${sweepLength} FOR UPDATE SKIP LOCKED)
         RETURNING key
       ), emptied AS (
         DELETE FROM ${this.#entries}
         WHERE stream IN (SELECT key FROM old UNION ALL SELECT key FROM swept)
       )
       INSERT INTO ${this.#streams} AS s (id, fence, leased, expires, sweep)
       VALUES ($1::text, $2::text, ${after('$3')}, ${after('$4')}, ${sweepAfter('$4')})
       ON CONFLICT (id) DO UPDATE SET key = excluded.key, fence = excluded.fence,
         leased = excluded.leased, expires = excluded.expires, sweep = excluded.sweep,
         last = 0, before = 0, revivals = 0, stopping = false, ended = false
       WHERE s.expires <= clock_timestamp()
       RETURNING key`,
      values,
    )
    if (created.length > 0) return true
    return (await this.#state(id))?.fence === fence
  }

  async append(
    id: string,
    { fence, leaseMs }: Lease,
    { first, events, ended }: LogBatch,
  ): Promise<LeaseState> {
    const last = first + events.length - 1
    const [row] = await this.#run(
      id,
      `WITH stream AS (
         UPDATE ${this.#streams} SET last = $4::bigint, ended = $5::boolean,
           leased = ${after('$6')}, expires = ${after('$7')}, sweep = ${sweepAfter('$7')}
         WHERE id = $1::text AND fence = $2::text AND last = $3::bigint - 1 AND NOT ended
           AND leased > clock_timestamp() AND expires > clock_timestamp()
         RETURNING key, stopping
       ), entry AS (
         INSERT INTO ${this.#entries} (stream, first, last, ended, lines)
         SELECT key, $3::bigint, $4::bigint, $5::boolean, $8::text FROM stream
       )
       SELECT stopping::int AS stopping, ${this.#notify('events', '$3', '$4')} FROM stream`,
      // JSON has no raw line breaks.
      [
        id,
        fence,
        first,
        last,
        ended,
        ended ? 0 : leaseMs,
        this.#keepMs(ended ? 0 : leaseMs),
        events.join('\n'),
      ],
    )
    if (row !== undefined) return stateOf(row)
    const stream = await this.#state(id)
    const isRepeated =
      stream?.fence === fence && Number(stream.last) >= last && first > Number(stream.before)
    return isRepeated ? stateOf(stream) : 'lost'
  }

  async renew(id: string, { fence, leaseMs }: Lease): Promise<LeaseState> {
    const [row] = await this.#run(
      id,
      `UPDATE ${this.#streams} SET leased = ${after('$3')}, expires = ${after('$4')},
         sweep = ${sweepAfter('$4')}
       WHERE id = $1::text AND fence = $2::text AND NOT ended
         AND leased > clock_timestamp() AND expires > clock_timestamp()
       RETURNING stopping::int AS stopping`,
      [id, fence, leaseMs, this.#keepMs(leaseMs)],
    )
    return row === undefined ? 'lost' : stateOf(row)
  }

  async claim(id: string, { fence, leaseMs }: Lease): Promise<Claim | null> {
    const [row] = await this.#run(
      id,
      `UPDATE ${this.#streams} SET fence = $2::text,
         before = CASE WHEN fence = $2::text THEN before ELSE last END,
         revivals = CASE WHEN fence = $2::text THEN revivals ELSE revivals + 1 END,
         leased = ${after('$3')}, expires = ${after('$4')}, sweep = ${sweepAfter('$4')}
       WHERE id = $1::text AND NOT ended AND expires > clock_timestamp()
         AND (fence = $2::text OR leased <= clock_timestamp())
       RETURNING revivals`,
      [id, fence, leaseMs, this.#keepMs(leaseMs)],
    )
    return row === undefined ? null : { revivals: Number(row.revivals) }
  }

  async release(id: string, { fence }: Lease): Promise<void> {
    await this.#run(
      id,
      `WITH stream AS (
         UPDATE ${this.#streams} SET leased = clock_timestamp(), expires = ${after('$3')},
           sweep = ${sweepAfter('$3')}
         WHERE id = $1::text AND fence = $2::text AND NOT ended AND expires > clock_timestamp()
         RETURNING key
       )
       SELECT ${this.#notify('release', '0', '0')} FROM stream`,
      [id, fence, this.#keepMs(0)],
    )
  }

  async read(id: string, position: number): Promise<LogPage | null> {
    const rows = await this.#run(
      id,
      `SELECT s.last, s.ended::int AS ended, e.first, e.lines,
         CASE WHEN s.ended THEN 0 ELSE
           greatest(extract(epoch FROM s.leased - clock_timestamp()) * 1000, 0) END AS left
       FROM ${this.#streams} s LEFT JOIN LATERAL (
         SELECT first, last, lines FROM ${this.#entries} WHERE stream = s.key AND last > $2::bigint
         ORDER BY last LIMIT ${pageLength}) e ON true
       WHERE s.id = $1::text AND s.expires > clock_timestamp() ORDER BY e.last`,
      [id, position],
    )
    const [head] = rows
    if (head === undefined) return null
    const events = rows.flatMap(({ first, lines }) => {
      if (lines === null) return []
      const each = String(lines).split('\n')
      return Number(first) > position ? each : each.slice(position + 1 - Number(first))
    })
    const { last, ended, left } = head
    return { events, last: Number(last), ended: ended === 1, leaseLeftMs: Number(left) }
  }

  async seal(id: string, { first, events }: LogBatch): Promise<void> {
    await this.#run(
      id,
      // Without its fence, nothing can be appended.
      `WITH stream AS (
         UPDATE ${this.#streams} SET fence = '', last = $3::bigint, ended = true,
           leased = clock_timestamp(), expires = ${after('$4')}, sweep = ${sweepAfter('$4')}
         WHERE id = $1::text AND last = $2::bigint - 1 AND NOT ended
           AND leased <= clock_timestamp() AND expires > clock_timestamp()
         RETURNING key
       ), entry AS (
         INSERT INTO ${this.#entries} (stream, first, last, ended, lines)
         SELECT key, $2::bigint, $3::bigint, true, $5::text FROM stream
       )
       SELECT ${this.#notify('events', '$2', '$3')} FROM stream`,
      [id, first, first + events.length - 1, this.#keepMs(0), events.join('\n')],
    )
  }

  async abandoned(most: number): Promise<string[]> {
    const rows = await this.#connection.run(
      `SELECT id FROM ${this.#streams}
       WHERE NOT ended AND leased <= clock_timestamp() AND expires > clock_timestamp()
       ORDER BY key LIMIT $1::bigint`,
      [most],
    )
    return rows.map(({ id }) => String(id))
  }

  async stop(id: string): Promise<boolean> {
    const rows = await this.#run(
      id,
      `WITH stream AS (
         UPDATE ${this.#streams} SET stopping = true
         WHERE id = $1::text AND NOT ended AND expires > clock_timestamp() RETURNING key
       )
       SELECT ${this.#notify('stop', '0', '0')} FROM stream`,
      [id],
    )
    return rows.length > 0
  }

  async subscribe(id: string, listener: LogListener): Promise<() => void> {
    check(id)
    return this.#watch.subscribe(id, listener)
  }

  async onStop(id: string, callback: () => void): Promise<() => void> {
    check(id)
    return this.#watch.onStop(id, callback)
  }

  async #state(id: string): Promise<Row | undefined> {
    const [row] = await this.#run(
      id,
      `SELECT fence, last, before, stopping::int AS stopping FROM ${this.#streams}
       WHERE id = $1::text AND expires > clock_timestamp()`,
      [id],
    )
    return row
  }

  async #run(id: string, text: string, values: unknown[]): Promise<Row[]> {
    check(id)
    return this.#connection.run(text, values)
  }

  /** Sends the payload that `Watch` reads. Postgres delivers it after the commit. */
  #notify(kind: string, first: string, last: string): string {
    const head = `'${this.#connection.prefix} ${kind} ' || key`
    return `pg_notify('${channelName}', ${head} || ' ' || ${first}::bigint || ' ' || ${last}::bigint || ' ' || $1::text)`
  }

  /** A stream is never deleted while its lease is held. Null is no limit. */
  #keepMs(leaseMs: number): number | null {
    return this.#ttlMs === Infinity ? null : Math.max(this.#ttlMs, leaseMs)
  }
}

/** A later time, which changes once a minute. */
function sweepAfter(milliseconds: string): string {
  return `date_trunc('minute', ${after(milliseconds)}) + interval '1 minute'`
}

function check(id: string): void {
  checkId(id)
  checkStorable(id)
}

function stateOf({ stopping }: Row): LeaseState {
  return stopping === 1 ? 'stopping' : 'held'
}
