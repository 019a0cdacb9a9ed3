/**
 * Pieces of SQL.
 *
 * @module
 */

/** The only channel. The first word of a payload is the prefix of the tables, or `probe`. */
export const channelName = 'sluice'

/** The time after so many milliseconds, by the clock of the database; null is never. */
export function after(milliseconds: string): string {
  const time = `clock_timestamp() + ${milliseconds}::float8 * interval '1 millisecond'`
  return `coalesce(${time}, 'infinity')`
}
