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
import { type LogStatements, logStatements } from './log-statements.js'
import { openPool, type PostgresOptions, postgresRules } from './options.js'
import type { PostgresPool } from './pool.js'
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
 * const direct = new Pool({ connectionString: process.env.DIRECT_DATABASE_URL, max: 1 })
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
  readonly #sql: LogStatements

  constructor(connection: Connection, watch: Watch, ttlMs: number) {
    this.#connection = connection
    this.#watch = watch
    this.#ttlMs = ttlMs
    this.#sql = logStatements(connection.prefix)
  }

  async create(id: string, { fence, leaseMs }: Lease): Promise<boolean> {
    const values = [id, fence, leaseMs, this.#keepMs(leaseMs)]
    const created = await this.#run(id, this.#sql.create, values)
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
      this.#sql.append,
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
    const [row] = await this.#run(id, this.#sql.renew, [id, fence, leaseMs, this.#keepMs(leaseMs)])
    return row === undefined ? 'lost' : stateOf(row)
  }

  async claim(id: string, { fence, leaseMs }: Lease): Promise<Claim | null> {
    const [row] = await this.#run(id, this.#sql.claim, [id, fence, leaseMs, this.#keepMs(leaseMs)])
    return row === undefined ? null : { revivals: Number(row.revivals) }
  }

  async release(id: string, { fence }: Lease): Promise<void> {
    await this.#run(id, this.#sql.release, [id, fence, this.#keepMs(0)])
  }

  async read(id: string, position: number): Promise<LogPage | null> {
    const rows = await this.#run(id, this.#sql.read, [id, position])
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
    await this.#run(id, this.#sql.seal, [
      id,
      first,
      first + events.length - 1,
      this.#keepMs(0),
      events.join('\n'),
    ])
  }

  async abandoned(most: number): Promise<string[]> {
    const rows = await this.#connection.run(this.#sql.abandoned, [most])
    return rows.map(({ id }) => String(id))
  }

  async stop(id: string): Promise<boolean> {
    const rows = await this.#run(id, this.#sql.stop, [id])
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
    const [row] = await this.#run(id, this.#sql.state, [id])
    return row
  }

  async #run(id: string, text: string, values: unknown[]): Promise<Row[]> {
    check(id)
    return this.#connection.run(text, values)
  }

  /** A stream is never deleted while its lease is held. Null is no limit. */
  #keepMs(leaseMs: number): number | null {
    return this.#ttlMs === Infinity ? null : Math.max(this.#ttlMs, leaseMs)
  }
}

function check(id: string): void {
  checkId(id)
  checkStorable(id)
}

function stateOf({ stopping }: Row): LeaseState {
  return stopping === 1 ? 'stopping' : 'held'
}
