/**
 * Every store keeps the contract of a store.
 */

import { afterAll, beforeAll, describe, test } from 'vitest'
import { memoryStore } from '../../src/entries/conversation.js'
import { redisStore } from '../../src/entries/redis.js'
import { testStore } from '../../src/entries/testing.js'
import { type RedisServer, redisNote, redisPresent, startRedis } from '../support/redis.js'
import { clients, type TestClient } from '../support/redis-clients.js'

describe('memory', () => {
  testStore({ name: 'memory', test: test.concurrent, store: ({ ttlMs }) => memoryStore({ ttlMs }) })
})

describe.skipIf(!redisPresent).each(Object.entries(clients))(
  `redis by %s${redisNote}`,
  (name, connect) => {
    let server: RedisServer
    let given: TestClient
    beforeAll(async () => {
      server = await startRedis()
      given = await connect(server)
    }, 30_000)
    afterAll(async () => {
      given.close()
      await server.stop()
    })
    testStore({
      name,
      test: test.concurrent,
      store: ({ ttlMs }) => redisStore(given.client, { ttlMs }),
    })
  },
)
