import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createConversation } from '../../../src/entries/conversation.js'
import { type RedisStoreOptions, redisStore } from '../../../src/entries/redis.js'
import type { RedisClient } from '../../../src/stores/redis/client.js'
import { RedisConnection } from '../../../src/stores/redis/connection.js'
import { lockScript } from '../../../src/stores/redis/store-scripts.js'
import { echo, held } from '../../support/conversations.js'
import { type RedisServer, redisNote, redisPresent, startRedis } from '../../support/redis.js'
import { clients, type TestClient } from '../../support/redis-clients.js'

describe.skipIf(!redisPresent)(`redisStore${redisNote}`, () => {
  let server: RedisServer
  let given: TestClient
  let redis: RedisConnection
  beforeAll(async () => {
    server = await startRedis()
    given = await clients['node-redis'](server)
    redis = new RedisConnection(given.client, 5_000)
  }, 30_000)
  afterEach(() => redis.send('', ['FLUSHALL']))
  afterAll(async () => {
    given.close()
    await server.stop()
  })

  const start = (options?: RedisStoreOptions) =>
    createConversation({ id: 'a {b}', driver: echo(), store: redisStore(given.client, options) })

  /** The remaining time of each key but those of the list, in milliseconds. */
  async function keys(): Promise<Record<string, number>> {
    const all = (await redis.send('', ['KEYS', '*'])) as string[]
    const names = all.filter((name) => !name.includes('{index}'))
    const left = names
      .toSorted()
      .map(
        async (name): Promise<[string, number]> => [
          name,
          Number(await redis.send(name, ['PTTL', name])),
        ],
      )
    return Object.fromEntries(await Promise.all(left))
  }

  test('redisStore() leaves one key, and those of the lock only while a turn runs', async () => {
    const model = held('one')
    const conversation = start({ ttlMs: 3_600_000 })
    await conversation.send('a').text()
    const running = conversation.send('b', { driver: model.driver }).text()
    await expect.poll(model.begun).toBe(1)
    const waiting = conversation.send('c').text()
    // Every key has an end of its own, whatever becomes of its process.
    await expect
      .poll(async () => Object.keys(await keys()))
      .toEqual([
        'sluice:conversation:{a %7Bb%7D}:asked',
        'sluice:conversation:{a %7Bb%7D}:history',
        'sluice:conversation:{a %7Bb%7D}:lock',
        'sluice:conversation:{a %7Bb%7D}:queue',
      ])
    for (const left of Object.values(await keys())) expect(left).toBeGreaterThan(0)
    model.finish()
    await Promise.all([running, waiting])
    const after = await keys()
    expect(Object.keys(after)).toEqual(['sluice:conversation:{a %7Bb%7D}:history'])
    const [left = 0] = Object.values(after)
    expect(left).toBeGreaterThan(3_600_000 - 60_000)
    expect(left).toBeLessThanOrEqual(3_600_000)
  })

  test('redisStore() keeps conversations without a limit by default, under any prefix', async () => {
    await start({ prefix: 'chat:' }).send('a').text()
    expect(await keys()).toEqual({ 'chat:{a %7Bb%7D}:history': -1 })
  })

  test('redisStore() deletes what is left of a cleared conversation a day later, unless it continues', async () => {
    const conversation = start()
    await conversation.send('a').text()
    await conversation.clear()
    const [left = 0] = Object.values(await keys())
    expect(left).toBeGreaterThan(86_400_000 - 60_000)
    await conversation.send('b').text()
    expect(Object.values(await keys())).toEqual([-1])
  })

  test('a draft in Redis is written without the messages', async () => {
    const store = redisStore(given.client)
    const add = [{ role: 'user' as const, content: 'x'.repeat(1_000_000) }]
    let version = await store.write('a', { add }, null)
    const sentBytes = async (): Promise<number> => {
      const info = String(await redis.send('', ['INFO', 'stats']))
      return Number(/total_net_input_bytes:(\d+)/.exec(info)?.[1])
    }
    const before = await sentBytes()
    for (let step = 0; step < 10; step++)
      version = await store.write('a', { draft: { step } }, version)
    expect((await sentBytes()) - before).toBeLessThan(20_000)
    expect(await store.load('a')).toEqual({ messages: add, version, draft: { step: 9 } })
  })

  test('a waiting process that died does not delay the next one for long', async () => {
    const store = redisStore(given.client)
    const lock = await store.lock('x', { ttlMs: 30_000 })
    const key = (name: string): string => `sluice:conversation:{x}:${name}`
    const all = [key('history'), key('lock'), key('queue'), key('asked')] as const
    const askedAt = Date.now()
    // It polls once, and never again.
    expect(await redis.run(lockScript, [...all], ['dead', '30000', '', '1', '3000'])).toBe(1)
    const next = store.lock('x', { ttlMs: 30_000 })
    await lock.release()
    await (await next).release()
    expect(Date.now() - askedAt).toBeGreaterThanOrEqual(2_990)
  })

  test('redisStore() reports a key that holds something else', async () => {
    const key = 'sluice:conversation:{a %7Bb%7D}:history'
    await redis.send(key, ['RPUSH', key, 'version', 'no message'])
    await expect(start().messages()).rejects.toMatchObject({
      code: 'store',
      message: expect.stringContaining('"a {b}"'),
    })
    await redis.send(key, ['SET', key, 'text'])
    await expect(start().messages()).rejects.toMatchObject({
      code: 'store',
      message: expect.stringContaining('WRONGTYPE'),
    })
  })

  const cases: [string, unknown, string[]][] = [
    ['options that are not an object', 5, ['"options"', '5']],
    ['a misspelt option', { ttl: 5 }, ['"ttl"', 'ttlMs']],
    ['a prefix with braces', { prefix: '{a}' }, ['"prefix"', '{a}']],
    ['a ttlMs of zero', { ttlMs: 0 }, ['"ttlMs"', '0']],
    ['a commandTimeoutMs of zero', { commandTimeoutMs: 0 }, ['"commandTimeoutMs"', '0']],
  ]
  test.each(cases)('redisStore() throws a TypeError for %s', (_name, options, words) => {
    const create = () => redisStore(given.client, options as RedisStoreOptions)
    expect(create).toThrow(TypeError)
    for (const word of words) expect(create).toThrow(word)
  })
})

test('redisStore() throws a TypeError for an unsupported client', () => {
  expect(() => redisStore({} as RedisClient)).toThrow(/createClient\(\)/)
})
