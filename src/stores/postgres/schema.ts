/**
 * Creates the tables by hand.
 *
 * @module
 */

import { checkOptions, type Rules } from '../../base/check-options.js'
import { Connection } from './connection.js'
import { checkPool, type PostgresPool } from './pool.js'
import { defaultPrefix, tablePrefix, tables } from './tables.js'

/** Options of `migrate()` and `schema()`. */
export interface PostgresSchemaOptions {
  /**
   * The prefix of the names of all tables. It may begin with the name of a schema, such as
   * `chat.sluice_`.
   * @default 'sluice_'
   */
  prefix?: string
}

const rules: Rules<PostgresSchemaOptions> = { prefix: tablePrefix }

/**
 * Returns the SQL that creates the tables and indexes, to copy into a migration of your own. It
 * leaves existing ones alone.
 *
 * The stores create them on first use. They need this only if their role may not.
 *
 * @throws TypeError for an invalid option
 * @example
 * ```ts
 * await writeFile('migrations/001-sluice.sql', schema())
 * ```
 */
export function schema(options: PostgresSchemaOptions = {}): string {
  checkOptions('', options, rules)
  return tables(options.prefix ?? defaultPrefix)
}

/**
 * Creates the tables and indexes. Does nothing if they exist. Any number of processes may call it
 * at the same time.
 *
 * The stores do this on first use. Call it during a deploy if their own role may not create tables.
 *
 * @throws TypeError for an invalid option, or an unsupported pool
 * @throws StreamError `store` if Postgres fails
 * @example
 * ```ts
 * const pool = new Pool({ connectionString: process.env.ADMIN_DATABASE_URL })
 * await migrate(pool)
 * await pool.end()
 * ```
 */
export async function migrate(
  pool: PostgresPool,
  options: PostgresSchemaOptions = {},
): Promise<void> {
  checkOptions('', options, rules)
  const prefix = options.prefix ?? defaultPrefix
  await new Connection(checkPool(pool), prefix, 60_000).migrate()
}
