/**
 * Runs transactions on a SQLite handle.
 *
 * @module
 */

import {
  checkDatabase,
  isBusy,
  type SqliteDatabase,
  type SqliteStatement,
  sqliteError,
} from './database.js'
import { settings, tables } from './schema.js'

/** The kinds of transactions, and how they begin. */
const beginnings = {
  read: 'BEGIN',
  /** Survives the end of a process, but possibly not that of the machine. */
  write: 'BEGIN IMMEDIATE',
  /** Survives the end of the machine, at the cost of a sync. */
  durable: 'BEGIN IMMEDIATE',
} as const

/** The shortest wait before a transaction is repeated that found the file busy, in milliseconds. */
const againMs = 5

/** The time after which the locks of dead processes are deleted, in milliseconds. */
const leftoverMs = 3_600_000

/**
 * One for each handle, shared by its stores and logs: SQLite does not report the changes of a
 * connection to itself.
 */
const connections = new WeakMap<SqliteDatabase, SqliteConnection>()

/** @throws TypeError for an unsupported handle */
export function connectionOf(database: SqliteDatabase): SqliteConnection {
  const known = connections.get(checkDatabase(database))
  if (known !== undefined) return known
  const connection = new SqliteConnection(database)
  connections.set(database, connection)
  return connection
}

/** A transaction runs without a pause, so those of one process never mix. */
export class SqliteConnection {
  readonly #database: SqliteDatabase
  readonly #statements = new Map<string, SqliteStatement>()
  #isSetUp = false
  /** Called after every commit of this connection. */
  onCommit: () => void = () => {}

  constructor(database: SqliteDatabase) {
    this.#database = database
  }

  /** The statement, prepared once. */
  sql(text: string): SqliteStatement {
    let statement = this.#statements.get(text)
    if (statement === undefined) {
      statement = this.#database.prepare(text)
      this.#statements.set(text, statement)
    }
    return statement
  }

  /**
   * Runs a transaction, and repeats it while the file is busy.
   *
   * @param work - rolled back if it throws
   * @throws StreamError `store` if SQLite fails, or is busy for `busyTimeoutMs` milliseconds
   */
  async run<Result>(
    kind: keyof typeof beginnings,
    busyTimeoutMs: number,
    work: () => Result,
  ): Promise<Result> {
    const giveUpAt = performance.now() + busyTimeoutMs
    for (;;) {
      try {
        this.#setUp()
        return this.#transact(kind, work)
      } catch (error) {
        if (!isBusy(error) || performance.now() >= giveUpAt) throw sqliteError(error)
      }
      // At random, so that the processes do not meet again.
      const delayMs = againMs * (1 + 3 * Math.random())
      await new Promise((resolve) => setTimeout(resolve, delayMs))
    }
  }

  #setUp(): void {
    if (this.#isSetUp) return
    for (const setting of settings) this.#database.exec(setting)
    this.#transact('write', () => {
      for (const table of tables) this.#database.exec(table)
      const now = Date.now()
      this.#database.exec(`DELETE FROM sluice_locks WHERE expires < ${now - leftoverMs}`)
      this.#database.exec(`DELETE FROM sluice_waiting WHERE seen < ${now - leftoverMs}`)
    })
    this.#database.exec('PRAGMA synchronous = NORMAL')
    this.#isSetUp = true
  }

  #transact<Result>(kind: keyof typeof beginnings, work: () => Result): Result {
    if (kind === 'durable') this.#database.exec('PRAGMA synchronous = FULL')
    try {
      this.sql(beginnings[kind]).run()
      let result: Result
      try {
        result = work()
        this.sql('COMMIT').run()
      } catch (error) {
        this.#rollBack()
        throw error
      }
      if (kind !== 'read') this.onCommit()
      return result
    } finally {
      if (kind === 'durable') this.#database.exec('PRAGMA synchronous = NORMAL')
    }
  }

  #rollBack(): void {
    try {
      this.sql('ROLLBACK').run()
    } catch {
      // SQLite has rolled back by itself, for instance because the disk is full.
    }
  }
}
