import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisLog } from '../../../src/redis.js'
import { createResumable } from '../../../src/resumable.js'
import { RedisConnection } from '../../../src/state/redis/connection.js'
import { testLog } from '../../../src/testing.js'
import { type RedisServer, redisNote, redisPresent, startRedis } from '../../support/redis.js'
import { clients, clusterClients, type TestClient } from '../../support/redis-clients.js'
import { type RedisCluster, startRedisCluster } from '../../support/redis-cluster.js'
import { checkProperty } from '../resumable/property.js'
import { readRest, Speaker } from '../resumable/support.js'

describe.skipIf(!redisPresent)(`one server${redisNote}`, () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  }, 30_000)
  afterAll(() => server.stop())

  describe.each(Object.entries(clients))('by %s', (_name, connect) => {
    const both: TestClient[] = []
    beforeAll(async () => {
      both.push(await connect(server), await connect(server))
    })
    afterAll(() => both.forEach(({ close }) => close()))
    const logOf = (which: number) => (options: object) =>
      redisLog((both[which] as TestClient).client, options)

    testLog({ name: 'redisLog', test, log: logOf(0), other: logOf(1) })

    test('a process needs one connection more, however many follow, and only while somebody does', async () => {
      const log = logOf(0)({})
      const resumable = createResumable({ log })
      const redis = new RedisConnection((both[1] as TestClient).client, 5_000)
      const listening = async (): Promise<number> => {
        const list = String(await redis.send('', ['CLIENT', 'LIST', 'TYPE', 'pubsub']))
        return list.split('\n').filter((line) => line !== '').length
      }
      await expect.poll(listening, { timeout: 5_000 }).toBe(0)
      const speakers = Array.from({ length: 20 }, () => new Speaker())
      const followers: Promise<unknown>[] = []
      for (const speaker of speakers) {
        const { id } = await resumable.publish(crypto.randomUUID(), speaker.stream)
        for (let index = 0; index < 10; index++) followers.push(readRest(resumable, id))
      }
      for (const speaker of speakers) speaker.say('a')
      await expect.poll(listening).toBe(1)
      for (const speaker of speakers) speaker.end()
      for (const events of await Promise.all(followers)) expect(events).toHaveLength(3)
      await expect.poll(listening, { timeout: 5_000 }).toBe(0)
    }, 30_000)

    test('every follower reads every event once and in order, however often it comes back', async () => {
      const processes = [0, 1].map((which) => createResumable({ log: logOf(which)({}) }))
      await checkProperty(processes, 40)
    }, 60_000)
  })
})

describe.skipIf(!redisPresent)(`a cluster${redisNote}`, () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startRedisCluster()
  }, 60_000)
  afterAll(() => cluster.stop())

  describe.each(Object.entries(clusterClients))('by %s', (_name, connect) => {
    const both: TestClient[] = []
    beforeAll(async () => {
      both.push(await connect(cluster.nodes), await connect(cluster.nodes))
    }, 30_000)
    afterAll(() => both.forEach(({ close }) => close()))
    const logOf = (which: number) => (options: object) =>
      redisLog((both[which] as TestClient).client, options)

    testLog({ name: 'redisLog', test, log: logOf(0), other: logOf(1) })
  })
})

test.each([
  [{ prefix: 'a{b}' }, ['"prefix"', '"a{b}"', 'without braces']],
  [{ ttlMs: 0 }, ['"ttlMs"', '0']],
  [{ commandTimeoutMs: -1 }, ['"commandTimeoutMs"', '-1']],
  [{ ttl: 5 }, ['"ttl"', 'ttlMs']],
])('refuses the options %j', (options, words) => {
  const client = { call: () => {} } as never
  for (const word of words) expect(() => redisLog(client, options as object)).toThrow(word)
})
