/**
 * The store of Redis keeps the contract on a cluster too.
 */

import { afterAll, beforeAll, describe, test } from 'vitest'
import { redisStore } from '../../../src/entries/redis.js'
import { testStore } from '../../../src/entries/testing.js'
import { redisNote, redisPresent } from '../../support/redis.js'
import { clusterClients, type TestClient } from '../../support/redis-clients.js'
import { type RedisCluster, startRedisCluster } from '../../support/redis-cluster.js'

describe.skipIf(!redisPresent)(`a redis cluster${redisNote}`, () => {
  let cluster: RedisCluster
  const given: TestClient[] = []
  beforeAll(async () => {
    cluster = await startRedisCluster()
  }, 60_000)
  afterAll(async () => {
    for (const client of given) client.close()
    await cluster.stop()
  })

  for (const [name, connect] of Object.entries(clusterClients)) {
    let client: Promise<TestClient> | undefined
    testStore({
      name,
      test: test.concurrent,
      store: async ({ ttlMs }) => {
        client ??= connect(cluster.nodes)
        const connected = await client
        given.push(connected)
        return redisStore(connected.client, { ttlMs })
      },
    })
  }
})
