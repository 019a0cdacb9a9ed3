import type { StreamEvent } from 'sluice'
import { connect, readStream } from 'sluice/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OpenedMemory, openMemory } from '../../examples/chat-server/environment.ts'
import { collect, outline } from '../support/collect.ts'
import { type RedisServer, redisNote, redisPresent, startRedis } from '../support/redis.ts'
import { Example } from './child.ts'
import { Sockets } from './sockets.ts'

const answer = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ')

function say(url: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  const options = { ...init, method: 'POST', headers, body: JSON.stringify(body) }
  return fetch(`${url}/ai/conversation`, options)
}

/** Reads a few events of a response and leaves. */
async function leaveAfter(response: Response, count: number): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of readStream(response)) {
    events.push(event)
    if (events.length === count) break
  }
  return events
}

const addressOf = (url: string, response: Response): string =>
  url + response.headers.get('content-location')

describe.each([
  ['memory', true, ''],
  ['Redis', redisPresent, redisNote],
] as const)('conversations in %s', (name, isPresent, note) => {
  let redis: RedisServer | undefined
  let opened: OpenedMemory
  const open = (paceMs: number): Promise<Sockets> =>
    Sockets.open({ paceMs, answer }, { memory: opened.memory })

  beforeAll(async () => {
    if (!isPresent) return
    if (name === 'Redis') redis = await startRedis()
    opened = await openMemory(redis === undefined ? {} : { REDIS_URL: redis.url })
    expect(opened.summary).toBe(`Conversations are kept in ${name}.`)
  }, 30_000)
  afterAll(async () => {
    await opened?.close()
    await redis?.stop()
  })

  describe.skipIf(!isPresent)(`over real sockets${note}`, () => {
    test('what was said reaches the provider with the next turn, whichever it is, and the count is told', async () => {
      await using sockets = await open(0)
      const first = await say(sockets.url, { session_id: 'a', message: 'I am Ada.' })
      expect(first.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
      expect(await first.text()).toMatch(/event: complete\ndata: .*"message_count":2\D/)
      const body = { session_id: 'a', message: 'Who am I?', provider: 'claude' }
      expect(await (await say(sockets.url, body)).text()).toContain('"message_count":4')
      expect(sockets.provider.requests[0]?.wire).toBe('openai-chat')
      expect(sockets.provider.requests[1]?.wire).toBe('anthropic-messages')
      const history = JSON.stringify(sockets.provider.requests[1]?.body)
      expect(history).toMatch(/I am Ada\..*word59.*Who am I\?/)
      // Another session knows nothing of it.
      const other = await say(sockets.url, { session_id: 'b', message: 'Hi' })
      expect(await other.text()).toContain('"message_count":2')
      expect(JSON.stringify(sockets.provider.requests[2]?.body)).not.toContain('Ada')
    })

    test('the second of two messages waits for the answer to the first', async () => {
      await using sockets = await open(5)
      const first = await say(sockets.url, { session_id: 'c', message: 'One' })
      const events = readStream(first)[Symbol.asyncIterator]()
      while ((await events.next()).value?.type !== 'content');
      const second = collect(
        readStream(await say(sockets.url, { session_id: 'c', message: 'Two' })),
      )
      expect(sockets.provider.requests).toHaveLength(1)
      let last = await events.next()
      while (last.value?.type === 'content') last = await events.next()
      expect(last.value).toMatchObject({ type: 'complete', messageCount: 2, message_count: 2 })
      expect((await second).at(-1)).toMatchObject({ type: 'complete', message_count: 4 })
      expect(JSON.stringify(sockets.provider.requests[1]?.body)).toMatch(/One.*word59.*Two/)
    })

    test('a conversation that is deleted begins anew', async () => {
      await using sockets = await open(0)
      await (await say(sockets.url, { session_id: 'd/ä', message: 'One' })).text()
      const address = `${sockets.url}/ai/conversation/${encodeURIComponent('d/ä')}`
      expect((await fetch(address, { method: 'DELETE' })).status).toBe(204)
      const again = await say(sockets.url, { session_id: 'd/ä', message: 'Two' })
      expect(await again.text()).toContain('"message_count":2')
    })

    test('whoever leaves in the middle comes back for the rest, and nothing is lost or doubled', async () => {
      await using sockets = await open(10)
      const response = await say(sockets.url, { session_id: 'e', message: 'Hi' })
      const address = addressOf(sockets.url, response)
      expect(address).toBe(`${sockets.url}/ai/stream/${response.headers.get('x-stream-id')}`)
      const before = await leaveAfter(response, 6)
      const rest = await fetch(address, { headers: { 'last-event-id': '6' } })
      const after = await collect(readStream(rest))
      const all = await collect(readStream(await fetch(address)))
      expect([...before, ...after]).toEqual(all)
      expect(after.length).toBeGreaterThan(20)
      const texts = all.map((event) => ('kind' in event && event.kind === 'text' ? event.text : ''))
      expect(texts.join('')).toBe(answer)
      expect(all.at(-1)).toMatchObject({ type: 'complete', text: answer, message_count: 2 })
      const headers = { 'last-event-id': String(all.length) }
      expect((await fetch(address, { headers })).status).toBe(204)
      // It was asked once, and remembered although its client had left.
      expect(sockets.provider.requests).toHaveLength(1)
    })

    test('connect() goes on by itself where its connection was lost', async () => {
      await using sockets = await open(10)
      const lost = new AbortController()
      let requests = 0
      const lossyFetch: typeof fetch = (input, init) =>
        ++requests === 1 ? fetch(input, { ...init, signal: lost.signal }) : fetch(input, init)
      const json = { session_id: 'f', message: 'Hi' }
      const options = { json, fetch: lossyFetch, retry: { minDelayMs: 0 } }
      const events: StreamEvent[] = []
      for await (const event of connect(`${sockets.url}/ai/conversation`, options)) {
        events.push(event)
        if (events.length === 6) lost.abort()
      }
      expect(requests).toBe(2)
      const texts = outline(events).filter((line) => line.startsWith('text '))
      expect(texts.map((line) => line.slice(5)).join('')).toBe(answer)
      expect(events.at(-1)).toMatchObject({ type: 'complete', text: answer })
    })

    test('stopping an answer closes the socket of the provider and leaves its question', async () => {
      await using sockets = await open(20)
      const response = await say(sockets.url, { session_id: 'g', message: 'Hi' })
      const address = addressOf(sockets.url, response)
      const reading = collect(readStream(response))
      await leaveAfter(await fetch(address), 4)
      expect((await fetch(address, { method: 'DELETE' })).status).toBe(204)
      expect(await sockets.provider.requests[0]?.closed).toBe('aborted')
      expect(outline(await reading).at(-1)).toBe('error aborted')
      expect((await fetch(address, { method: 'DELETE' })).status).toBe(404)
      const next = await collect(
        readStream(await say(sockets.url, { session_id: 'g', message: 'Hi' })),
      )
      expect(next.at(-1)).toMatchObject({ type: 'complete', message_count: 3 })
    })

    test('a server that shuts down ends its answers with an error', async () => {
      const shutdown = new AbortController()
      const { signal } = shutdown
      const { memory } = opened
      await using sockets = await Sockets.open({ paceMs: 20, answer }, { memory, signal })
      const reading = collect(
        readStream(await say(sockets.url, { session_id: 'h', message: 'Hi' })),
      )
      await expect.poll(() => sockets.provider.requests[0]?.sent ?? 0).toBeGreaterThan(3)
      shutdown.abort()
      expect(outline(await reading).at(-1)).toBe('error aborted')
      expect(await sockets.provider.requests[0]?.closed).toBe('aborted')
    })
  })
})

describe('bad input', () => {
  test.each<[body: unknown, field: string]>([
    [{ message: 'Hi' }, 'session_id'],
    [{ session_id: ' ', message: 'Hi' }, 'session_id'],
    [{ session_id: 'a'.repeat(201), message: 'Hi' }, 'session_id'],
    [{ session_id: '\ud800', message: 'Hi' }, 'session_id'],
    [{ session_id: 'a', message: '' }, 'message'],
    [{ session_id: 'a', message: 'Hi', provider: 'copilot' }, 'provider'],
    [[], 'body'],
  ])('%j is answered with a 400 that names %s', async (body, field) => {
    await using sockets = await Sockets.open({ paceMs: 0 })
    const response = await say(sockets.url, body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'invalid-request', field } })
    expect(sockets.provider.requests).toHaveLength(0)
  })

  test('what is not there is a 404, and an event that never was a 400', async () => {
    await using sockets = await Sockets.open({ paceMs: 0, answer })
    for (const method of ['GET', 'DELETE']) {
      const response = await fetch(`${sockets.url}/ai/stream/nothing`, { method })
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ error: { code: 'not-found' } })
    }
    const kept = await say(sockets.url, { session_id: 'a', message: 'Hi' })
    await kept.text()
    for (const id of ['x', '-1', '99999']) {
      const headers = { 'last-event-id': id }
      const response = await fetch(addressOf(sockets.url, kept), { headers })
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({
        error: { code: 'invalid-request', field: 'last-event-id' },
      })
    }
  })
})

