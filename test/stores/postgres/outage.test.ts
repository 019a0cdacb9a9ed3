/**
 * Outages of Postgres: streams and turns survive, or end with an error.
 */

import type { Pool } from 'pg'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createConversation } from '../../../src/entries/conversation.js'
import {
  type PostgresLogOptions,
  type PostgresStoreOptions,
  postgresLog,
  postgresStore,
} from '../../../src/entries/postgres.js'
import { createResumable, type Resumable } from '../../../src/entries/resumable.js'
import { follow, readRest, Speaker, until } from '../../resumable/support.js'
import { collect, outline } from '../../support/collect.js'
import { echo, held, lines } from '../../support/conversations.js'
import {
  type PostgresServer,
  postgresNote,
  postgresPresent,
  startPostgres,
} from '../../support/postgres.js'

const texts = (length: number): string[] =>
  Array.from({ length }, (_, index) => `text ${index + 1} `)

/** Emits numbers until the test ends it. */
function count(speaker: Speaker): () => number {
  let said = 0
  const timer = setInterval(() => speaker.say(`${++said} `), 2)
  return () => {
    clearInterval(timer)
    speaker.end()
    return said
  }
}

describe.skipIf(!postgresPresent)(`outages of Postgres${postgresNote}`, () => {
  let server: PostgresServer
  let pool: Pool
  const unhandled = vi.fn()
  beforeEach(async () => {
    unhandled.mockReset()
    process.on('unhandledRejection', unhandled)
    process.on('uncaughtExceptionMonitor', unhandled)
    server = await startPostgres()
    pool = server.pool()
  }, 60_000)
  afterEach(async () => {
    await server.stop()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    process.off('uncaughtExceptionMonitor', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  function resumableOf(leaseMs: number, options: PostgresLogOptions = {}): Resumable {
    return createResumable({ log: postgresLog(pool, options), leaseMs })
  }

  function conversationOf(options: PostgresStoreOptions = {}) {
    const store = postgresStore(pool, options)
    const settings = { store, driver: echo(), leaseMs: 10_000, retry: false as const }
    return createConversation({ id: crypto.randomUUID(), ...settings })
  }

  /** Ends connections of the server: those that listen, or the others. */
  async function terminate(isListening: boolean): Promise<number> {
    const { rowCount } = await server.pool({ max: 1, application_name: 'killer' }).query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND application_name <> 'killer'
         AND (query ~ '^LISTEN') = $1`,
      [isListening],
    )
    return rowCount ?? 0
  }

  test('connections that are ended repeatedly lose nothing and double nothing', async () => {
    const resumable = resumableOf(10_000)
    const speaker = new Speaker()
    const { ended } = await resumable.publish('s', speaker.stream)
    await until(
      async () => ((await postgresLog(pool).read('s', 0))?.last ?? 0) > 0,
      'its start is in the log',
    )
    const followers = [0, 1, 0].map((after) => readRest(resumable, 's', after))
    const end = count(speaker)
    let listening = 0
    for (let round = 0; round < 6; round++) {
      await new Promise((resolve) => setTimeout(resolve, 250))
      const terminated = await terminate(round % 2 === 0)
      if (round % 2 === 0) listening += terminated
    }
    expect(listening).toBeGreaterThan(0)
    const said = end()
    expect(await ended).toMatchObject({ type: 'complete' })
    const all = ['start', ...texts(said)]
    for (const [index, events] of (await Promise.all(followers)).entries()) {
      expect(outline(events).slice(0, -1)).toEqual(all.slice(index % 2))
    }
  }, 30_000)

  test('a stream survives a restart of the server, for its producer and its followers', async () => {
    const resumable = resumableOf(10_000)
    const speaker = new Speaker()
    const { ended } = await resumable.publish('s', speaker.stream)
    const events = readRest(resumable, 's')
    const end = count(speaker)
    await until(() => speaker.taken > 20, 'it has begun')
    await server.kill()
    await new Promise((resolve) => setTimeout(resolve, 300))
    await server.restart()
    const taken = speaker.taken
    await until(() => speaker.taken > taken + 20, 'it goes on')
    const said = end()
    expect(await ended).toMatchObject({ type: 'complete' })
    expect(outline(await events).slice(0, -1)).toEqual(['start', ...texts(said)])
    expect(await readRest(resumable, 's')).toEqual(await events)
  }, 30_000)

  test('a server that is gone for good is an error for a producer and its followers', async () => {
    const resumable = resumableOf(4_000, { commandTimeoutMs: 2_000 })
    const speaker = new Speaker()
    const { ended } = await resumable.publish('s', speaker.stream)
    const events = collect(await follow(resumable, 's'))
    speaker.say('1 ')
    await until(() => speaker.taken === 1, 'it has begun')
    await server.kill()
    speaker.say('2 ')
    expect(await ended).toMatchObject({ type: 'error' })
    await speaker.aborted
    expect(outline(await events).at(-1)).toBe('error store')
  }, 30_000)

  test('a turn survives a restart of the server, and is stored once', async () => {
    const conversation = conversationOf()
    await conversation.send('a').text()
    const model = held('one')
    const turn = collect(conversation.send('b', { driver: model.driver }))
    await expect.poll(model.begun).toBe(1)
    await server.restart()
    model.finish()
    expect(outline(await turn)).toEqual(['start', 'text one', 'complete one'])
    const stored = ['user a', 'assistant a', 'user b', 'assistant one']
    expect(lines(await conversation.messages())).toEqual(stored)
    expect(await conversation.send('c').final()).toMatchObject({ messageCount: 6 })
  }, 30_000)

  test('a commit during an outage is an error of code store, and the turn can be resumed', async () => {
    const conversation = conversationOf({ commandTimeoutMs: 2_000 })
    await conversation.send('a').text()
    const model = held('one')
    const turn = collect(conversation.send('b', { driver: model.driver }))
    await expect.poll(model.begun).toBe(1)
    await server.kill()
    model.finish()
    expect(outline(await turn).at(-1)).toBe('error store')
    await server.restart()
    expect(lines(await conversation.messages())).toEqual(['user a', 'assistant a', 'user b'])
    const resumed = await conversation.resume(null, { driver: echo() }).final()
    expect(resumed).toMatchObject({ type: 'complete', messageCount: 4 })
    expect(lines(await conversation.messages()).slice(0, 3)).toEqual([
      'user a',
      'assistant a',
      'user b',
    ])
  }, 30_000)

  test('a waiting caller gets the lock after the listening connection was ended', async () => {
    const [one, other] = [postgresStore(pool), postgresStore(server.pool())]
    const lock = await one.lock('a', { ttlMs: 60_000 })
    const waiting = other.lock('a', { ttlMs: 60_000 })
    await expect.poll(() => terminate(true)).toBe(1)
    await lock.release()
    const startedAt = performance.now()
    await (await waiting).release()
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  }, 30_000)

  test('a pool that was ended fails every call with store, and ends although it listened', async () => {
    const own = server.pool()
    const [store, log] = [postgresStore(own), postgresLog(own)]
    await store.load('a')
    const leave = await log.subscribe('s', { appended() {}, missed() {} })
    await expect.poll(() => listeningCount(pool)).toBe(1)
    await own.end()
    leave()
    await expect(store.load('a')).rejects.toMatchObject({ code: 'store' })
    await expect(log.read('s', 0)).rejects.toMatchObject({ code: 'store' })
    await expect(store.lock('a', { ttlMs: 1_000 })).rejects.toMatchObject({ code: 'store' })
    await expect(log.subscribe('s', { appended() {}, missed() {} })).rejects.toMatchObject({
      code: 'store',
    })
  }, 30_000)

  test('a full pool fails a call with store after commandTimeoutMs, and the call never happens', async () => {
    const own = server.pool({ max: 2 })
    const store = postgresStore(own)
    const impatient = postgresStore(own, { commandTimeoutMs: 300 })
    const version = await store.write('a', { draft: { step: 1 } }, null)
    const clients = await Promise.all([own.connect(), own.connect()])
    await expect(impatient.write('a', { draft: { step: 2 } }, version)).rejects.toMatchObject({
      code: 'store',
      message: 'Postgres did not give a connection within 300 ms.',
    })
    for (const client of clients) client.release()
    expect(await store.load('a')).toMatchObject({ version, draft: { step: 1 } })
  }, 30_000)
})

async function listeningCount(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: string }>(
    `SELECT count(*) FROM pg_stat_activity WHERE query ~ '^LISTEN' AND state = 'idle'`,
  )
  return Number(rows[0]?.count)
}
