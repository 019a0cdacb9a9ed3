import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisLog } from '../../../src/entries/redis.js'
import { createResumable } from '../../../src/entries/resumable.js'
import { testLog } from '../../../src/entries/testing.js'
import { RedisConnection } from '../../../src/stores/redis/connection.js'
import { checkProperty } from '../../resumable/property.js'
import { type RedisServer, redisNote, redisPresent, startRedis } from '../../support/redis.js'
import { clients, clusterClients, type TestClient } from '../../support/redis-clients.js'
import { type RedisCluster, startRedisCluster } from '../../support/redis-cluster.js'

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

    test('a stream that Redis evicts is lost, and its producer appends nothing more', async () => {
      const log = logOf(0)({})
      const redis = new RedisConnection((both[1] as TestClient).client, 5_000)
      const id = crypto.randomUUID()
      const lease = { fence: 'a', leaseMs: 60_000 }
      await log.create(id, lease)
      await log.append(id, lease, { first: 1, events: ['{}'], ended: false })
      await log.stop(id)
      const key = `sluice:stream:{${id}}:log`
      expect(await redis.send(key, ['DEL', key])).toBe(1)
      expect(await log.read(id, 0)).toBeNull()
      expect(await log.renew(id, lease)).toBe('lost')
      for (const ended of [false, true]) {
        expect(await log.append(id, lease, { first: 2, events: ['{}'], ended })).toBe('lost')
      }
      expect(await redis.send(key, ['EXISTS', key])).toBe(0)
      // Nothing is left of the old one in a new one.
      const other = { fence: 'b', leaseMs: 60_000 }
      expect(await log.create(id, other)).toBe(true)
      expect(await log.renew(id, other)).toBe('held')
      await redis.send(key, ['DEL', `sluice:stream:{${id}}:state`])
      expect(await log.append(id, other, { first: 1, events: ['{}'], ended: false })).toBe('lost')
      expect(await log.read(id, 0)).toMatchObject({ last: 0, leaseLeftMs: 0 })
    })

    test('every follower reads every event once and in order, however often it reconnects', async () => {
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
])('redisLog() rejects the options %j', (options, words) => {
  const client = { call: () => {} } as never
  for (const word of words) expect(() => redisLog(client, options as object)).toThrow(word)
})
