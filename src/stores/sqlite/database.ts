/**
 * The supported SQLite handles, and what differs between them.
 *
 * @module
 */

import { has } from '../../base/check-options.js'
import { StreamError } from '../../base/errors.js'

/** A value that a statement takes. */
export type SqliteValue = string | number | null

/** A prepared statement. */
export interface SqliteStatement {
  /** Runs a statement that returns nothing. */
  run(...values: SqliteValue[]): unknown
  /** Returns the first row, with numbers as numbers. */
  get(...values: SqliteValue[]): unknown
  /** Returns all rows. */
  all(...values: SqliteValue[]): unknown[]
}

/**
 * An open database: a `DatabaseSync` of `node:sqlite`, a `Database` of `better-sqlite3`, or one of
 * `bun:sqlite`. The caller owns it and closes it. A transaction of the caller on the same handle
 * must end before the caller awaits anything.
 */
export interface SqliteDatabase {
  /** Runs statements without values. */
  exec(sql: string): unknown
  /** Prepares one statement. */
  prepare(sql: string): SqliteStatement
}

/** @throws TypeError for an unsupported handle */
export function checkDatabase(database: SqliteDatabase): SqliteDatabase {
  if (has(database, 'exec', 'prepare')) return database
  throw new TypeError(
    'Unsupported SQLite handle. Allowed: new DatabaseSync() of "node:sqlite", new Database() of "better-sqlite3" or "bun:sqlite".',
  )
}

/** A failure of SQLite. */
export function sqliteError(error: unknown): StreamError {
  if (StreamError.is(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  const hint = /(within|inside) a transaction/.test(message)
    ? '. End a transaction of your own on the same handle before you await anything.'
    : ''
  return new StreamError('store', `SQLite: ${message}${hint}`, { cause: error })
}

/** SQLITE_BUSY: another connection is writing, or is setting up the file. */
const busy = 5

/** Whether the same transaction may succeed in a moment. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // The names of node:sqlite, of Bun, and of both better-sqlite3 and Bun. The upper bits of a number
  // say why it is busy.
  const { errcode, errno, code } = error as { errcode?: unknown; errno?: unknown; code?: unknown }
  const isCode = (value: unknown): boolean => typeof value === 'number' && (value & 0xff) === busy
  return isCode(errcode) || isCode(errno) || String(code).startsWith('SQLITE_BUSY')
}
