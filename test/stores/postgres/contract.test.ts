/**
 * The contracts on a real Postgres: on one pool, by polling, and behind a pooler.
 */

import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PostgresOptions, postgresLog, postgresStore } from '../../../src/entries/postgres.js'
import { testLog, testStore } from '../../../src/entries/testing.js'
import {
  type PostgresServer,
  postgresNote,
  postgresPresent,
  startPooler,
  startPostgres,
} from '../../support/postgres.js'

interface Way {
  pool: Pool
  options?: PostgresOptions
}

describe.skipIf(!postgresPresent)(`Postgres${postgresNote}`, () => {
  let server: PostgresServer
  let pooler: Awaited<ReturnType<typeof startPooler>>
  let pooled: Pool
  let direct: Pool
  const failures: string[] = []
  const onListenError = ({ message }: Error): void => void failures.push(message)
  beforeAll(async () => {
    server = await startPostgres()
    pooler = await startPooler(server)
    pooled = pooler.pool()
    direct = server.pool()
  }, 60_000)
  afterAll(async () => {
    await pooler?.stop()
    await server?.stop()
  })

  const ways: Record<string, () => Way> = {
    'one pool': () => ({ pool: direct, options: { onListenError } }),
    'without LISTEN': () => ({ pool: direct, options: { listen: false, pollMs: 100 } }),
    'a schema of its own': () => ({ pool: direct, options: { prefix: 'own.chat_' } }),
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