describe('started as processes', () => {
  const listening = /Listening on (http:\S+)\./

  test('without REDIS_URL it says that it keeps conversations in memory', async () => {
    await using server = new Example('chat-server/server.ts', { PORT: '0', REDIS_URL: '' })
    await server.prints(listening)
    expect(server.output.split('\n')[0]).toContain('Conversations are kept in memory.')
  })

  test('with a REDIS_URL where nothing is, it says so and exits with 1', async () => {
    const url = 'redis://:secret@127.0.0.1:1'
    await using server = new Example('chat-server/server.ts', { PORT: '0', REDIS_URL: url })
    expect(await server.ended()).toBe(1)
    expect(server.errors).toMatch(/^There is no Redis at REDIS_URL: .*ECONNREFUSED.*\n$/)
    expect(server.errors).not.toContain('secret')
  })

  test.skipIf(!redisPresent)(
    `two servers share conversations and answers in Redis${redisNote}`,
    async () => {
      const redis = await startRedis()
      const settings = { PORT: '0', REDIS_URL: redis.url }
      await using cleanup = new AsyncDisposableStack()
      cleanup.defer(() => redis.stop())
      const one = cleanup.use(new Example('chat-server/server.ts', settings))
      const two = cleanup.use(new Example('chat-server/server.ts', settings))
      const [, first = ''] = await one.prints(listening)
      const [, second = ''] = await two.prints(listening)
      expect(one.output.split('\n')[0]).toContain('Conversations are kept in Redis.')

      const response = await say(first, { session_id: 'a', message: 'I am Ada.' })
      const before = await leaveAfter(response, 5)
      const headers = { 'last-event-id': '5' }
      const after = await collect(readStream(await fetch(addressOf(second, response), { headers })))
      const texts = outline([...before, ...after]).filter((line) => line.startsWith('text '))
      const text = texts.map((line) => line.slice(5)).join('')
      expect(text).toContain('I am Ada.')
      expect(after.at(-1)).toMatchObject({ type: 'complete', text, message_count: 2 })

      const next = await say(second, { session_id: 'a', message: 'And now?' })
      const stopped = await fetch(addressOf(first, next), { method: 'DELETE' })
      expect(stopped.status).toBe(204)
      expect(outline(await collect(readStream(next))).at(-1)).toBe('error aborted')
      two.process.kill('SIGTERM')
      expect([await two.ended(), two.errors]).toEqual([0, ''])
    },
    30_000,
  )
})
