/**
 * Keeps conversations in SQLite.
 *
 * @module
 */

import { checkId, checkOptions, limit, type Rules } from '../../base/check-options.js'
import { StreamError } from '../../base/errors.js'
import type { Message } from '../../base/messages.js'
import type {
  ConversationChange,
  ConversationLock,
  ConversationPage,
  ConversationStore,
  Draft,
  ListOptions,
  LockOptions,
  StoredConversation,
} from '../../conversation/store.js'
import { connectionOf, type SqliteConnection } from './connection.js'
import type { SqliteDatabase, SqliteValue } from './database.js'
import { listConversations } from './list.js'
import { SqliteLocks } from './locks.js'

/** Options of `sqliteStore()`. */
export interface SqliteStoreOptions {
  /**
   * The time for which a conversation is kept after its last turn, in milliseconds; `Infinity` for
   * no limit.
   * @default Infinity
   */
  ttlMs?: number
  /**
   * The limit for a file that is busy because of other connections, in milliseconds. After that, the
   * call fails with code `store`.
   * @default 5_000
   */
  busyTimeoutMs?: number
}

const rules: Rules<SqliteStoreOptions> = { ttlMs: limit, busyTimeoutMs: limit }

/**
 * The time for which the version of a cleared conversation is kept if conversations are kept without
 * a limit, in milliseconds. Longer than any turn that it has to fence off.
 */
const clearedMs = 86_400_000

/** The number of expired conversations that a write deletes, so that none takes long. */
const sweepLength = 5

/**
 * Keeps conversations in a SQLite file, so that any process on the same machine can continue them.
 * A change is on the disk before it is reported. Tested with `node:sqlite`, `better-sqlite3` and `bun:sqlite`.
 *
 * @param database - an open handle; it stays yours
 * @throws TypeError for an invalid option, or an unsupported handle
 * @example
 * ```ts
 * const store = sqliteStore(new DatabaseSync('chat.db'))
 * ```
 */
export function sqliteStore(
  database: SqliteDatabase,
  options: SqliteStoreOptions = {},
): ConversationStore {
  checkOptions('', options, rules)
  const { ttlMs = Infinity, busyTimeoutMs = 5_000 } = options
  return new SqliteStore(connectionOf(database), { ttlMs, busyTimeoutMs })
}

interface ConversationRow {
  key: number
  version: string
  count: number
  title: string | null
}

class SqliteStore implements ConversationStore {
  readonly #connection: SqliteConnection
  readonly #settings: Required<SqliteStoreOptions>
  readonly #locks: SqliteLocks

