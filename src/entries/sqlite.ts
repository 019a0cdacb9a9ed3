/**
 * Stores conversations and streams in a SQLite file, with your own handle of `node:sqlite`,
 * `better-sqlite3` or `bun:sqlite`.
 *
 * ```ts
 * import { DatabaseSync } from 'node:sqlite'
 * import { sqliteLog, sqliteStore } from 'sluice/sqlite'
 *
 * const database = new DatabaseSync('chat.db')
 * const store = sqliteStore(database)
 * const log = sqliteLog(database)
 * ```
 *
 * @module sluice/sqlite
 */

export type { SqliteDatabase, SqliteStatement, SqliteValue } from '../stores/sqlite/database.js'
export { type SqliteLogOptions, sqliteLog } from '../stores/sqlite/log.js'
export { type SqliteStoreOptions, sqliteStore } from '../stores/sqlite/store.js'
