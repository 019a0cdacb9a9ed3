/**
 * The statements of the log. Each is atomic: Postgres checks the condition of an update again after
 * it has waited for another one of the same row.
 *
 * @module
 */

import { after, channelName } from './sql.js'

/** The number of appends that are read at once. */
const pageLength = 256

/** The number of expired streams that a new one deletes, so that none takes long to create. */
const sweepLength = 5

/** Statements with values `$1` and so on, of which the first is the id. */
export type LogStatements = ReturnType<typeof logStatements>

export function logStatements(prefix: string) {
  const streams = `${prefix}streams`
  const entries = `${prefix}entries`
  /** Sends the payload that `Watch` reads. Postgres delivers it after the commit. */
  const notify = (kind: string, first: string, last: string): string =>
    `pg_notify('${channelName}', '${prefix} ${kind} ' || key || ' ' || ${first}::bigint
       || ' ' || ${last}::bigint || ' ' || $1::text)`
  return {
    create: `WITH old AS (
         SELECT key FROM ${streams} WHERE id = $1::text AND expires <= clock_timestamp()
       ), swept AS (
         DELETE FROM ${streams} WHERE key IN (
           SELECT key FROM ${streams}
           WHERE sweep <= clock_timestamp() AND expires <= clock_timestamp() AND id <> $1::text
           ORDER BY sweep LIMIT ${sweepLength} FOR UPDATE SKIP LOCKED)
         RETURNING key
       ), emptied AS (
         DELETE FROM ${entries}
         WHERE stream IN (SELECT key FROM old UNION ALL SELECT key FROM swept)
       )
       INSERT INTO ${streams} AS s (id, fence, leased, expires, sweep)
       VALUES ($1::text, $2::text, ${after('$3')}, ${after('$4')}, ${sweepAfter('$4')})
       ON CONFLICT (id) DO UPDATE SET key = excluded.key, fence = excluded.fence,
         leased = excluded.leased, expires = excluded.expires, sweep = excluded.sweep,
         last = 0, before = 0, revivals = 0, stopping = false, ended = false
       WHERE s.expires <= clock_timestamp()
       RETURNING key`,

    append: `WITH stream AS (
         UPDATE ${streams} SET last = $4::bigint, ended = $5::boolean,
           leased = ${after('$6')}, expires = ${after('$7')}, sweep = ${sweepAfter('$7')}
         WHERE id = $1::text AND fence = $2::text AND last = $3::bigint - 1 AND NOT ended
           AND leased > clock_timestamp() AND expires > clock_timestamp()
         RETURNING key, stopping
       ), entry AS (
         INSERT INTO ${entries} (stream, first, last, ended, lines)
         SELECT key, $3::bigint, $4::bigint, $5::boolean, $8::text FROM stream
       )
       SELECT stopping::int AS stopping, ${notify('events', '$3', '$4')} FROM stream`,

    renew: `UPDATE ${streams} SET leased = ${after('$3')}, expires = ${after('$4')},
         sweep = ${sweepAfter('$4')}
       WHERE id = $1::text AND fence = $2::text AND NOT ended
         AND leased > clock_timestamp() AND expires > clock_timestamp()
       RETURNING stopping::int AS stopping`,

    claim: `UPDATE ${streams} SET fence = $2::text,
         before = CASE WHEN fence = $2::text THEN before ELSE last END,
         revivals = CASE WHEN fence = $2::text THEN revivals ELSE revivals + 1 END,
         leased = ${after('$3')}, expires = ${after('$4')}, sweep = ${sweepAfter('$4')}
       WHERE id = $1::text AND NOT ended AND expires > clock_timestamp()
         AND (fence = $2::text OR leased <= clock_timestamp())
       RETURNING revivals`,

    release: `WITH stream AS (
         UPDATE ${streams} SET leased = clock_timestamp(), expires = ${after('$3')},
           sweep = ${sweepAfter('$3')}
         WHERE id = $1::text AND fence = $2::text AND NOT ended AND expires > clock_timestamp()
         RETURNING key
       )
       SELECT ${notify('release', '0', '0')} FROM stream`,

    read: `SELECT s.last, s.ended::int AS ended, e.first, e.lines,
         CASE WHEN s.ended THEN 0 ELSE
           greatest(extract(epoch FROM s.leased - clock_timestamp()) * 1000, 0) END AS left
       FROM ${streams} s LEFT JOIN LATERAL (
         SELECT first, last, lines FROM ${entries} WHERE stream = s.key AND last > $2::bigint
         ORDER BY last LIMIT ${pageLength}) e ON true
       WHERE s.id = $1::text AND s.expires > clock_timestamp() ORDER BY e.last`,

    // Without its fence, nothing can be appended.
    seal: `WITH stream AS (
         UPDATE ${streams} SET fence = '', last = $3::bigint, ended = true,
           leased = clock_timestamp(), expires = ${after('$4')}, sweep = ${sweepAfter('$4')}
         WHERE id = $1::text AND last = $2::bigint - 1 AND NOT ended
           AND leased <= clock_timestamp() AND expires > clock_timestamp()
         RETURNING key
       ), entry AS (
         INSERT INTO ${entries} (stream, first, last, ended, lines)
         SELECT key, $2::bigint, $3::bigint, true, $5::text FROM stream
       )
       SELECT ${notify('events', '$2', '$3')} FROM stream`,

    abandoned: `SELECT id FROM ${streams}
       WHERE NOT ended AND leased <= clock_timestamp() AND expires > clock_timestamp()
       ORDER BY key LIMIT $1::bigint`,

    stop: `WITH stream AS (
         UPDATE ${streams} SET stopping = true
         WHERE id = $1::text AND NOT ended AND expires > clock_timestamp() RETURNING key
       )
       SELECT ${notify('stop', '0', '0')} FROM stream`,

    state: `SELECT fence, last, before, stopping::int AS stopping FROM ${streams}
       WHERE id = $1::text AND expires > clock_timestamp()`,
  }
}

/** A later time than `after`, which changes once a minute. */
function sweepAfter(milliseconds: string): string {
  return `date_trunc('minute', ${after(milliseconds)}) + interval '1 minute'`
}
