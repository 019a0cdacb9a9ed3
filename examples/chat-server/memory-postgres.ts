/**
 * Conversations and answers in Postgres. The tables are set up at the first use.
 */

import { Pool } from 'pg'
import { postgresLog, postgresStore } from 'sluice/postgres'
import { messageOf, type OpenedMemory } from './memory.ts'

/** @throws Error if there is no Postgres at the address */
export async function openPostgres(connectionString: string): Promise<OpenedMemory> {
  const pool = new Pool({ connectionString, connectionTimeoutMillis: 5_000 })
  pool.on('error', (error) => console.error(`Postgres: ${error.message}`))
  const memory = { store: postgresStore(pool), log: postgresLog(pool) }
  try {
    await pool.query('SELECT 1')
  } catch (error) {
    await pool.end()
    // Without the address, which may hold a password.
    throw new Error(`There is no Postgres at DATABASE_URL: ${messageOf(error)}`, { cause: error })
  }
  const summary = 'Conversations are kept in Postgres (DATABASE_URL).'
  return { ...memory, summary, close: () => pool.end() }
}
