/**
 * The chat server as processes that are killed, restarted and ended, with answers in the middle.
 */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { postgresNote, postgresPresent, startPostgres } from '../support/postgres.ts'
import { redisNote, redisPresent, startRedis } from '../support/redis.ts'
import { Example, Line } from './child.ts'

vi.setConfig({ testTimeout: 60_000 })

const listening = /Listening on (http:\S+)\./
const server = 'chat-server/server.ts'
const headers = { cookie: 'browser=0123456789abcdef', 'content-type': 'application/json' }

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-chat-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const post = (url: string, path: string, body: unknown): Promise<Response> =>
  fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })

const question = { key: 'a.1', message: 'Write 30 sentences' }
const ask = (url: string): Promise<Response> => post(url, '/api/conversations/a/messages', question)

const follow = (url: string, lastEventId: number): Promise<Response> =>
  fetch(`${url}/api/streams/a.1`, {
    headers: { ...headers, 'last-event-id': String(lastEventId) },
  })

interface Frame {
  id: number
  event: {
    type: string
    kind?: string
    text?: string
    mode?: string
    error?: { code: string }
  }
}

/** As a client without this package reads. */
class Frames {
  readonly all: Frame[] = []
  /** How the response ended. */
  readonly end: Promise<unknown>
  #rest = ''

  constructor(response: Response) {
    this.end = this.#read(response).then(
      () => 'whole',
      () => 'broken',
    )
  }

  get last(): Frame {
    return this.all.at(-1) ?? { id: 0, event: { type: 'none' } }
  }

  has(count: number): Promise<void> {
    return vi.waitFor(() => expect(this.all.length).toBeGreaterThanOrEqual(count), 20_000)
  }

  async #read({ body }: Response): Promise<void> {
    const decoder = new TextDecoder()
    for await (const piece of body as ReadableStream<Uint8Array>) {
      const frames = (this.#rest + decoder.decode(piece, { stream: true })).split('\n\n')
      this.#rest = frames.pop() ?? ''
      for (const frame of frames) {
        const [, id, data] = /^id: (\d+)\nevent: \w+\ndata: (.*)$/.exec(frame) ?? []
        if (data !== undefined) this.all.push({ id: Number(id), event: JSON.parse(data) })
      }
    }
  }
}

/** What a reader of all frames shows. */
function shown(frames: readonly Frame[]): string {
  let text = ''
  for (const { event } of frames) {
    if (event.type === 'retry' && event.mode === 'restart') text = ''
    if (event.type === 'content') text += event.text ?? ''
  }
  return text
}

function expectWhole(frames: readonly Frame[]): void {
  expect(frames.map(({ id }) => id)).toEqual(frames.map((_, index) => index + 1))
  expect(frames.filter(({ event }) => event.type === 'retry')).toHaveLength(1)
  const { event } = frames.at(-1) as Frame
  expect(event.type).toBe('complete')
  expect(shown(frames)).toBe(event.text)
  expect(event.text).toMatch(/^Sentence 1 of 30 [^]*\sSentence 30 of 30 [^]*time\.$/)
}

test('a server that is killed in the middle of an answer, and started again, continues it', async () => {
  const settings = { PORT: '0', DATA_DIR: folder }
  await using first = new Example(server, settings)
  const [, url = ''] = await first.prints(listening)
  const before = new Frames(await ask(url))
  await before.has(30)
  first.process.kill('SIGKILL')
  expect(await before.end).toBe('broken')

  await using second = new Example(server, settings)
  const [, again = ''] = await second.prints(listening)
  const after = new Frames(await follow(again, before.last.id))
  expect(await after.end).toBe('whole')
  expectWhole([...before.all, ...after.all])
  expect(after.all[0]?.event).toMatchObject({ type: 'retry', error: { code: 'interrupted' } })
})

test('a turn whose server was killed goes on without a reader', async () => {
  const settings = { PORT: '0', DATA_DIR: folder }
  await using first = new Example(server, settings)
  const [, url = ''] = await first.prints(listening)
  const before = new Frames(await ask(url))
  await before.has(30)
  first.process.kill('SIGKILL')
  await before.end
  await using second = new Example(server, settings)
  const [, again = ''] = await second.prints(listening)
  const read = async (): Promise<object> =>
    (await fetch(`${again}/api/conversations/a`, { headers })).json() as Promise<object>
  await vi.waitFor(
    async () =>
      expect(await read()).toMatchObject({ messages: [{}, { role: 'assistant', key: 'a.1' }] }),
    { timeout: 50_000, interval: 500 },
  )
  expect(await read()).not.toHaveProperty('left')
})

