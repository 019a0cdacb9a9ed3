/**
 * Runs statements on a pool.
 *
 * @module
 */

import { StreamError } from '../../base/errors.js'
import { optionError } from '../../base/option-error.js'
import { codeOf, isPassing, type PostgresClient, type PostgresPool, postgresError } from './pool.js'
import { tables } from './tables.js'

/** The wait before a statement whose connection broke is repeated again, in milliseconds. */
const againMs = 50

/** A row of a result. Numbers may be strings, as `pg` returns those of 64 bits. */
export type Row = Readonly<Record<string, string | number | boolean | null>>

/** The lock of the transaction that creates the tables: the letters of "sluice". */
const migrationLock = 0x73_6c_75_69_63_65

/** A longer id would not fit into a notification. */
const longestId = 2_500

/**
 * Nothing here depends on the session: there are no prepared statements, settings or locks that
 * outlive a transaction, so any pooler may stand in between.
 */
export class Connection {
  readonly #pool: PostgresPool
  readonly #timeoutMs: number
  #ready: Promise<void> | undefined
  /** The prefix of the names of tables. */
  readonly prefix: string

  /** @param timeoutMs - how long a call may take, with the wait for a connection of the pool */
  constructor(pool: PostgresPool, prefix: string, timeoutMs: number) {
    this.#pool = pool
    this.prefix = prefix
    this.#timeoutMs = timeoutMs
  }

  /**
   * Runs one statement, which is a transaction. Repeats it within its time if the connection breaks,
   * so running it twice MUST do no harm. Creates the tables if they do not exist.
   *
   * @throws StreamError `store` if Postgres fails, or does not answer in time
   */
  async run(text: string, values: unknown[]): Promise<Row[]> {
    const giveUpAt = performance.now() + this.#timeoutMs
    for (let repeats = 0; ; repeats++) {
      try {
        this.#ready ??= this.#setUp(giveUpAt)
        await this.#ready
        return await this.runOnce(text, values, giveUpAt)
      } catch (error) {
        if (!isPassing(error) || performance.now() >= giveUpAt) throw error
      }
      // At once after the first one: an idle connection may have broken long ago. Then at random, so
      // that the processes do not meet again.
      const delayMs = Math.min(repeats, 1) * againMs * (0.5 + Math.random())
      await new Promise((resolve) => setTimeout(resolve, delayMs))
    }
  }

  /** Runs one statement once. */
  runOnce(
    text: string,
    values?: unknown[],
    giveUpAt: number = performance.now() + this.#timeoutMs,
  ): Promise<Row[]> {
    return withClient(this.#pool, giveUpAt, this.#timeoutMs, async (client) => {
      // A text without values may be several statements, which are one transaction.
      const { rows } = await (values === undefined
        ? client.query(text)
        : client.query(text, values))
      return (rows ?? []) as Row[]
    })
  }

  /** Creates the tables, one process at a time. */
  async migrate(giveUpAt?: number): Promise<void> {
    const text = `SELECT pg_advisory_xact_lock(${migrationLock});\n${tables(this.prefix)}`
    await this.runOnce(text, undefined, giveUpAt)
  }

  /** Tables that exist need no role that may create some. */
  async #setUp(giveUpAt: number): Promise<void> {
    try {
      const text = 'SELECT to_regclass($1::text) IS NULL AS missing'
      const [row] = await this.runOnce(text, [`${this.prefix}entries`], giveUpAt)
      if (row?.missing === true) await this.migrate(giveUpAt)
    } catch (error) {
      this.#ready = undefined
      throw error
    }
  }
}

/** @throws TypeError for an id that Postgres cannot store */
export function checkStorable(id: string): void {
  if (id.length <= longestId && !id.includes('\0')) return
  const shown = id.length > longestId ? `a string of ${id.length} characters` : id
  throw optionError('id', shown, `at most ${longestId} characters, without the character 0`)
}

/** Borrows a connection. It is closed if the work fails or takes too long. */
async function withClient<Result>(
  pool: PostgresPool,
  giveUpAt: number,
  timeoutMs: number,
  work: (client: PostgresClient) => Promise<Result>,
): Promise<Result> {
  const client = await borrow(pool, giveUpAt, timeoutMs)
  let failure: Error | undefined
  // A broken connection emits it in addition to the failure of the statement.
  client.on('error', ignore)
  try {
    return await within(giveUpAt, timeoutMs, 'answer', () => work(client))
  } catch (error) {
    failure = error as Error
    throw postgresError(error)
  } finally {
    client.removeListener('error', ignore)
    // A connection is fine after an error of a statement, which has a code of Postgres.
    client.release(failure !== undefined && !isOfStatement(failure) ? failure : undefined)
  }
}

/** Takes a connection of the pool. One that comes too late is given back unused. */
export async function borrow(
  pool: PostgresPool,
  giveUpAt: number,
  timeoutMs: number,
): Promise<PostgresClient> {
  let isLate = false
  const coming = Promise.resolve().then(() => pool.connect())
  try {
    return await within(giveUpAt, timeoutMs, 'give a connection', () => coming)
  } catch (error) {
    isLate = true
    throw postgresError(error)
  } finally {
    if (isLate) coming.then((client) => client.release()).catch(ignore)
  }
}

/** Fails if it takes longer. */
export async function within<Result>(
  giveUpAt: number,
  timeoutMs: number,
  what: string,
  ask: () => Promise<Result>,
): Promise<Result> {
  if (giveUpAt === Infinity) return ask()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        reject(new StreamError('store', `Postgres did not ${what} within ${timeoutMs} ms.`))
      },
      Math.max(giveUpAt - performance.now(), 1),
    )
  })
  try {
    return await Promise.race([ask(), late])
  } finally {
    clearTimeout(timer)
  }
}

function isOfStatement(error: Error): boolean {
  const code = codeOf(error)
  return /^[0-9A-Z]{5}$/.test(code) && !/^(08|57P|E)/.test(code)
}

function ignore(): void {}
