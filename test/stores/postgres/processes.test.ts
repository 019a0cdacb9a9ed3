/**
 * Several processes on one Postgres.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConversationStore } from '../../../src/entries/conversation.js'
import { testLog, testStore } from '../../../src/entries/testing.js'
import {
  type PostgresServer,
  postgresNote,
  postgresPresent,
  startPooler,
  startPostgres,
} from '../../support/postgres.js'
import { StoreProcess } from '../../support/store-process.js'
import { processCases } from '../process-cases.js'

describe.skipIf(!postgresPresent)(`processes on one Postgres${postgresNote}`, () => {
  let server: PostgresServer
  let pooler: Awaited<ReturnType<typeof startPooler>>

  beforeAll(async () => {
    server = await startPostgres()
    pooler = await startPooler(server)
  }, 60_000)
  afterAll(async () => {
    await pooler?.stop()
    await server?.stop()
  })

  describe.each(['direct', 'behind a pooler'] as const)('%s', (way) => {
    let children: StoreProcess[] = []
    beforeAll(() => {
      const { config } = server
      children = [1, 2, 3].map(
        () =>
          new StoreProcess(
            way === 'direct'
              ? { postgres: config }
              : { postgres: pooler.config, listen: { ...config, max: 1 } },
          ),
      )
    })
    afterAll(() => Promise.all(children.map((child) => child.kill())))
    let calls = 0
    const next = (): StoreProcess => children[calls++ % children.length] as StoreProcess

    testStore({
      name: 'three processes',
      test: test.concurrent,
      store: ({ ttlMs }): ConversationStore => ({
        load: (id) => next().store(ttlMs).load(id),
        write: (id, change, version) => next().store(ttlMs).write(id, change, version),
        clear: (id) => next().store(ttlMs).clear(id),
        lock: (id, options) => next().store(ttlMs).lock(id, options),
        list: async (options) =>
          (await next().store(ttlMs).list?.(options)) ?? { conversations: [] },
      }),
    })

    testLog({
      name: 'three processes',
      test: test.concurrent,
      log: ({ ttlMs }) => next().log(ttlMs),
      other: ({ ttlMs }) => next().log(ttlMs),
    })
  })

  test('ten processes create the tables of one new database at the same time', async () => {
    await server.pool().query('CREATE DATABASE another')
    const postgres = { ...server.config, database: 'another', max: 2 }
    const children = Array.from({ length: 10 }, () => new StoreProcess({ postgres }))
    const writes = children.flatMap((child, index) => [
      child.store(60_000).write(`${index}`, { draft: { index } }, null),
      child.log(60_000).create(`${index}`, { fence: 'a', leaseMs: 60_000 }),
    ])
    await Promise.all(writes)
    const drafts = await Promise.all(
      children.map(async (_, index) => (await children[0]?.store(60_000).load(`${index}`))?.draft),
    )
    expect(drafts).toEqual(children.map((_, index) => ({ index })))
    await Promise.all(children.map((child) => child.kill()))
  }, 60_000)

  processCases(() => new StoreProcess({ postgres: server.config }))
})