test.each([
  ['a SQLite file', true, ''],
  ['Redis', redisPresent, redisNote],
  ['Postgres', postgresPresent, postgresNote],
] as const)(
  'of two servers that share %s, one continues what the other hands over',
  async (name, isPresent, note) => {
    if (!isPresent) throw new Error(`${name} is missing${note}.`)
    await using cleanup = new AsyncDisposableStack()
    const memory: Record<string, string> = { DATA_DIR: folder }
    if (name === 'Redis') {
      const redis = await startRedis()
      cleanup.defer(() => redis.stop())
      memory.REDIS_URL = redis.url
    } else if (name === 'Postgres') {
      const postgres = await startPostgres()
      cleanup.defer(() => postgres.stop())
      const { user, host, port, database } = postgres.config
      memory.DATABASE_URL = `postgres://${user}@${host}:${port}/${database}`
    }
    const one = cleanup.use(new Example(server, { PORT: '0', ...memory }))
    const two = cleanup.use(new Example(server, { PORT: '0', ...memory }))
    const [, first = ''] = await one.prints(listening)
    const [, second = ''] = await two.prints(listening)

    const before = new Frames(await ask(first))
    await before.has(30)
    const signalled = performance.now()
    one.process.kill('SIGTERM')
    expect(await before.end).toBe('broken')
    const after = new Frames(await follow(second, before.last.id))
    await after.has(2)
    // Not after the time of a lease, which is three seconds
    expect(performance.now() - signalled).toBeLessThan(2_500)
    expect([await one.ended(), one.errors]).toEqual([0, ''])

    const stopped = await fetch(`${second}/api/streams/a.1`, { method: 'DELETE', headers })
    expect(stopped.status).toBe(204)
    await after.end
    expect(after.last.event).toMatchObject({ type: 'error', error: { code: 'aborted' } })
  },
)

/** A terminal, in which Ctrl+C is a key. */
const terminal = (line: string): string => `script -qfec '${line}' /dev/null`
const controlC = '\u0003'

test('Ctrl+C on npm start, which reaches the server twice, ends streams with an error, or hands them over', async () => {
  await using line = new Line(terminal('npm start'), { PORT: '0', DATA_DIR: folder })
  const [, url = ''] = await line.prints(listening)
  const kept = new Frames(await ask(url))
  const text = post(url, '/openai/sse', {
    messages: [{ role: 'user', content: 'A long answer' }],
  }).then((response) => response.text())
  await kept.has(20)
  const pressed = performance.now()
  line.process.stdin.write(controlC)
  expect(await text).toMatch(/event: error\ndata: \{"error":"The request was cancelled\."\}\n\n$/)
  expect(await kept.end).toBe('broken')
  await line.prints(/^Ended\.\r?$/m)
  // 130 if npm passes the signal on while Node is taking its listeners off, after the server's end.
  expect([0, 130]).toContain(await line.ended())
  expect(performance.now() - pressed).toBeLessThan(3_000)
})

test.skipIf(!redisPresent)(
  `a second Ctrl+C ends a server at once that cannot hand over${redisNote}`,
  async () => {
    await using cleanup = new AsyncDisposableStack()
    const redis = await startRedis()
    cleanup.defer(() => redis.stop())
    const settings = { PORT: '0', REDIS_URL: redis.url }
    const line = cleanup.use(new Line(terminal('npm start'), settings))
    const [, url = ''] = await line.prints(listening)
    const kept = new Frames(await ask(url))
    await kept.has(20)
    redis.pause()
    line.process.stdin.write(controlC)
    let hasEnded = false
    void line.ended().then(() => {
      hasEnded = true
    })
    // A person is not as fast as npm.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(hasEnded).toBe(false)
    const pressed = performance.now()
    line.process.stdin.write(controlC)
    expect(await line.ended()).not.toBe(0)
    expect(performance.now() - pressed).toBeLessThan(2_000)
    redis.resume()
  },
)

test('the server says where it keeps conversations, and makes the folder', async () => {
  const path = join(folder, 'a', 'b')
  await using example = new Example(server, { PORT: '0', DATA_DIR: path })
  await example.prints(listening)
  expect(example.output.split('\n')[0]).toContain(`kept in ${path}/chat.db (DATA_DIR).`)
  expect(readdirSync(path)).toContain('chat.db')
})

test('a file that is no database is an error that names it, and the exit code is 1', async () => {
  writeFileSync(join(folder, 'chat.db'), 'This is no database, however long it is. '.repeat(100))
  await using example = new Example(server, { PORT: '0', DATA_DIR: folder })
  expect(await example.ended()).toBe(1)
  expect(example.errors).toMatch(/^The file \S+chat\.db cannot be used: .*not a database\n$/)
})

test('with a DATABASE_URL where nothing is, it says so and exits with 1', async () => {
  const url = 'postgres://postgres:secret@127.0.0.1:1/postgres'
  await using example = new Example(server, { PORT: '0', DATABASE_URL: url })
  expect(await example.ended()).toBe(1)
  expect(example.errors).toMatch(/^There is no Postgres at DATABASE_URL: .*ECONNREFUSED.*\n$/)
  expect(example.errors).not.toContain('secret')
})

test('with a REDIS_URL where nothing is, it says so and exits with 1', async () => {
  const url = 'redis://:secret@127.0.0.1:1'
  await using example = new Example(server, { PORT: '0', REDIS_URL: url })
  expect(await example.ended()).toBe(1)
  expect(example.errors).toMatch(/^There is no Redis at REDIS_URL: .*ECONNREFUSED.*\n$/)
  expect(example.errors).not.toContain('secret')
})
