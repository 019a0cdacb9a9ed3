/** Outages of Redis during a turn: the turn survives, or ends with an error. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createConversation } from '../../../src/entries/conversation.js'
import { type RedisStoreOptions, redisStore } from '../../../src/entries/redis.js'
import { collect, outline } from '../../support/collect.js'
import { echo, held, lines } from '../../support/conversations.js'
import { lossyProxy } from '../../support/lossy-proxy.js'
import {
  type RedisServer,
  type RedisServerOptions,
  redisNote,
  redisPresent,
  startRedis,
} from '../../support/redis.js'
import { clients, type TestClient } from '../../support/redis-clients.js'

const cases = Object.entries(clients)

describe.skipIf(!redisPresent).each(cases)(`by %s${redisNote}`, (_name, connect) => {
  let server: RedisServer
  let given: TestClient
  const unhandled = vi.fn()
  beforeEach(() => {
    unhandled.mockReset()
    process.on('unhandledRejection', unhandled)
  })
  afterEach(async () => {
    given.close()
    await server.stop()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  async function start(options: RedisServerOptions = {}, storeOptions: RedisStoreOptions = {}) {
    server = await startRedis(options)
    given = await connect(server)
    const store = redisStore(given.client, storeOptions)
    const settings = { store, driver: echo(), leaseMs: 2_000, retry: false as const }
    return createConversation({ id: crypto.randomUUID(), ...settings })
  }

  test('a conversation survives a restart of Redis that loses no data', async () => {
    const conversation = await start({ durable: true })
    await conversation.send('a').text()
    const model = held('one')
    const turn = collect(conversation.send('b', { driver: model.driver }))
    await expect.poll(model.begun).toBe(1)
    await server.restart()
    model.finish()
    expect(outline(await turn)).toEqual(['start', 'text one', 'complete one'])
    expect(lines(await conversation.messages())).toEqual([
      'user a',
      'assistant a',
      'user b',
      'assistant one',
    ])
    expect(await conversation.send('c').final()).toMatchObject({ messageCount: 6 })
  }, 30_000)

  test('a restart that loses the history is a conflict, and the conversation continues', async () => {
    const conversation = await start()
    await conversation.send('a').text()
    const model = held('one')
    const turn = collect(conversation.send('b', { driver: model.driver }))
    await expect.poll(model.begun).toBe(1)
    await server.restart()
    model.finish()
    expect(outline(await turn)).toEqual(['start', 'text one', 'error conflict'])
    // The lock is released after the end at the latest.
    expect(await conversation.send('c').text()).toBe('c')
  }, 30_000)

  test('a Redis that is gone for good is an error with code store, in time', async () => {
    const conversation = await start({}, { commandTimeoutMs: 1_500 })
    const model = held('one')
    const turn = collect(conversation.send('a', { driver: model.driver }))
    await expect.poll(model.begun).toBe(1)
    await server.kill()
    model.finish()
    expect(outline(await turn)).toEqual(['start', 'text one', 'error store'])
    const next = conversation.send('b')
    const failures = await Promise.allSettled([
      next.text(),
      conversation.messages(),
      conversation.clear(),
    ])
    const failed = { status: 'rejected', reason: { code: 'store' } }
    expect(failures).toMatchObject([failed, failed, failed])
  }, 30_000)

  test('a Redis that does not answer is an error with code store, in time', async () => {
    const conversation = await start({}, { commandTimeoutMs: 1_500 })
    const model = held('one')
    const turn = collect(conversation.send('a', { driver: model.driver }))
    await expect.poll(model.begun).toBe(1)
    server.pause()
    model.finish()
    const events = await turn
    expect(outline(events)).toEqual(['start', 'text one', 'error store'])
    expect(events.at(-1)).toMatchObject({
      error: { message: expect.stringContaining('within 1500 ms') },
    })
  }, 30_000)

  test('an append that was queued during an outage is stored after it', async () => {
    const conversation = await start({ durable: true })
    await conversation.send('a').text()
    const model = held('one')
    const turn = collect(conversation.send('b', { driver: model.driver }))
    await expect.poll(model.begun).toBe(1)
    server.pause()
    model.finish()
    await new Promise((resolve) => setTimeout(resolve, 100))
    await server.restart()
    expect(outline(await turn)).toEqual(['start', 'text one', 'complete one'])
    expect(await conversation.messages()).toHaveLength(4)
  }, 30_000)

  test('an append whose response is lost is stored once, without a conflict', async () => {
    server = await startRedis()
    const proxy = await lossyProxy(server.port)
    given = await connect(proxy)
    const store = redisStore(given.client)
    const settings = { store, driver: echo(), leaseMs: 60_000 }
    const conversation = createConversation({ id: crypto.randomUUID(), ...settings })
    await conversation.send('a').text()
    const model = held('one')
    const turn = collect(conversation.send('b', { driver: model.driver }))
    await expect.poll(model.begun).toBe(1)
    proxy.loseNextAnswer()
    model.finish()
    expect(outline(await turn)).toEqual(['start', 'text one', 'complete one'])
    expect(proxy.lost()).toBe(1)
    expect(await conversation.messages()).toHaveLength(4)
    await proxy.close()
  }, 30_000)

  test('a lock whose response is lost is taken once, and the turn continues', async () => {
    server = await startRedis()
    const proxy = await lossyProxy(server.port)
    given = await connect(proxy)
    const store = redisStore(given.client)
    const settings = { store, driver: echo(), leaseMs: 60_000 }
    const conversation = createConversation({ id: crypto.randomUUID(), ...settings })
    await conversation.send('a').text()
    proxy.loseNextAnswer()
    expect(await conversation.send('b').final()).toMatchObject({ messageCount: 4 })
    expect(proxy.lost()).toBe(1)
    expect(await conversation.send('c', { onConflict: 'reject' }).text()).toMatch(/c$/)
    await proxy.close()
  }, 30_000)

  test('a waiting turn receives the error of an outage', async () => {
    const conversation = await start({}, { commandTimeoutMs: 1_500 })
    const model = held('one')
    const turn = collect(conversation.send('a', { driver: model.driver }))
    await expect.poll(model.begun).toBe(1)
    const waiting = collect(conversation.send('b'))
    await server.kill()
    expect(outline(await waiting)).toEqual(['start', 'error store'])
    model.finish()
    expect(outline(await turn)).toEqual(['start', 'text one', 'error store'])
  }, 30_000)
})
