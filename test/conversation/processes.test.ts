/**
 * One turn at a time for an id, across processes.
 */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createConversation } from '../../src/entries/conversation.js'
import { redisStore } from '../../src/entries/redis.js'
import { echo, lines } from '../support/conversations.js'
import { LineProcess } from '../support/line-process.js'
import { type RedisServer, redisNote, redisPresent, startRedis } from '../support/redis.js'
import { clients, type TestClient } from '../support/redis-clients.js'

describe.skipIf(!redisPresent)(`two processes with one conversation${redisNote}`, () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  }, 30_000)
  afterAll(() => server.stop())

  describe.each(Object.entries(clients))('by %s', (client, connect) => {
    let given: TestClient
    let id = ''
    const running: LineProcess[] = []
    beforeEach(async () => {
      given = await connect(server)
      id = crypto.randomUUID()
    })
    afterEach(async () => {
      given.close()
      await Promise.all(running.splice(0).map((child) => child.kill()))
    })

    function take(
      text: string,
      options: { leaseMs?: number; onConflict?: string } = {},
    ): LineProcess {
      const parameters = { client, port: server.port, id, text, leaseMs: 5_000, onConflict: 'wait' }
      const child = new LineProcess('turn-child.ts', { ...parameters, ...options })
      running.push(child)
      return child
    }

    function conversation() {
      return createConversation({ id, store: redisStore(given.client), driver: echo() })
    }

    test('two processes run their turns one after the other, and the second sees the first', async () => {
      const first = take('a')
      await first.line('content 1 before')
      const second = take('b')
      await second.line('start')
      expect(second.lines).toEqual(['start'])
      first.tell('finish')
      expect(await first.line('complete')).toBe('complete 2')
      await second.line('content 3 before')
      second.tell('finish')
      expect(await second.line('complete')).toBe('complete 4')
      expect(lines(await conversation().messages())).toEqual([
        'user a',
        'assistant 1 before',
        'user b',
        'assistant 3 before',
      ])
      expect([await first.ended(), await second.ended()]).toEqual([0, 0])
    }, 30_000)

    test('a turn with onConflict reject fails with conflict while another process runs one', async () => {
      const first = take('a')
      await first.line('content')
      const second = take('b', { onConflict: 'reject' })
      expect(await second.line('error')).toBe('error conflict')
      first.tell('finish')
      expect(await first.line('complete')).toBe('complete 2')
    }, 30_000)

    test('a process gets its turn within the lease after another one was killed', async () => {
      const leaseMs = 1_000
      const first = take('a', { leaseMs })
      await first.line('content')
      const second = take('b', { leaseMs })
      await second.line('start')
      const killedAt = performance.now()
      await first.kill()
      // The question of the first one is not lost.
      await second.line('content 2 before')
      const waitedMs = performance.now() - killedAt
      // The lease, a pause between two questions, and a busy machine
      expect(waitedMs).toBeLessThan(leaseMs + 2_000)
      second.tell('finish')
      expect(await second.line('complete')).toBe('complete 3')
      const messages = lines(await conversation().messages())
      expect(messages).toEqual(['user a', 'user b', 'assistant 2 before'])
    }, 30_000)

    test('a process that was paused and lost its lease cannot commit over the other one', async () => {
      const leaseMs = 500
      const first = take('a', { leaseMs })
      await first.line('content')
      first.process.kill('SIGSTOP')
      expect(await conversation().send('b').final()).toMatchObject({ messageCount: 3 })
      first.tell('finish')
      first.process.kill('SIGCONT')
      expect(await first.line('error')).toBe('error conflict')
      expect(lines(await conversation().messages())).toEqual([
        'user a',
        'user b',
        'assistant a / b',
      ])
    }, 30_000)
  })
})

test('a turn whose reader pauses does not keep the process alive', async () => {
  const code = `
    import { createConversation, memoryStore } from 'sluice/conversation'
    import { scripted } from 'sluice/testing'
    const conversation = createConversation({
      id: 'c', store: memoryStore(), driver: scripted(['a', 'b']), timeout: false,
      leaseMs: 300, readerTimeoutMs: Infinity,
    })
    const iterator = conversation.send('x')[Symbol.asyncIterator]()
    await iterator.next()
    console.log((await iterator.next()).value.text)
  `
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], {
    timeout: 20_000,
  })
  expect(stdout).toBe('a\n')
}, 30_000)
