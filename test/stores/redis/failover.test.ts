/**
 * A Redis that has lost what it had acknowledged, and connections that are killed, during turns with tools and their streams: an
 * error or a whole answer, never a doubled or shortened one.
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createStream } from '../../../src/entries/index.js'
import { redisLog, redisStore } from '../../../src/entries/redis.js'
import { createResumable } from '../../../src/entries/resumable.js'
import { scripted } from '../../../src/entries/testing.js'
import { RedisConnection } from '../../../src/stores/redis/connection.js'
import { follow, readRest, Speaker, until } from '../../resumable/support.js'
import { collect, outline } from '../../support/collect.js'
import { heldTurn } from '../../support/held-turn.js'
import {
  type RedisServer,
  type RedisServerOptions,
  redisNote,
  redisPresent,
  startRedis,
} from '../../support/redis.js'
import { clients, type TestClient } from '../../support/redis-clients.js'
import { type SwitchProxy, switchProxy } from '../../support/switch-proxy.js'

describe.skipIf(!redisPresent).each(Object.entries(clients))(
  `by %s${redisNote}`,
  (_name, connect) => {
    const later: (() => unknown)[] = []
    afterEach(async () => {
      for (const end of later.splice(0).toReversed()) await end()
    })

    async function start(options: RedisServerOptions = {}): Promise<RedisServer> {
      const server = await startRedis(options)
      later.push(() => server.stop())
      return server
    }

    async function open(to: RedisServer | SwitchProxy): Promise<TestClient['client']> {
      const { client, close } = await connect(to)
      later.push(close)
      return client
    }

    async function commands(to: RedisServer) {
      const redis = new RedisConnection(await open(to), 5_000)
      return (...command: [string, ...string[]]) => redis.send('', command)
    }

    describe('a replica that lacks what its primary has acknowledged', () => {
      let primary: RedisServer
      let replica: RedisServer
      let proxy: SwitchProxy
      let sendToPrimary: Awaited<ReturnType<typeof commands>>
      let sendToReplica: typeof sendToPrimary
      beforeEach(async () => {
        ;[primary, replica] = await Promise.all([start(), start()])
        proxy = await switchProxy(primary.port)
        later.push(() => proxy.close())
        sendToPrimary = await commands(primary)
        sendToReplica = await commands(replica)
        await sendToReplica('REPLICAOF', primary.host, String(primary.port))
        const isSynced = async () => String(await sendToReplica('INFO', 'replication'))
        await expect.poll(isSynced, { timeout: 20_000 }).toContain('master_link_status:up')
      }, 60_000)

      /** The replica has everything up to here, and nothing from here on. */
      async function detach(): Promise<void> {
        // WAIT counts the writes of its own connection, and a replica takes all writes in order.
        await sendToPrimary('SET', 'detach', '1')
        await expect.poll(() => sendToPrimary('WAIT', '1', '1000')).toBe(1)
        await sendToReplica('REPLICAOF', 'NO', 'ONE')
      }

      test('a promoted replica without the result of a tool is a conflict, and the tool does not run again', async () => {
        const store = redisStore(await open(proxy))
        const turn = heldTurn({ store, onRun: detach })
        const events = collect(turn.conversation.send('Pay.', { key: 'k' }))
        await turn.reached
        proxy.switchTo(replica.port)
        turn.release()
        expect((await events).at(-1)).toMatchObject({
          type: 'error',
          error: { code: 'conflict' },
        })
        const next = heldTurn({ store })
        next.release()
        const complete = await next.conversation.resume().final()
        expect(complete.text).toBe('Half whole.')
        expect(JSON.stringify(complete.message)).toContain('not known')
        expect([...turn.keys, ...next.keys]).toHaveLength(1)
        expect(await next.conversation.messages()).toMatchObject([
          { role: 'user', content: 'Pay.' },
          { role: 'assistant', key: 'k' },
        ])
      }, 60_000)

      test('a promoted replica without the commit of a turn continues it from its last step', async () => {
        const store = redisStore(await open(proxy))
        const turn = heldTurn({ store })
        const answer = turn.conversation.send('Pay.', { key: 'k' }).final()
        await turn.reached
        await detach()
        turn.release()
        expect(await answer).toMatchObject({ text: 'Half whole.' })
        proxy.switchTo(replica.port)
        const next = heldTurn({ store })
        next.release()
        // As a page that asks again does.
        const again = await next.conversation.send('Pay.', { key: 'k' }).final()
        expect(again.text).toBe('Half whole.')
        expect(JSON.stringify(again.message)).toContain('"paid"')
        expect([...turn.keys, ...next.keys]).toHaveLength(1)
        expect(await next.conversation.messages()).toHaveLength(2)
      }, 60_000)

      test('a promoted replica without the last events is an error for producer and followers', async () => {
        const [producing, following] = [await open(proxy), await open(proxy)]
        const leaseMs = 2_000
        const resumable = createResumable({ log: redisLog(producing), leaseMs })
        const other = createResumable({
          log: redisLog(following),
          leaseMs,
          // A takeover uses the numbers of the lost events again.
          revive: () =>
            createStream({
              driver: scripted(['a', 'new', 'answer', 'of', 'its', 'own']),
              prompt: 'p',
            }),
        })
        const speaker = new Speaker()
        const { ended } = await resumable.publish('s', speaker.stream)
        const events = collect(await follow(other, 's'))
        speaker.say('1 ')
        await until(() => speaker.taken === 1, 'it has begun')
        await detach()
        for (const word of ['2 ', '3 ', '4 ']) {
          speaker.say(word)
          await expect
            .poll(async () => JSON.stringify((await redisLog(producing).read('s', 0))?.events))
            .toContain(word)
        }
        // Its subscription follows the primary, too.
        await new Promise((resolve) => setTimeout(resolve, 100))
        proxy.switchTo(replica.port)
        speaker.say('5 ')
        expect(await ended).toMatchObject({ type: 'error', error: { code: 'conflict' } })
        expect(outline(await events)).toEqual([
          'start',
          'text 1 ',
          'text 2 ',
          'text 3 ',
          'text 4 ',
          'error store',
        ])
        // Its id is not there, so that the reader does not take other events for its own.
        await expect(other.follow('s', 5)).rejects.toMatchObject({ code: 'invalid-request' })
      }, 60_000)
    })

    test('a restart that loses a turn with tools is a conflict, and nothing of it comes back', async () => {
      const server = await start()
      const store = redisStore(await open(server))
      const turn = heldTurn({ store })
      const events = collect(turn.conversation.send('Pay.', { key: 'k' }))
      await turn.reached
      await server.restart()
      turn.release()
      expect((await events).at(-1)).toMatchObject({ type: 'error', error: { code: 'conflict' } })
      expect(await turn.conversation.read()).toEqual({ messages: [] })
      await expect(turn.conversation.resume().final()).rejects.toMatchObject({ code: 'not-found' })
      expect(turn.keys).toHaveLength(1)
    }, 60_000)

    test('a restart that loses no data does not disturb a turn with tools and its readers', async () => {
      const server = await start({ durable: true })
      const client = await open(server)
      const turn = heldTurn({ store: redisStore(client) })
      const resumable = createResumable({ log: redisLog(client), leaseMs: 5_000 })
      const { ended } = await resumable.publish('s', turn.conversation.send('Pay.'))
      const events = readRest(resumable, 's')
      await turn.reached
      await server.restart()
      turn.release()
      expect(await ended).toMatchObject({ type: 'complete', text: 'Half whole.' })
      expect((await events).at(-1)).toMatchObject({ type: 'complete', text: 'Half whole.' })
      expect(await readRest(resumable, 's')).toEqual(await events)
      expect(turn.keys).toHaveLength(1)
      expect(await turn.conversation.messages()).toHaveLength(2)
    }, 60_000)

    test('connections that are killed all the time do not disturb a turn with tools and its readers', async () => {
      const server = await start()
      const send = await commands(server)
      const client = await open(server)
      const kill = async (): Promise<void> => {
        for (const type of ['normal', 'pubsub']) {
          await send('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes')
        }
      }
      const words = Array.from({ length: 60 }, (_, index) => `${index} `)
      const turn = heldTurn({ store: redisStore(client), onRun: kill, words })
      const resumable = createResumable({ log: redisLog(client), leaseMs: 10_000 })
      await kill()
      const { ended } = await resumable.publish('s', turn.conversation.send('Pay.'))
      await turn.reached
      const readers = [0, 1, 3].map((after) => readRest(resumable, 's', after))
      await kill()
      turn.release()
      await kill()
      expect(await ended).toMatchObject({ type: 'complete', text: words.join('') })
      const whole = await readRest(resumable, 's')
      const [all, ...rest] = await Promise.all(readers)
      expect(all).toEqual(whole)
      expect(rest).toEqual([whole.slice(1), whole.slice(3)])
      expect(turn.keys).toHaveLength(1)
      expect(await turn.conversation.messages()).toHaveLength(2)
    }, 60_000)
  },
)
