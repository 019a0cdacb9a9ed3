/**
 * The contracts on a real Postgres: on one pool, by polling, and behind a pooler.
 */

import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type PostgresOptions,
  type PostgresPool,
  postgresLog,
  postgresStore,
} from '../../../src/entries/postgres.js'
import { testLog, testStore } from '../../../src/entries/testing.js'
import {
  type PostgresServer,
  postgresNote,
  postgresPresent,
  startPooler,
  startPostgres,
} from '../../support/postgres.js'

interface Way {
  pool: PostgresPool
  options?: PostgresOptions
}

/**
 * Every third call takes effect, but its answer is lost. Its repetition, which has the same
 * values, is answered.
 */
function losingPool(pool: Pool): PostgresPool {
  let calls = 0
  const known = new WeakSet<object>()
  return {
    async connect() {
      const client = await pool.connect()
      return {
        async query(text, values) {
          const result = await client.query(text, values)
          if (values === undefined || known.has(values)) return result
          known.add(values)
          if (++calls % 3 === 0) throw new Error('Connection terminated unexpectedly')
          return result
        },
        // It is fine; a new one would take long enough to change the order of arrival.
        release: () => client.release(),
        on: client.on.bind(client),
        removeListener: (event, listener) => client.removeListener(event, listener),
      }
    },
  }
}

describe.skipIf(!postgresPresent)(`Postgres${postgresNote}`, () => {
  let server: PostgresServer
  let pooler: Awaited<ReturnType<typeof startPooler>>
  let pooled: Pool
  let direct: Pool
  let losing: PostgresPool
  let strict: Pool
  const failures: string[] = []
  const onListenError = ({ message }: Error): void => void failures.push(message)
  beforeAll(async () => {
    server = await startPostgres()
    pooler = await startPooler(server)
    pooled = pooler.pool()
    direct = server.pool()
    losing = losingPool(server.pool())
    strict = server.pool({ options: '-c default_transaction_isolation=serializable' })
  }, 60_000)
  afterAll(async () => {
    await pooler?.stop()
    await server?.stop()
  })

  const ways: Record<string, () => Way> = {
    'one pool': () => ({ pool: direct, options: { onListenError } }),
    'without LISTEN': () => ({ pool: direct, options: { listen: false, pollMs: 100 } }),
    'a schema of its own': () => ({ pool: direct, options: { prefix: 'own.chat_' } }),
    'connections that lose every third answer': () => ({
      pool: losing,
      options: { listen: direct },
    }),
    'transactions that are serializable by default': () => ({ pool: strict }),
    'behind a pooler, with a direct address to listen': () => ({
      pool: pooled,
      options: { listen: direct, onListenError },
    }),
  }

  beforeAll(async () => {
    await direct.query('CREATE SCHEMA own')
  })

  describe.each(Object.entries(ways))('%s', (name, way) => {
    testStore({
      name,
      test: test.concurrent,
      store: (scenario) => postgresStore(way().pool, { ...way().options, ...scenario }),
    })
    testLog({
      name,
      test: test.concurrent,
      log: (scenario) => postgresLog(way().pool, { ...way().options, ...scenario }),
    })
  })

  test('notifications arrived in all the ways that listen', () => {
    expect(failures).toEqual([])
  })
})
