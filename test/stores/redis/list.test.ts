/**
 * The lists of conversations and of abandoned streams, which are not written at once with what they
 * list.
 */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ConversationStore } from '../../../src/entries/conversation.js'
import { redisLog, redisStore } from '../../../src/entries/redis.js'
import { RedisConnection } from '../../../src/stores/redis/connection.js'
import { type RedisServer, redisNote, redisPresent, startRedis } from '../../support/redis.js'
import { clients, type TestClient } from '../../support/redis-clients.js'

const add = [{ role: 'user' as const, content: 'Hello' }]
const hourMs = 3_600_000
const dayMs = 24 * hourMs

describe.skipIf(!redisPresent)(`lists in Redis${redisNote}`, () => {
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

  const send = (...command: [string, ...string[]]) => redis.send('', command)
  const of = (name: string, kind = 'conversation') => `sluice:${kind}:{index}:${name}`
  const listed = async (store: ConversationStore): Promise<string[]> =>
    ((await store.list?.())?.conversations ?? []).map(({ id }) => id)
  const indexed = async (kind?: string): Promise<unknown> =>
    await send('ZRANGE', of('times', kind), '0', '-1')
  /** As if it had been indexed some time ago. */
  const age = (id: string, ageMs: number, kind?: string) =>
    send('ZADD', of('times', kind), String((Date.now() - ageMs) * 1_000), id)
  const later = (id: string, kind?: string) => send('ZADD', of('looks', kind), '0', id)

  test('a process that died between the list and the new conversation leaves nothing in the list', async () => {
    const store = redisStore(given.client)
    await store.write('a', { add }, null)
    await age('crashed', 61_000)
    await age('just now', 1_000)
    expect(await listed(store)).toEqual(['a'])
    // The other one may be on its way.
    expect(await indexed()).toEqual(['just now', 'a'])
    await store.write('just now', { add }, null)
    expect(await listed(store)).toEqual(['just now', 'a'])
  })

  test('a conversation that the list has lost is in it again after its next change', async () => {
    const store = redisStore(given.client)
    const version = await store.write('a', { add, title: 'A' }, null)
    await send('DEL', of('times'), of('names'), of('looks'))
    expect(await listed(store)).toEqual([])
    await store.write('a', { draft: { step: 1 } }, version)
    expect(await store.list?.({ prefix: 'a' })).toMatchObject({
      conversations: [{ id: 'a', title: 'A', messageCount: 1 }],
    })
  })

  test('a change that is stored does not fail because of the list', async () => {
    const store = redisStore(given.client)
    const version = await store.write('a', { add }, null)
    await send('SET', of('times'), 'something else')
    const next = await store.write('a', { add }, version)
    expect(await store.load('a')).toMatchObject({ version: next, messages: [{}, {}] })
    // A new one would be in no list, so it is not stored.
    await expect(store.write('b', { add }, null)).rejects.toMatchObject({ code: 'store' })
    expect((await store.load('b')).version).toBeNull()
  })

  test('a list that nobody reads forgets the conversations that have expired, and no others', async () => {
    const store = redisStore(given.client, { ttlMs: hourMs })
    for (const id of ['a', 'b', 'c']) await store.write(id, { add }, null)
    await send('DEL', 'sluice:conversation:{a}:history', 'sluice:conversation:{b}:history')
    for (const id of ['a', 'b', 'c']) await later(id)
    // Two at once
    await store.write('d', { add }, null)
    await store.write('e', { add }, null)
    await expect.poll(() => indexed()).toEqual(['c', 'd', 'e'])
    expect(Number(await send('ZSCORE', of('looks'), 'c')) - Date.now()).toBeGreaterThan(hourMs)
  })

  test('the list of conversations with a limit has an end, too, and that of others has none', async () => {
    const ends = async () => Number(await send('PTTL', of('times')))
    await redisStore(given.client, { ttlMs: hourMs }).write('a', { add }, null)
    expect(await ends()).toBeGreaterThan(dayMs)
    expect(await ends()).toBeLessThan(dayMs + 3 * hourMs)
    await redisStore(given.client).write('b', { add }, null)
    await redisStore(given.client, { ttlMs: hourMs }).write('c', { add }, null)
    expect(await ends()).toBe(-1)
  })

  test('changes in the list have different times, whatever the clock of the server', async () => {
    const store = redisStore(given.client)
    await store.write('a', { add }, null)
    await age('a', -dayMs)
    for (const id of ['b', 'c', 'd']) await store.write(id, { add }, null)
    expect(await listed(store)).toEqual(['d', 'c', 'b', 'a'])
    const page = await store.list?.({ limit: 2 })
    const rest = await store.list?.({ limit: 2, before: page?.next ?? '' })
    expect(rest?.conversations.map(({ id }) => id)).toEqual(['b', 'a'])
  })

  test('the list of one prefix reads its conversations only, in steps', async () => {
    const store = redisStore(given.client)
    const ids = Array.from({ length: 1_200 }, (_, index) => `user-42/${index}`)
    for (const id of [...ids, 'user-41/a', 'user-43/a']) void store.write(id, { add }, null)
    await expect
      .poll(async () => Number(await send('ZCARD', of('times'))), { timeout: 10_000 })
      .toBe(1_202)
    const found: string[] = []
    let before: string | undefined
    do {
      const page = await store.list?.({ prefix: 'user-42/', limit: 500, ...(before && { before }) })
      found.push(...(page?.conversations.map(({ id }) => id) ?? []))
      before = page?.next
    } while (before !== undefined)
    expect(found.toSorted()).toEqual(ids.toSorted())
  }, 30_000)

  test('streams that have ended, or were never created, are not looked at again', async () => {
    const log = redisLog(given.client)
    const lease = { fence: 'a', leaseMs: 60_000 }
    for (const id of ['held', 'ended', 'left']) await log.create(id, lease)
    await log.append('ended', lease, { first: 1, events: ['{}'], ended: true })
    expect(await indexed('stream')).toEqual(['held', 'left'])
    await log.release('left', lease)
    // Its process died after the end.
    await age('ended', 61_000, 'stream')
    await age('never created', 61_000, 'stream')
    await age('not created yet', 1_000, 'stream')
    expect(await log.abandoned?.(10)).toEqual(['left'])
    expect(await indexed('stream')).toEqual(['not created yet', 'held', 'left'])
    await log.seal('left', { first: 1, events: ['{}'], ended: true })
    expect(await log.abandoned?.(10)).toEqual([])
  })

  test('a list of streams that nobody reads forgets those that are gone', async () => {
    const log = redisLog(given.client)
    const lease = { fence: 'a', leaseMs: 60_000 }
    for (const id of ['a', 'b']) await log.create(id, lease)
    await send('DEL', 'sluice:stream:{a}:log')
    for (const id of ['a', 'b']) await later(id, 'stream')
    await log.create('c', lease)
    await expect.poll(() => indexed('stream')).toEqual(['b', 'c'])
    expect(Number(await send('PTTL', of('times', 'stream')))).toBeGreaterThan(dayMs)
  })
})
