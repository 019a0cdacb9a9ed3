/**
 * Keeps conversations in Postgres.
 *
 * @module
 */

import { checkId, checkOptions, limit, type Rules } from '../../base/check-options.js'
import { StreamError } from '../../base/errors.js'
import type { Message } from '../../base/messages.js'
import { optionError } from '../../base/option-error.js'
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
import { type Connection, checkStorable, type Row } from './connection.js'
import { PostgresLocks } from './locks.js'
import { openPool, type PostgresOptions, postgresRules } from './options.js'
import type { PostgresPool } from './pool.js'
import { type StoreStatements, storeStatements } from './store-statements.js'

/** Options of `postgresStore()`. */
export interface PostgresStoreOptions extends PostgresOptions {
  /**
   * The time for which a conversation is kept after its last turn, in milliseconds; `Infinity` for
   * no limit.
   * @default Infinity
   */
  ttlMs?: number
}

const rules: Rules<PostgresStoreOptions> = { ...postgresRules, ttlMs: limit }

/**
 * The time for which the version of a cleared conversation is kept if conversations are kept without
 * a limit, in milliseconds. Longer than any turn that it has to fence off.
 */
const clearedMs = 86_400_000

/** A time to the microsecond, and a key. */
const cursorPattern = /^\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} \d+$/

/**
 * Keeps conversations in Postgres, so that any process can continue them. Creates its tables on
 * first use.
 *
 * Callers that wait for a lock are notified by LISTEN, on one connection of the pool for each
 * process, which is open while somebody waits. Everything else works behind a pooler in transaction
 * mode. Tested with `pg` 8 and Postgres 15.
 *
 * @param pool - a `Pool` of `pg`; it stays yours. Listen to its `error` event: without a listener,
 * Node ends the process when an idle connection breaks
 * @throws TypeError for an invalid option, or an unsupported pool
 * @example
 * ```ts
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL })
 * pool.on('error', (error) => console.error('Postgres:', error.message))
 * const store = postgresStore(pool)
 * ```
 */
export function postgresStore(
  pool: PostgresPool,
  options: PostgresStoreOptions = {},
): ConversationStore {
  checkOptions('', options, rules)
  const { ttlMs = Infinity } = options
  const open = openPool(pool, options)
  const keepMs = ttlMs === Infinity ? null : ttlMs
  return new PostgresStore(open.connection, new PostgresLocks({ ...open, keepMs }), keepMs)
}

class PostgresStore implements ConversationStore {
  readonly #connection: Connection
  readonly #locks: PostgresLocks
  /** Null for no limit. */
  readonly #keepMs: number | null
  readonly #sql: StoreStatements

  constructor(connection: Connection, locks: PostgresLocks, keepMs: number | null) {
    this.#connection = connection
    this.#locks = locks
    this.#keepMs = keepMs
    this.#sql = storeStatements(connection.prefix)
  }

  async load(id: string): Promise<StoredConversation> {
    const [row] = await this.#run(id, this.#sql.load, [id])
    if (row === undefined) return { messages: [], version: null }
    // JSON has no raw line breaks.
    const lines = row.lines === null ? [] : String(row.lines).split('\n')
    return {
      messages: lines.map((line) => JSON.parse(line) as Message),
      version: String(row.version),
      ...(row.draft !== null && { draft: JSON.parse(String(row.draft)) as Draft }),
      ...(row.title !== null && { title: JSON.parse(String(row.title)) as string }),
    }
  }

  async write(
    id: string,
    change: ConversationChange,
    expectedVersion: string | null,
  ): Promise<string> {
    const version = crypto.randomUUID()
    const isNew = expectedVersion === null
    const [row] = isNew
      ? await this.#insert(id, change, version)
      : await this.#update(id, change, version, expectedVersion)
    if (row !== undefined) return version
    // It may have been written already, by a call whose answer was lost.
    const [stored] = await this.#run(id, this.#sql.version, [id])
    if (stored?.version === version) return version
    throw new StreamError('conflict', `Conversation "${id}" has changed since it was loaded.`)
  }

  async clear(id: string): Promise<void> {
    await this.#run(id, this.#sql.clear, [id, crypto.randomUUID(), this.#keepMs ?? clearedMs])
    // A statement of its own, which sees the messages of a write that came just before.
    await this.#run(id, this.#sql.deleteCleared, [id])
  }

  async lock(id: string, options: LockOptions): Promise<ConversationLock> {
    check(id)
    return this.#locks.acquire(id, options)
  }

  async list({
    limit: most = 50,
    before,
    prefix = '',
  }: ListOptions = {}): Promise<ConversationPage> {
    if (before !== undefined && !cursorPattern.test(before)) {
      throw optionError('before', before, '"next" of another page')
    }
    // No id begins with it, and Postgres has no such text.
    if (prefix.includes('\0') || !prefix.isWellFormed()) return { conversations: [] }
    const [, time = null, key = null] = before?.match(/^(.*) (\d+)$/) ?? []
    const rows = await this.#connection.run(this.#sql.list, [prefix, time, key, most + 1])
    const page = rows.slice(0, most)
    const last = page.at(-1)
    return {
      conversations: page.map((row) => ({
        id: String(row.id),
        ...(row.title !== null && { title: JSON.parse(String(row.title)) as string }),
        updatedAt: Math.floor(Number(row.milliseconds)),
        messageCount: Number(row.count),
      })),
      ...(last !== undefined &&
        rows.length > most && { next: `${String(last.time)} ${String(last.key)}` }),
    }
  }

  /** Writes a conversation that does not exist, or has expired. */
  #insert(id: string, { add = [], draft, title }: ConversationChange, version: string) {
    return this.#run(id, this.#sql.insert, [
      id,
      version,
      add.length,
      linesOf(add),
      jsonOf(draft),
      jsonOf(title),
      this.#keepMs,
    ])
  }

  #update(
    id: string,
    { keep = Infinity, add = [], draft, title }: ConversationChange,
    version: string,
    expectedVersion: string,
  ): Promise<Row[]> {
    return this.#run(id, this.#sql.update, [
      id,
      version,
      add.length,
      linesOf(add),
      jsonOf(draft),
      jsonOf(title),
      this.#keepMs,
      Math.min(keep, 2 ** 31 - 1),
      draft !== undefined,
      expectedVersion,
    ])
  }

  async #run(id: string, text: string, values: unknown[]): Promise<Row[]> {
    check(id)
    return this.#connection.run(text, values)
  }
}

function check(id: string): void {
  checkId(id)
  checkStorable(id)
}

/** One line of JSON for each message. JSON has no raw line breaks. */
function linesOf(messages: readonly Message[]): string {
  return messages.map((message) => JSON.stringify(message)).join('\n')
}

/** A text is stored as JSON, too: Postgres has no character 0. */
function jsonOf(value: Draft | string | null | undefined): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value)
}
