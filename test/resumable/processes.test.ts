/**
 * Producers and followers in processes of their own, which are killed, paused and late.
 */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { StreamEvent } from '../../src/entries/index.js'
import { redisLog } from '../../src/entries/redis.js'
import { createResumable, type Resumable } from '../../src/entries/resumable.js'
import { outline } from '../support/collect.js'
import { LineProcess } from '../support/line-process.js'
import { type RedisServer, redisNote, redisPresent, startRedis } from '../support/redis.js'
import { clients, type TestClient } from '../support/redis-clients.js'
import type { Order } from '../support/stream-child.js'
import { readRest } from './support.js'

describe.skipIf(!redisPresent)(`processes that share streams${redisNote}`, () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  }, 30_000)
  afterAll(() => server.stop())

  describe.each(Object.entries(clients))('by %s', (client, connect) => {
    let given: TestClient
    let resumable: Resumable
    let id = ''
    const running: LineProcess[] = []
    beforeEach(async () => {
      given = await connect(server)
      resumable = createResumable({ log: redisLog(given.client) })
      id = crypto.randomUUID()
    })
    afterEach(async () => {
      given.close()
      await Promise.all(running.splice(0).map((child) => child.kill()))
    })

    async function start(count: number, leaseMs = 5_000): Promise<LineProcess[]> {
      const children = Array.from(
        { length: count },
        () => new LineProcess('stream-child.ts', { client, port: server.port, leaseMs }),
      )
      running.push(...children)
      await Promise.all(children.map((child) => child.line('ready')))
      return children
    }

    function tell(child: LineProcess | undefined, order: Order): void {
      child?.tell(JSON.stringify(order))
    }

    async function followed(child: LineProcess | undefined, name: string): Promise<StreamEvent[]> {
      await child?.line(`over ${name}`)
      const beginning = `event ${name} `
      const lines = child?.lines.filter((line) => line.startsWith(beginning)) ?? []
      return lines.map((line) => JSON.parse(line.slice(beginning.length)) as StreamEvent)
    }

    function numbers(count: number): string[] {
      return Array.from({ length: count }, (_, index) => `text ${index + 1} `)
    }

    test('processes read one stream from its start, from its middle, and after the end of its producer', async () => {
      const [producer, first, second] = await start(3)
      tell(producer, { kind: 'publish', id, count: 100, everyMs: 5 })
      await producer?.line('claim')
      for (const name of ['a', 'b']) tell(first, { kind: 'follow', id, name })
      await first?.line('event b {"type":"content"')
      tell(second, { kind: 'follow', id, name: 'c', after: 2 })
      await second?.line('event c')
      tell(second, { kind: 'follow', id, name: 'd' })
      const all = await followed(first, 'a')
      expect(outline(all).slice(0, -1)).toEqual(['start', ...numbers(100)])
      expect(all.at(-1)).toMatchObject({ type: 'complete' })
      expect(await followed(first, 'b')).toEqual(all)
      expect(await followed(second, 'c')).toEqual(all.slice(2))
      expect(await followed(second, 'd')).toEqual(all)
      expect(await producer?.line('ended')).toBe(`ended ${id} complete`)
      await producer?.kill()
      tell(second, { kind: 'follow', id, name: 'late', after: 90 })
      expect(await followed(second, 'late')).toEqual(all.slice(90))
      expect(await readRest(resumable, id)).toMatchObject(JSON.parse(JSON.stringify(all)))
    }, 30_000)

    test('followers in another process receive interrupted within the lease of a killed producer', async () => {
      const leaseMs = 1_500
      const [producer, first, second] = await start(3, leaseMs)
      tell(producer, { kind: 'publish', id, count: 100_000, everyMs: 1 })
      await producer?.line('claim')
      tell(first, { kind: 'follow', id, name: 'a' })
      tell(second, { kind: 'follow', id, name: 'b' })
      await Promise.all([first?.line('event a'), second?.line('event b')])
      await first?.line('event a {"type":"content","index":0,"kind":"text","text":"50 ')
      const killedAt = performance.now()
      await producer?.kill()
      const all = await followed(first, 'a')
      const heardMs = performance.now() - killedAt
      // A look at a lease that has just run out, and a busy machine
      expect(heardMs).toBeLessThan(leaseMs + 2_000)
      expect(await followed(second, 'b')).toEqual(all)
      const count = all.length - 2
      expect(outline(all)).toEqual(['start', ...numbers(count), 'error interrupted'])
      const text = numbers(count)
        .map((line) => line.slice(5))
        .join('')
      expect(all.at(-1)).toMatchObject({ partial: { content: [{ type: 'text', text }] } })
      tell(second, { kind: 'follow', id, name: 'late' })
      expect(await followed(second, 'late')).toEqual(all)
    }, 30_000)

    test('a process stops a stream that another one produces', async () => {
      const [producer, other] = await start(2)
      tell(producer, { kind: 'publish', id, count: 3, everyMs: 0, hangs: true })
      await producer?.line('claim')
      tell(other, { kind: 'follow', id, name: 'a' })
      await other?.line('event a {"type":"content","index":0,"kind":"text","text":"3 ')
      tell(other, { kind: 'stop', id })
      expect(await other?.line('stop')).toBe(`stop ${id} true`)
      expect(await producer?.line('ended')).toBe(`ended ${id} aborted`)
      const all = await followed(other, 'a')
      expect(outline(all)).toEqual(['start', ...numbers(3), 'error aborted'])
      expect(all.at(-1)).toMatchObject({ partial: { content: [{ text: '1 2 3 ' }] } })
      expect(await resumable.stop(id)).toBe(false)
    }, 30_000)

    test('one of two processes may publish an id', async () => {
      const children = await start(3)
      for (const child of children) tell(child, { kind: 'publish', id, count: 5, everyMs: 10 })
      const claims = await Promise.all(children.map((child) => child.line('claim')))
      expect(claims.toSorted()).toEqual([
        `claim ${id} conflict`,
        `claim ${id} conflict`,
        `claim ${id} published`,
      ])
      expect(outline(await readRest(resumable, id)).slice(0, -1)).toEqual(['start', ...numbers(5)])
    }, 30_000)

    test('a process that was paused for longer than its lease appends nothing more, and ends with conflict', async () => {
      const leaseMs = 1_500
      const [producer] = await start(1, leaseMs)
      tell(producer, { kind: 'publish', id, count: 100_000, everyMs: 1 })
      await producer?.line('claim')
      await expect
        .poll(() =>
          resumable.follow(id, 10).then(
            () => true,
            () => false,
          ),
        )
        .toBe(true)
      producer?.process.kill('SIGSTOP')
      const all = await readRest(resumable, id)
      expect(outline(all)).toEqual(['start', ...numbers(all.length - 2), 'error interrupted'])
      producer?.process.kill('SIGCONT')
      expect(await producer?.line('ended')).toBe(`ended ${id} conflict`)
      expect(await readRest(resumable, id)).toEqual(all)
    }, 30_000)

    test('processes exit by themselves when all streams have ended', async () => {
      const [child] = await start(1)
      tell(child, { kind: 'publish', id, count: 5, everyMs: 5 })
      await child?.line('claim')
      tell(child, { kind: 'follow', id, name: 'a' })
      await followed(child, 'a')
      await child?.line('ended')
      tell(child, { kind: 'end' })
      expect(await child?.ended()).toBe(0)
      expect(child?.errors).toBe('')
    }, 30_000)
  })
})