  constructor(connection: SqliteConnection, settings: Required<SqliteStoreOptions>) {
    this.#connection = connection
    this.#settings = settings
    const { busyTimeoutMs } = settings
    this.#locks = new SqliteLocks({
      connection,
      busyTimeoutMs,
      onHeld: (id) => this.#touch(id),
    })
  }

  async load(id: string): Promise<StoredConversation> {
    checkId(id)
    const { row, lines, draft } = await this.#connection.run(
      'read',
      this.#settings.busyTimeoutMs,
      () => {
        const found = this.#find(id)
        if (found === undefined) return { row: found, lines: [], draft: null }
        const { key } = found
        const messages = 'SELECT message FROM sluice_messages WHERE conversation = ?'
        return {
          row: found,
          lines: this.#connection.sql(`${messages} ORDER BY position`).all(key) as MessageRow[],
          draft: this.#draft(key),
        }
      },
    )
    return {
      messages: lines.map(({ message }) => JSON.parse(message) as Message),
      version: row?.version ?? null,
      ...(draft !== null && { draft: JSON.parse(draft) as Draft }),
      ...(typeof row?.title === 'string' && { title: row.title }),
    }
  }

  async write(
    id: string,
    { keep = Infinity, add = [], draft, title }: ConversationChange,
    expectedVersion: string | null,
  ): Promise<string> {
    checkId(id)
    const version = crypto.randomUUID()
    const added = add.map((message) => JSON.stringify(message))
    const nextDraft = draft === undefined || draft === null ? null : JSON.stringify(draft)
    await this.#write(() => {
      this.#sweep(id)
      const row = this.#find(id)
      if ((row?.version ?? null) !== expectedVersion) {
        throw new StreamError('conflict', `Conversation "${id}" has changed since it was loaded.`)
      }
      const kept = Math.min(row?.count ?? 0, keep)
      const key = this.#put(id, version, kept + added.length, this.#expiry())
      if (kept < (row?.count ?? 0)) this.#deleteMessages(key, kept)
      for (const [index, message] of added.entries()) {
        this.#run(
          'INSERT INTO sluice_messages (conversation, position, message) VALUES (?, ?, ?)',
          key,
          kept + index,
          message,
        )
      }
      if (draft !== undefined) this.#setDraft(key, nextDraft)
      if (title !== undefined) this.#setTitle(key, title)
    })
    return version
  }

  async clear(id: string): Promise<void> {
    checkId(id)
    await this.#write(() => {
      this.#sweep(id)
      if (this.#find(id) === undefined && !this.#locks.isHeld(id)) return
      const expires = this.#expiry() ?? Date.now() + clearedMs
      const key = this.#put(id, crypto.randomUUID(), 0, expires)
      this.#deleteMessages(key, 0)
      this.#setDraft(key, null)
      this.#setTitle(key, null)
    })
  }

  async lock(id: string, options: LockOptions): Promise<ConversationLock> {
    checkId(id)
    return this.#locks.acquire(id, options)
  }

  list(options: ListOptions = {}): Promise<ConversationPage> {
    return this.#connection.run('read', this.#settings.busyTimeoutMs, () =>
      listConversations(this.#connection, options),
    )
  }

  #find(id: string): ConversationRow | undefined {
    const row = this.#connection
      .sql(
        `SELECT key, version, count, title FROM sluice_conversations
         WHERE id = ? AND (expires IS NULL OR expires > ?)`,
      )
      .get(id, Date.now())
    return (row ?? undefined) as ConversationRow | undefined
  }

  #put(id: string, version: string, count: number, expires: number | null): number {
    const row = this.#connection
      .sql(
        `INSERT INTO sluice_conversations (id, version, count, updated, expires)
         VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version,
         count = excluded.count, updated = excluded.updated, expires = excluded.expires
         RETURNING key`,
      )
      .get(id, version, count, Date.now(), expires)
    return (row as { key: number }).key
  }

  #deleteMessages(key: number, kept: number): void {
    this.#run('DELETE FROM sluice_messages WHERE conversation = ? AND position >= ?', key, kept)
  }

  #draft(key: number): string | null {
    const row = this.#connection
      .sql('SELECT draft FROM sluice_drafts WHERE conversation = ?')
      .get(key)
    return (row as { draft: string } | undefined | null)?.draft ?? null
  }

  #setDraft(key: number, draft: string | null): void {
    if (draft === null) return this.#run('DELETE FROM sluice_drafts WHERE conversation = ?', key)
    this.#run(
      `INSERT INTO sluice_drafts (conversation, draft) VALUES (?, ?)
       ON CONFLICT (conversation) DO UPDATE SET draft = excluded.draft`,
      key,
      draft,
    )
  }

  #setTitle(key: number, title: string | null): void {
    this.#run('UPDATE sluice_conversations SET title = ? WHERE key = ?', title, key)
  }

  /** A running turn keeps its conversation. */
  #touch(id: string): void {
    const expires = this.#expiry()
    if (expires === null) return
    const sql = 'UPDATE sluice_conversations SET expires = ? WHERE id = ? AND expires > ?'
    this.#run(sql, expires, id, Date.now())
  }

  /** Deletes the conversation if it has expired, and some others that have. */
  #sweep(id: string): void {
    const now = Date.now()
    const expired = 'SELECT key FROM sluice_conversations WHERE expires <= ? LIMIT ?'
    this.#run('DELETE FROM sluice_conversations WHERE id = ? AND expires <= ?', id, now)
    this.#run(`DELETE FROM sluice_conversations WHERE key IN (${expired})`, now, sweepLength)
  }

  #run(sql: string, ...values: SqliteValue[]): void {
    this.#connection.sql(sql).run(...values)
  }

  #write(work: () => void): Promise<void> {
    return this.#connection.run('durable', this.#settings.busyTimeoutMs, work)
  }

  #expiry(): number | null {
    const { ttlMs } = this.#settings
    return ttlMs === Infinity ? null : Date.now() + ttlMs
  }
}

interface MessageRow {
  message: string
}
