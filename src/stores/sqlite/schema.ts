/**
 * The tables. Times are milliseconds since 1970 by the clock of the machine, which all processes on
 * one file share. `expires` is null for no limit.
 *
 * @module
 */

/** Settings of a connection, which have to be set outside a transaction. */
export const settings: readonly string[] = [
  // A blocked call blocks the process, so it fails soon and is repeated later.
  'PRAGMA busy_timeout = 50',
  // Readers do not wait for a writer, and a commit needs no sync of the file.
  'PRAGMA journal_mode = WAL',
]

/**
 * In an entry, `lines` are the events of one append, one line each; `kind` is `events`, `end` for
 * the last ones of a stream, or `stop` and `release` without events. `seq` grows with every entry of
 * the file, so that one query finds all new ones. It is never used again, even if the newest
 * entries are deleted.
 */
export const tables: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS sluice_conversations (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version TEXT NOT NULL,
    count INTEGER NOT NULL, updated INTEGER NOT NULL, expires INTEGER, title TEXT)`,
  `CREATE INDEX IF NOT EXISTS sluice_conversations_updated ON sluice_conversations (updated)`,
  `CREATE INDEX IF NOT EXISTS sluice_conversations_expires ON sluice_conversations (expires)
    WHERE expires IS NOT NULL`,
  `CREATE TABLE IF NOT EXISTS sluice_messages (
    conversation INTEGER NOT NULL, position INTEGER NOT NULL, message TEXT NOT NULL,
    PRIMARY KEY (conversation, position))`,
  `CREATE TABLE IF NOT EXISTS sluice_drafts (conversation INTEGER PRIMARY KEY, draft TEXT NOT NULL)`,
  // Foreign keys would need a setting of every connection.
  `CREATE TRIGGER IF NOT EXISTS sluice_conversations_deleted AFTER DELETE ON sluice_conversations
    BEGIN
      DELETE FROM sluice_messages WHERE conversation = old.key;
      DELETE FROM sluice_drafts WHERE conversation = old.key;
    END`,
  `CREATE TABLE IF NOT EXISTS sluice_locks (
    id TEXT PRIMARY KEY, token TEXT NOT NULL, expires INTEGER NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS sluice_waiting (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, token TEXT NOT NULL UNIQUE,
    seen INTEGER NOT NULL)`,
  `CREATE INDEX IF NOT EXISTS sluice_waiting_id ON sluice_waiting (id, place)`,
  `CREATE TABLE IF NOT EXISTS sluice_streams (
    key INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, fence TEXT NOT NULL,
    leased INTEGER NOT NULL, expires INTEGER, last INTEGER NOT NULL DEFAULT 0,
    before INTEGER NOT NULL DEFAULT 0, revivals INTEGER NOT NULL DEFAULT 0,
    stopping INTEGER NOT NULL DEFAULT 0, ended INTEGER NOT NULL DEFAULT 0)`,
  `CREATE INDEX IF NOT EXISTS sluice_streams_expires ON sluice_streams (expires)
    WHERE expires IS NOT NULL`,
  `CREATE INDEX IF NOT EXISTS sluice_streams_running ON sluice_streams (ended) WHERE ended = 0`,
  `CREATE TABLE IF NOT EXISTS sluice_entries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL, kind TEXT NOT NULL,
    first INTEGER, last INTEGER, lines TEXT)`,
  `CREATE INDEX IF NOT EXISTS sluice_entries_stream ON sluice_entries (stream, last)`,
  `CREATE TRIGGER IF NOT EXISTS sluice_streams_deleted AFTER DELETE ON sluice_streams
    BEGIN DELETE FROM sluice_entries WHERE stream = old.key; END`,
]
