import { Pool } from 'pg'
import { afterAll, describe, test } from 'vitest'
import { postgresLog, postgresStore } from '../../../src/entries/postgres.js'
import { testLog, testStore } from '../../../src/entries/testing.js'

describe('q', () => {
  const pool = new Pool({ host: '127.0.0.1', port: 54999, user: 'postgres' })
  afterAll(() => pool.end())
  testStore({ name: 'pg', test: test.concurrent, store: (options) => postgresStore(pool, options) })
  testLog({ name: 'pg', test: test.concurrent, log: (options) => postgresLog(pool, options) })
})
describe('poll', () => {
  const pool = new Pool({ host: '127.0.0.1', port: 54999, user: 'postgres' })
  afterAll(() => pool.end())
  testStore({ name: 'pg', test: test.concurrent, store: (options) => postgresStore(pool, {...options, listen: false}) })
  testLog({ name: 'pg', test: test.concurrent, log: (options) => postgresLog(pool, {...options, listen: false}) })
})
