import { readFile } from 'node:fs/promises'
import type { StreamEvent } from 'sluice'
import { connect, readStream } from 'sluice/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collect, outline } from '../support/collect.ts'
import { type RedisServer, redisNote, redisPresent, startRedis } from '../support/redis.ts'
import { Example, Line } from './child.ts'

async function start(environment: Record<string, string> = {}): Promise<[Example, string]> {
  const example = new Example('resumable.ts', { PORT: '0', ...environment })
  const [, origin = ''] = await example.prints(/Listening on (http:\S+)\./)
  return [example, origin]
}

function post(origin: string, prompt = 'What is a sluice?'): Promise<Response> {
  const messages = [{ role: 'user', content: prompt }]
  return fetch(`${origin}/streams`, { method: 'POST', body: JSON.stringify({ messages }) })
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

describe('in memory', () => {
  let example: Example
  let origin = ''
  beforeAll(async () => {
    ;[example, origin] = await start()
    expect(example.output).toContain('Streams are kept in memory.')
  })
  afterAll(() => example[Symbol.asyncDispose]())

  test('whoever leaves comes back for the rest, and gets 204 after the end', async () => {
    const response = await post(origin)
    const address = `${origin}${response.headers.get('content-location')}`
    const before = await leaveAfter(response, 5)
    const after = await collect(
      readStream(await fetch(address, { headers: { 'last-event-id': '5' } })),
    )
    const all = await collect(readStream(await fetch(address)))
    expect([...before, ...after]).toEqual(all)
    const last = all.at(-1)
    expect(last).toMatchObject({ type: 'complete' })
    expect(last?.type === 'complete' && last.text).toContain('You asked: "What is a sluice?".')
    expect(await collect(readStream(await fetch(`${address}?after=5`)))).toEqual(after)
    const over = await fetch(address, { headers: { 'last-event-id': String(all.length) } })
    expect(over.status).toBe(204)
  })

  test('whoever asks for what is not there is told so', async () => {
    expect((await fetch(`${origin}/streams/nothing`)).status).toBe(404)
    expect((await fetch(`${origin}/streams/nothing`, { method: 'DELETE' })).status).toBe(404)
    const response = await post(origin)
    const address = `${origin}${response.headers.get('content-location')}`
    for (const id of ['x', '-1', '1e9', '99999', '1'.repeat(100)]) {
      const refused = await fetch(address, { headers: { 'last-event-id': id } })
      expect(refused.status).toBe(400)
      expect(await refused.json()).toMatchObject({ error: { code: 'invalid-request' } })
    }
    await response.body?.cancel()
  })

  test('whoever may stop it does, for all who read it', async () => {
    const response = await post(origin)
    const address = `${origin}${response.headers.get('content-location')}`
    const reading = collect(readStream(response))
    await leaveAfter(await fetch(address), 3)
    expect((await fetch(address, { method: 'DELETE' })).status).toBe(204)
    expect(outline(await reading).at(-1)).toBe('error aborted')
    expect((await fetch(address, { method: 'DELETE' })).status).toBe(404)
  })

  test('connect() goes on where its connection was lost, and nobody sees that', async () => {
    const lost = new AbortController()
    let requests = 0
    // The network breaks the first connection off after some events.
    const lossyFetch: typeof fetch = (input, init) =>
      ++requests === 1 ? fetch(input, { ...init, signal: lost.signal }) : fetch(input, init)
    const stream = connect(`${origin}/streams`, {
      json: { messages: [{ role: 'user', content: 'What is a sluice?' }] },
      fetch: lossyFetch,
      retry: { minDelayMs: 0 },
    })
    const events: StreamEvent[] = []
    for await (const event of stream) {
      events.push(event)
      if (events.length === 6) lost.abort()
    }
    expect(requests).toBe(2)
    const end = events.at(-1)
    const text = events.map((event) => ('kind' in event && event.kind === 'text' ? event.text : ''))
    expect(end?.type === 'complete' && end.text).toBe(text.join(''))
    expect(text.join('')).toContain('You asked: "What is a sluice?".')
  })
})

const lineWithRedis =
  'REDIS_URL=redis://localhost:6379 PORT=3001 npm run example examples/resumable.ts'

describe.skipIf(!redisPresent)(`in Redis${redisNote}`, () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  }, 30_000)
  afterAll(() => redis.stop())

  test('any server has the rest, whichever produces it, and hears when that one is killed', async () => {
    const [[first, one], [second, two]] = await Promise.all([
      start({ REDIS_URL: redis.url }),
      start({ REDIS_URL: redis.url }),
    ])
    await using both = new AsyncDisposableStack()
    both.use(first)
    both.use(second)
    expect(second.output).toContain('Streams are kept in Redis.')
    const path = async (response: Response): Promise<string> => {
      await response.body?.cancel()
      return response.headers.get('content-location') ?? ''
    }
    const answered = await path(await post(one))
    const events = await collect(readStream(await fetch(two + answered)))
    expect(outline(events).at(-1)).toContain('You asked: "What is a sluice?".')

    const stopped = await path(await post(one))
    expect((await fetch(two + stopped, { method: 'DELETE' })).status).toBe(204)
    const aborted = await collect(readStream(await fetch(two + stopped)))
    expect(outline(aborted).at(-1)).toBe('error aborted')

    const killed = await path(await post(one))
    await leaveAfter(await fetch(two + killed), 5)
    await first[Symbol.asyncDispose]()
    const broken = await collect(readStream(await fetch(two + killed)))
    expect(outline(broken).at(-1)).toBe('error interrupted')
    const rest = await fetch(two + killed, { headers: { 'last-event-id': String(broken.length) } })
    expect(rest.status).toBe(204)
  }, 30_000)

  test('a reader whose server is killed goes on at the other one, by the line of the header', async () => {
    const text = await readFile(new URL('../../examples/resumable.ts', import.meta.url), 'utf8')
    expect(text).toContain(`\`${lineWithRedis}\``)
    const line = lineWithRedis.replace('redis://localhost:6379', redis.url).replace('3001', '0')
    await using both = new AsyncDisposableStack()
    const open = async (): Promise<[Line, string]> => {
      const server = both.use(new Line(line))
      const [, origin = ''] = await server.prints(/Listening on (http:\S+)\./)
      return [server, origin]
    }
    const [[, asked], [read, other]] = await Promise.all([open(), open()])
    // Long enough to be still under way when the server is killed.
    const response = await post(asked, 'word '.repeat(80))
    const path = response.headers.get('content-location')
    await response.body?.cancel()
    const events: StreamEvent[] = []
    const reconnects: unknown[] = []
    const stream = connect(other + path, {
      resume: () => asked + path,
      retry: { minDelayMs: 0 },
      onReconnect: (reconnect) => reconnects.push(reconnect),
    })
    for await (const event of stream) {
      events.push(event)
      if (events.length === 6) await read[Symbol.asyncDispose]()
    }
    expect(reconnects).toHaveLength(1)
    expect(events).toEqual(await collect(readStream(await fetch(asked + path))))
    expect(events.length).toBeGreaterThan(20)
    expect(events.at(-1)).toMatchObject({ type: 'complete', attempts: 1 })
  }, 30_000)
})
