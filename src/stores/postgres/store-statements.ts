/**
 * The statements of the store. Each is atomic: Postgres checks the condition of an update again
 * after it has waited for another one of the same row.
 *
 * @module
 */

import { after } from './sql.js'

/** The number of expired conversations that a new one deletes, so that none takes long. */
const sweepLength = 5

/** The time after which the locks of dead processes are deleted. */
const leftover = `clock_timestamp() - interval '1 hour'`

/** Statements with values `$1` and so on, of which the first is the id, or the prefix of a list. */
export type StoreStatements = ReturnType<typeof storeStatements>

export function storeStatements(prefix: string) {
  const conversations = `${prefix}conversations`
  const messages = `${prefix}messages`
  const locks = `${prefix}locks`
  const waiting = `${prefix}waiting`
  /**
   * Adds messages from a position, and deletes those after them. They replace what a write left
   * there, because both happen at once.
   */
  const addAndCut = (position: string): string =>
    `added AS (
         INSERT INTO ${messages} (conversation, position, message)
         SELECT key, ${position} + number - 1, line
         FROM changed, unnest(string_to_array($4::text, E'\\n')) WITH ORDINALITY AS u (line, number)
         ON CONFLICT (conversation, position) DO UPDATE SET message = excluded.message
       ), cut AS (
         DELETE FROM ${messages} m USING changed
         WHERE m.conversation = changed.key AND m.position >= changed.count
       )`
  return {
    load: `SELECT version, draft, title, (
         SELECT string_agg(message, E'\\n' ORDER BY position) FROM ${messages}
         WHERE conversation = key AND position < count) AS lines
       FROM ${conversations} WHERE id = $1::text AND expires > clock_timestamp()`,

    version: `SELECT version FROM ${conversations} WHERE id = $1::text`,

    clear: `INSERT INTO ${conversations} AS c (id, version, count, updated, expires)
       SELECT $1::text, $2::text, 0, clock_timestamp(), ${after('$3')}
       WHERE EXISTS (SELECT 1 FROM ${conversations}
           WHERE id = $1::text AND expires > clock_timestamp())
         OR EXISTS (SELECT 1 FROM ${locks}
           WHERE id = $1::text AND expires > clock_timestamp())
       ON CONFLICT (id) DO UPDATE SET version = excluded.version, count = 0, draft = NULL,
         title = NULL, updated = excluded.updated, expires = excluded.expires`,

    /** It sees the messages of a write that came just before the clear. */
    deleteCleared: `DELETE FROM ${messages} m USING ${conversations} c
       WHERE c.id = $1::text AND m.conversation = c.key AND m.position >= c.count`,

    list: `SELECT key, id, title, count, extract(epoch FROM updated) * 1000 AS milliseconds,
         to_char(updated AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS time
       FROM ${conversations}
       WHERE expires > clock_timestamp() AND (count > 0 OR draft IS NOT NULL)
         AND starts_with(id, $1::text)
         AND ($2::text IS NULL OR
           (updated, key) < ($2::text::timestamp AT TIME ZONE 'UTC', $3::bigint))
       ORDER BY updated DESC, key DESC LIMIT $4::bigint`,

    insert: `WITH changed AS (
         INSERT INTO ${conversations} AS c
           (id, version, count, draft, title, updated, expires)
         VALUES ($1::text, $2::text, $3::integer, $5::text, $6::text, clock_timestamp(),
           ${after('$7')})
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, count = excluded.count,
           draft = excluded.draft, title = excluded.title, updated = excluded.updated,
           expires = excluded.expires
         WHERE c.expires <= clock_timestamp()
         RETURNING key, count
       ), ${addAndCut('0')}, swept AS (
         DELETE FROM ${conversations} WHERE key IN (
           SELECT key FROM ${conversations}
           WHERE expires <= clock_timestamp() AND expires < 'infinity' AND id <> $1::text
           ORDER BY expires LIMIT ${sweepLength} FOR UPDATE SKIP LOCKED)
         RETURNING key
       ), emptied AS (
         DELETE FROM ${messages} WHERE conversation IN (SELECT key FROM swept)
       ), unlocked AS (
         DELETE FROM ${locks} WHERE id IN (
           SELECT id FROM ${locks} WHERE expires < ${leftover}
           LIMIT ${sweepLength} FOR UPDATE SKIP LOCKED)
       ), left_queues AS (
         DELETE FROM ${waiting} WHERE place IN (
           SELECT place FROM ${waiting} WHERE seen < ${leftover}
           ORDER BY place LIMIT ${sweepLength} FOR UPDATE SKIP LOCKED)
       )
       SELECT key FROM changed`,

    update: `WITH changed AS (
         UPDATE ${conversations} SET version = $2::text,
           count = least(count, $8::integer) + $3::integer,
           draft = CASE WHEN $9::boolean THEN $5::text ELSE draft END,
           title = coalesce($6::text, title), updated = clock_timestamp(), expires = ${after('$7')}
         WHERE id = $1::text AND version = $10::text AND expires > clock_timestamp()
         RETURNING key, count
       ), ${addAndCut('count - $3::integer')}
       SELECT key FROM changed`,
  }
}
