/**
 * Outages of Redis during a stream: the stream survives, or its producer and its followers receive
 * an error.
 */

import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type RedisLogOptions, redisLog } from '../../../src/entries/redis.js'
import { createResumable, type Resumable } from '../../../src/entries/resumable.js'
import { RedisConnection } from '../../../src/stores/redis/connection.js'
import { follow, readRest, Speaker, until } from '../../resumable/support.js'
import { collect, outline } from '../../support/collect.js'
import { lossyProxy } from '../../support/lossy-proxy.js'
import {
  type RedisServer,
  type RedisServerOptions,
  redisNote,
  redisPresent,
  startRedis,
} from '../../support/redis.js'
import { clients, type TestClient } from '../../support/redis-clients.js'

const texts = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `text ${index + 1} `)

describe.skipIf(!redisPresent).each(Object.entries(clients))(
  `by %s${redisNote}`,
  (name, connect) => {
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

    async function start(
      leaseMs: number,
      options: RedisServerOptions = {},
      logOptions: RedisLogOptions = {},
    ): Promise<Resumable> {
      server = await startRedis(options)
      given = await connect(server)
      return createResumable({ log: redisLog(given.client, logOptions), leaseMs })
    }

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

    test('connections that break repeatedly lose nothing', async () => {
      const resumable = await start(10_000)
      const other = await connect(server)
      const killer = new RedisConnection(other.client, 5_000)
      const speaker = new Speaker()
      const { ended } = await resumable.publish('s', speaker.stream)
      const followers = [0, 1, 0].map((after) => readRest(resumable, 's', after))
      const end = count(speaker)
      for (let round = 0; round < 6; round++) {
        await new Promise((resolve) => setTimeout(resolve, 120))
        const type = round % 2 === 0 ? 'pubsub' : 'normal'
        await killer.send('', ['CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes'])
      }
      const said = end()
      expect(await ended).toMatchObject({ type: 'complete' })
      const all = ['start', ...texts(said)]
      for (const [index, events] of (await Promise.all(followers)).entries()) {
        expect(outline(events).slice(0, -1)).toEqual(all.slice(index % 2))
      }
      other.close()
    }, 30_000)

    test('a stream survives a restart of Redis that loses no data', async () => {
      const resumable = await start(10_000, { durable: true })
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

    test('a restart that loses the stream is an error for its producer and its followers', async () => {
      const resumable = await start(3_000)
      const speaker = new Speaker()
      const { ended } = await resumable.publish('s', speaker.stream)
      const stream = await follow(resumable, 's')
      const events = collect(stream)
      speaker.say('1 ')
      await until(() => speaker.taken === 1, 'it has begun')
      await server.restart()
      speaker.say('2 ')
      expect(await ended).toMatchObject({ type: 'error', error: { code: 'conflict' } })
      await speaker.aborted
      expect(outline(await events).at(-1)).toBe('error store')
      expect(await resumable.follow('s')).toBeNull()
      expect(await resumable.stop('s')).toBe(false)
    }, 30_000)

    test('notifications that were missed during an outage are delivered without waiting for new ones', async () => {
      const resumable = await start(3_600_000)
      const other = await connect(server)
      const killer = new RedisConnection(other.client, 5_000)
      const speaker = new Speaker()
      await resumable.publish('s', speaker.stream)
      const iterator = (await follow(resumable, 's'))[Symbol.asyncIterator]()
      await iterator.next()
      for (let index = 1; index <= 5; index++) {
        const next = iterator.next()
        await expect
          .poll(async () =>
            String(await killer.send('', ['PUBSUB', 'NUMSUB', 'sluice:stream:{s}'])),
          )
          .toBe('sluice:stream:{s},1')
        await killer.send('', ['CLIENT', 'KILL', 'TYPE', 'pubsub'])
        speaker.say(`${index} `)
        expect((await next).value).toMatchObject({ text: `${index} ` })
      }
      speaker.end()
      other.close()
    }, 30_000)

    test('an append whose response is lost is stored once', async () => {
      server = await startRedis()
      const proxy = await lossyProxy(server.port)
      given = await connect(proxy)
      const producing = createResumable({ log: redisLog(given.client), leaseMs: 60_000 })
      const other = await connect(server)
      const following = createResumable({ log: redisLog(other.client) })
      const speaker = new Speaker()
      const { ended } = await producing.publish('s', speaker.stream)
      const events = readRest(following, 's')
      for (let index = 1; index <= 5; index++) {
        const { lost } = proxy
        const before = lost()
        proxy.loseNextAnswer()
        speaker.say(`${index} `)
        await until(() => lost() > before, 'an answer is lost')
      }
      proxy.loseNextAnswer()
      speaker.end()
      expect(await ended).toMatchObject({ type: 'complete' })
      expect(outline(await events).slice(0, -1)).toEqual(['start', ...texts(5)])
      other.close()
      await proxy.close()
    }, 30_000)

    test('a client that does not reconnect by itself still receives notifications', async () => {
      server = await startRedis()
      given = await connectOnce()
      const other = await connect(server)
      const killer = new RedisConnection(other.client, 5_000)
      const following = createResumable({ log: redisLog(given.client), leaseMs: 3_600_000 })
      const producing = createResumable({ log: redisLog(other.client), leaseMs: 3_600_000 })
      const speaker = new Speaker()
      await producing.publish('s', speaker.stream)
      const events = readRest(following, 's')
      for (let index = 1; index <= 3; index++) {
        await expect
          .poll(async () =>
            String(await killer.send('', ['PUBSUB', 'NUMSUB', 'sluice:stream:{s}'])),
          )
          .toBe('sluice:stream:{s},1')
        speaker.say(`${index} `)
        await killer.send('', ['CLIENT', 'KILL', 'TYPE', 'pubsub'])
      }
      speaker.end()
      expect(outline(await events).slice(0, -1)).toEqual(['start', ...texts(3)])
      other.close()
    }, 30_000)

    async function connectOnce(): Promise<TestClient> {
      const ignore = (): void => {}
      if (name === 'ioredis') {
        const client = new Redis(server.port, server.host, { retryStrategy: () => null })
        client.on('error', ignore)
        return { client, close: () => client.disconnect() }
      }
      const client = createClient({ url: server.url, socket: { reconnectStrategy: false } })
      client.on('error', ignore)
      await client.connect()
      return { client, close: () => client.destroy() }
    }
  },
)

describe.skipIf(!redisPresent).concurrent(`a Redis${redisNote}`, () => {
  const ways: [string, (server: RedisServer) => Promise<void>][] = [
    ['is gone for good', (server) => server.kill()],
    ['does not answer', (server) => Promise.resolve(server.pause())],
  ]
  const cases = Object.entries(clients).flatMap(([name, connect]) =>
    ways.map(([way, goAway]) => ({ name, connect, way, goAway })),
  )
  test.each(cases)(
    'a Redis that $way is an error for producer and follower in time, by $name',
    async ({ connect, goAway }) => {
      const server = await startRedis()
      const { client, close } = await connect(server)
      const log = redisLog(client, { commandTimeoutMs: 1_500 })
      const resumable = createResumable({ log, leaseMs: 1_500 })
      const speaker = new Speaker()
      const { ended } = await resumable.publish('s', speaker.stream)
      const events = collect(await follow(resumable, 's'))
      speaker.say('1 ')
      await until(() => speaker.taken === 1, 'it has begun')
      await goAway(server)
      speaker.say('2 ')
      expect(await ended).toMatchObject({ type: 'error', error: { code: 'store' } })
      await speaker.aborted
      expect(outline(await events).at(-1)).toBe('error store')
      await expect(resumable.follow('s')).rejects.toMatchObject({ code: 'store' })
      await expect(resumable.stop('s')).rejects.toMatchObject({ code: 'store' })
      const refused = resumable.publish('t', new Speaker().stream)
      await expect(refused).rejects.toMatchObject({ code: 'store' })
      close()
      await server.stop()
    },
    30_000,
  )
})
