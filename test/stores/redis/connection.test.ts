import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { closeClient, type RedisClient } from '../../../src/stores/redis/client.js'
import { RedisConnection } from '../../../src/stores/redis/connection.js'
import { lossyProxy } from '../../support/lossy-proxy.js'
import { type RedisServer, redisNote, redisPresent, startRedis } from '../../support/redis.js'
import { clients, clusterClients, type TestClient } from '../../support/redis-clients.js'
import { type RedisCluster, startRedisCluster } from '../../support/redis-cluster.js'

const count = {
  lua: "redis.call('SET', KEYS[1], ARGV[1]) return {redis.call('GET', KEYS[1]), 7, {}}",
}

describe.skipIf(!redisPresent)(`a connection to one server${redisNote}`, () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  }, 30_000)
  afterAll(() => server.stop())

  describe.each(Object.entries(clients))('by %s', (_name, connect) => {
    let given: TestClient
    let connection: RedisConnection
    beforeEach(async () => {
      given = await connect(server)
      connection = new RedisConnection(given.client, 5_000)
      await connection.send('', ['FLUSHALL'])
    })
    afterEach(() => given.close())

    test('commands return strings and numbers, with any characters', async () => {
      const text = 'Grüße 🌊\r\n"\\\0'
      expect(await connection.send('k', ['SET', 'k', text])).toBe('OK')
      expect(await connection.send('k', ['GET', 'k'])).toBe(text)
      expect(await connection.send('k', ['GET', 'nothing'])).toBeNull()
      expect(await connection.send('l', ['RPUSH', 'l', 'a', 'b'])).toBe(2)
      expect(await connection.send('l', ['LRANGE', 'l', '0', '-1'])).toEqual(['a', 'b'])
    })

    test('a script runs whether Redis has it, lacks it or has evicted it', async () => {
      const script = { ...count }
      expect(await connection.run(script, ['k'], ['1'])).toEqual(['1', 7, []])
      expect(await connection.run(script, ['k'], ['2'])).toEqual(['2', 7, []])
      await connection.send('', ['SCRIPT', 'FLUSH'])
      expect(await connection.run(script, ['k'], ['3'])).toEqual(['3', 7, []])
      const stats = String(await connection.send('', ['INFO', 'commandstats']))
      expect(stats).toMatch(/cmdstat_evalsha:calls=\d+/)
    })

    test('an error of Redis becomes a StreamError with code store, with its message and cause', async () => {
      const failure = connection.send('k', ['INCR'])
      await expect(failure).rejects.toMatchObject({
        code: 'store',
        message: expect.stringContaining('wrong number of arguments'),
        cause: expect.any(Error),
      })
      await expect(
        connection.run({ lua: 'return nothing.at.all' }, ['k'], []),
      ).rejects.toMatchObject({
        code: 'store',
      })
    })

    test('a command fails in time when Redis does not answer, and later commands work', async () => {
      const impatient = new RedisConnection(given.client, 100)
      server.pause()
      try {
        await expect(impatient.send('k', ['GET', 'k'])).rejects.toMatchObject({
          code: 'store',
          message: 'Redis did not answer GET within 100 ms.',
        })
      } finally {
        server.resume()
      }
      expect(await connection.send('k', ['GET', 'k'])).toBeNull()
    })

    test('a connection survives a restart of the server', async () => {
      await connection.run(count, ['k'], ['1'])
      await server.restart()
      // What is sent while the connection breaks may fail, with a clear error.
      const first = await connection.send('k', ['GET', 'k']).catch((error: unknown) => error)
      expect(first === null || (first as { code: string }).code === 'store').toBe(true)
      await expect.poll(() => connection.run(count, ['k'], ['2'])).toEqual(['2', 7, []])
    })

    test('a script is repeated when its response is lost with the connection', async () => {
      const proxy = await lossyProxy(server.port)
      const lossy = await connect(proxy)
      const overProxy = new RedisConnection(lossy.client, 5_000)
      const increment = { lua: "return redis.call('INCR', KEYS[1])" }
      expect(await overProxy.run(increment, ['k'], [])).toBe(1)
      proxy.loseNextAnswer()
      expect(await overProxy.run(increment, ['k'], [])).toBe(3)
      expect(proxy.lost()).toBe(1)
      lossy.close()
      await proxy.close()
    })

    test('duplicate() returns a client that outlives the first one, and that the caller closes', async () => {
      const lent = await connection.duplicate()
      given.close()
      const other = new RedisConnection(lent, 5_000)
      expect(await other.send('k', ['SET', 'k', 'v'])).toBe('OK')
      closeClient(lent)
      closeClient(lent)
      await expect(other.send('k', ['GET', 'k'])).rejects.toMatchObject({ code: 'store' })
    })
  })
})

describe.skipIf(!redisPresent)(`a connection to a cluster${redisNote}`, () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startRedisCluster()
  }, 60_000)
  afterAll(() => cluster.stop())

  test.each(Object.entries(clusterClients))(
    'a connection to a cluster by %s reaches the server of each key',
    async (_name, connect) => {
      const { client, close } = await connect(cluster.nodes)
      try {
        const connection = new RedisConnection(client, 5_000)
        for (let index = 0; index < 20; index++) {
          const key = `{${index}}:k`
          expect(await connection.run(count, [key], [`${index}`])).toEqual([`${index}`, 7, []])
          expect(await connection.send(key, ['GET', key])).toBe(`${index}`)
        }
        const lent = await connection.duplicate()
        const other = new RedisConnection(lent, 5_000)
        for (let index = 0; index < 20; index++) {
          expect(await other.send(`{${index}}:k`, ['GET', `{${index}}:k`])).toBe(`${index}`)
        }
        closeClient(lent)
      } finally {
        close()
      }
    },
    30_000,
  )
})

describe('unsupported clients', () => {
  const cases: [string, unknown][] = [
    ['undefined', undefined],
    ['a url', 'redis://localhost'],
    ['another object', { get: () => {} }],
    ['a sentinel of node-redis', { sendCommand() {}, duplicate() {}, getSentinelNode() {} }],
  ]
  test.each(cases)(
    'an unsupported client throws a TypeError that lists the supported ones: %s',
    (_name, client) => {
      const create = () => new RedisConnection(client as RedisClient, 1_000)
      expect(create).toThrow(TypeError)
      expect(create).toThrow(/createClient\(\).*ioredis/)
    },
  )
})
