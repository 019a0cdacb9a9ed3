/**
 * Stores conversations and streams in Postgres, with your own `Pool` of `pg`.
 *
 * ```ts
 * import { Pool } from 'pg'
 * import { postgresLog, postgresStore } from 'sluice/postgres'
 *
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL })
 * pool.on('error', (error) => console.error('Postgres:', error.message))
 * const store = postgresStore(pool)
 * const log = postgresLog(pool)
 * ```
 *
 * @module sluice/postgres
 */

export { type PostgresLogOptions, postgresLog } from '../stores/postgres/log.js'
export type { PostgresOptions } from '../stores/postgres/options.js'
export type { PostgresClient, PostgresPool } from '../stores/postgres/pool.js'
export { migrate, type PostgresSchemaOptions, schema } from '../stores/postgres/schema.js'
export { type PostgresStoreOptions, postgresStore } from '../stores/postgres/store.js'
