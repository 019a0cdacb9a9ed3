/**
 * Keeps conversations in Postgres.
 *
 * @module
 */

import { checkId, checkOptions, limit, optionError, type Rules } from '../../base/check-options.js'
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
import { type Connection, checkStorable, type Row } from './connection.js'
import { PostgresLocks } from './locks.js'
import { openPool, type PostgresOptions, postgresRules } from './options.js'
import type { PostgresPool } from './pool.js'
import { after } from './sql.js'

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

/** The number of expired conversations that a new one deletes, so that none takes long. */
const sweepLength = 5

/** The time after which the locks of dead processes are deleted. */
const leftover = `clock_timestamp() - interval '1 hour'`

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
  readonly #conversations: string
  readonly #messages: string

  constructor(connection: Connection, locks: PostgresLocks, keepMs: number | null) {
    this.#connection = connection
    this.#locks = locks
    this.#keepMs = keepMs
    this.#conversations = `${connection.prefix}conversations`
    this.#messages = `${connection.prefix}messages`
  }

  async load(id: string): Promise<StoredConversation> {
    const [row] = await this.#run(
      id,
      `SELECT version, draft, (
         SELECT string_agg(message, E'\\n' ORDER BY position) FROM ${this.#messages}
         WHERE conversation = key AND position < count) AS lines
       FROM ${this.#conversations} WHERE id = $1::text AND expires > clock_timestamp()`,
      [id],
    )
    if (row === undefined) return { messages: [], version: null }
    // JSON has no raw line breaks.
    const lines = row.lines === null ? [] : String(row.lines).split('\n')
    return {
      messages: lines.map((line) => JSON.parse(line) as Message),
      version: String(row.version),
      ...(row.draft !== null && { draft: JSON.parse(String(row.draft)) as Draft }),
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
    const [stored] = await this.#run(
      id,
      `SELECT version FROM ${this.#conversations} WHERE id = $1::text`,
      [id],
    )
    if (stored?.version === version) return version
    throw new StreamError('conflict', `Conversation "${id}" has changed since it was loaded.`)
  }

  async clear(id: string): Promise<void> {
    await this.#run(
      id,
      `INSERT INTO ${this.#conversations} AS c (id, version, count, updated, expires)
       SELECT $1::text, $2::text, 0, clock_timestamp(), ${after('$3')}
       WHERE EXISTS (SELECT 1 FROM ${this.#conversations}
           WHERE id = $1::text AND expires > clock_timestamp())
         OR EXISTS (SELECT 1 FROM ${this.#connection.prefix}locks
           WHERE id = $1::text AND expires > clock_timestamp())
       ON CONFLICT (id) DO UPDATE SET version = excluded.version, count = 0, draft = NULL,
         title = NULL, updated = excluded.updated, expires = excluded.expires`,
      [id, crypto.randomUUID(), this.#keepMs ?? clearedMs],
    )
    // A statement of its own, which sees the messages of a write that came just before.
    await this.#run(
      id,
      `DELETE FROM ${this.#messages} m USING ${this.#conversations} c
       WHERE c.id = $1::text AND m.conversation = c.key AND m.position >= c.count`,
      [id],
    )
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
    const [, time = null, key = null] = before?.match(/^(.*) (\d+)$/) ?? []
    const rows = await this.#connection.run(
      `SELECT key, id, title, count, extract(epoch FROM updated) * 1000 AS milliseconds,
         to_char(updated AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS time
       FROM ${this.#conversations}
       WHERE expires > clock_timestamp() AND (count > 0 OR draft IS NOT NULL)
         AND starts_with(id, $1::text)
         AND ($2::text IS NULL OR
           (updated, key) < ($2::text::timestamp AT TIME ZONE 'UTC', $3::bigint))
       ORDER BY updated DESC, key DESC LIMIT $4::bigint`,
      [prefix, time, key, most + 1],
    )
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
    const { prefix } = this.#connection
    return this.#run(
      id,
      `WITH changed AS (
         INSERT INTO ${this.#conversations} AS c
           (id, version, count, draft, title, updated, expires)
         VALUES ($1::text, $2::text, $3::integer, $5::text, $6::text, clock_timestamp(),
           ${after('$7')})
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, count = excluded.count,
           draft = excluded.draft, title = excluded.title, updated = excluded.updated,
           expires = excluded.expires
         WHERE c.expires <= clock_timestamp()
         RETURNING key, count
       ), ${this.#addAndCut('0')}, swept AS (
         DELETE FROM ${this.#conversations} WHERE key IN (
           SELECT key FROM ${this.#conversations}
           WHERE expires <= clock_timestamp() AND expires < 'infinity' AND id <> $1::text
           ORDER BY expires LIMIT ${sweepLength} FOR UPDATE SKIP LOCKED)
         RETURNING key
       ), emptied AS (
         DELETE FROM ${this.#messages} WHERE conversation IN (SELECT key FROM swept)
       ), unlocked AS (
         DELETE FROM ${prefix}locks WHERE id IN (
           SELECT id FROM ${prefix}locks WHERE expires < ${leftover}
           LIMIT ${sweepLength} FOR UPDATE SKIP LOCKED)
       ), left_queues AS (
         DELETE FROM ${prefix}waiting WHERE place IN (
           SELECT place FROM ${prefix}waiting WHERE seen < ${leftover}
           ORDER BY place LIMIT ${sweepLength} FOR UPDATE SKIP LOCKED)
       )
       SELECT key FROM changed`,
      [id, version, add.length, linesOf(add), jsonOf(draft), jsonOf(title), this.#keepMs],
    )
  }

  #update(
    id: string,
    { keep = Infinity, add = [], draft, title }: ConversationChange,
    version: string,
    expectedVersion: string,
  ): Promise<Row[]> {
    return this.#run(
      id,
      `WITH changed AS (
         UPDATE ${this.#conversations} SET version = $2::text,
           count = least(count, $8::integer) + $3::integer,
           draft = CASE WHEN $9::boolean THEN $5::text ELSE draft END,
           title = coalesce($6::text, title), updated = clock_timestamp(), expires = ${after('$7')}
         WHERE id = $1::text AND version = $10::text AND expires > clock_timestamp()
         RETURNING key, count
       ), ${this.#addAndCut('count - $3::integer')}
       SELECT key FROM changed`,
      [
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
      ],
    )
  }

  /**
   * Adds messages from a position, and deletes those after them. They replace what a write left
   * there, because both happen at once.
   */
  #addAndCut(position: string): string {
    return `added AS (
         INSERT INTO ${this.#messages} (conversation, position, message)
         SELECT key, ${position} + number - 1, line
         FROM changed, unnest(string_to_array($4::text, E'\\n')) WITH ORDINALITY AS u (line, number)
         ON CONFLICT (conversation, position) DO UPDATE SET message = excluded.message
       ), cut AS (
         DELETE FROM ${this.#messages} m USING changed
         WHERE m.conversation = changed.key AND m.position >= changed.count
       )`
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
