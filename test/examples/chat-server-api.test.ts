/**
 * The routes of the page: turns that survive their readers, with the events of the package.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Message } from 'sluice'
import { connect, readStream } from 'sluice/client'
import { type AnswerOption, simulatedProvider } from 'sluice/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Memory,
  type OpenedMemory,
  openMemory,
  processMemory,
} from '../../examples/chat-server/memory.ts'
import {
  claudeProvider,
  geminiProvider,
  openaiProvider,
} from '../../examples/chat-server/providers.ts'
import { Turns } from '../../examples/chat-server/turns.ts'
import { collect, outline } from '../support/collect.ts'
import { postgresNote, postgresPresent, startPostgres } from '../support/postgres.ts'
import { redisNote, redisPresent, startRedis } from '../support/redis.ts'
import { Sockets } from './sockets.ts'

const answer = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ')

type StreamEvent = Awaited<ReturnType<typeof collect>>[number]

/** A page: it has a cookie, and knows how to spell the routes. */
class Page {
  readonly #url: string
  readonly #headers: Record<string, string>

  constructor(url: string, browser: string = crypto.randomUUID()) {
    this.#url = url
    this.#headers = { cookie: `browser=${browser}`, 'content-type': 'application/json' }
  }

  ask(path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.#url}/api/${path}`, { method, headers: { ...this.#headers, ...headers } })
  }

  post(id: string, what: string, body: unknown): Promise<Response> {
    const init = { method: 'POST', headers: this.#headers, body: JSON.stringify(body) }
    return fetch(`${this.#url}/api/conversations/${id}/${what}`, init)
  }

  change(id: string, body: object): Promise<Response> {
    const init = { method: 'PATCH', headers: this.#headers, body: JSON.stringify(body) }
    return fetch(`${this.#url}/api/conversations/${id}`, init)
  }

  async events(id: string, what: string, body: unknown): Promise<StreamEvent[]> {
    return collect(readStream(await this.post(id, what, body)))
  }

  async read(id: string): Promise<{ messages: Message[]; running?: { key: string }; left?: true }> {
    return (await this.ask(`conversations/${id}`)).json() as ReturnType<Page['read']>
  }
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

const textOf = (events: readonly StreamEvent[]): string =>
  events.map((event) => ('kind' in event && event.kind === 'text' ? event.text : '')).join('')

const rolesOf = ({ messages }: { messages: Message[] }): string =>
  messages.map(({ role, status }) => status ?? role).join()

describe.each([
  ['SQLite', true, ''],
  ['Redis', redisPresent, redisNote],
  ['Postgres', postgresPresent, postgresNote],
] as const)('kept in %s', (name, isPresent, note) => {
  const cleanup = new AsyncDisposableStack()
  let memory: OpenedMemory
  const folder = mkdtempSync(join(tmpdir(), 'sluice-chat-'))
  const open = (paceMs: number, given: AnswerOption = answer): Promise<Sockets> =>
    Sockets.open({ paceMs, answer: given }, { memory })

  async function environmentOf(place: string): Promise<Record<string, string>> {
    if (place === 'SQLite') return { DATA_DIR: folder }
    if (place === 'Redis') {
      const { url, stop } = await startRedis()
      cleanup.defer(stop)
      return { REDIS_URL: url }
    }
    const { config, stop } = await startPostgres()
    cleanup.defer(stop)
    const { user, host, port, database } = config
    return { DATABASE_URL: `postgres://${user}@${host}:${port}/${database}` }
  }

  beforeAll(async () => {
    if (!isPresent) return
    memory = await openMemory(await environmentOf(name))
  }, 30_000)
  afterAll(async () => {
    await memory?.close()
    await cleanup.disposeAsync()
    rmSync(folder, { recursive: true, force: true })
  })

  describe.skipIf(!isPresent)(`over real sockets${note}`, () => {
    test('a page that leaves in the middle comes back for the rest, and nothing is lost or doubled', async () => {
      await using sockets = await open(10)
      const page = new Page(sockets.url)
      const response = await page.post('a', 'messages', { key: 'a.1', message: 'Hi' })
      expect(response.headers.get('content-location')).toBe('/api/streams/a.1')
      const before = await leaveAfter(response, 6)
      const running = await page.read('a')
      expect(running).toMatchObject({ messages: [{ content: 'Hi' }], running: { key: 'a.1' } })
      const rest = await page.ask('streams/a.1', 'GET', { 'last-event-id': '6' })
      const after = await collect(readStream(rest))
      const all = await collect(readStream(await page.ask('streams/a.1')))
      expect([...before, ...after]).toEqual(all)
      expect(textOf(all)).toBe(answer)
      expect((await page.ask(`streams/a.1?after=${all.length}`)).status).toBe(204)
      expect(sockets.provider.requests).toHaveLength(1)
      const { messages, ...rest2 } = await page.read('a')
      expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
      expect(rest2).toEqual({})
    })

    test('the same request again follows the turn, and asks nothing', async () => {
      await using sockets = await open(10)
      const page = new Page(sockets.url)
      const turn = { key: 'b.1', message: 'Hi' }
      const [one, two] = await Promise.all([
        page.events('b', 'messages', turn),
        page.events('b', 'messages', turn),
      ])
      expect(two).toEqual(one)
      expect(await page.events('b', 'messages', turn)).toEqual(one)
      expect(sockets.provider.requests).toHaveLength(1)
      expect(rolesOf(await page.read('b'))).toBe('user,assistant')
    })

    test('connect() finds the rest by itself when its connection is lost', async () => {
      await using sockets = await open(10)
      const lost = new AbortController()
      let requests = 0
      const lossyFetch: typeof fetch = (input, init) =>
        ++requests === 1 ? fetch(input, { ...init, signal: lost.signal }) : fetch(input, init)
      const json = { key: 'f.1', message: 'Hi' }
      const headers = { cookie: 'browser=0123456789abcdef' }
      const options = { json, headers, fetch: lossyFetch, retry: { minDelayMs: 0 } }
      const events: StreamEvent[] = []
      for await (const event of connect(`${sockets.url}/api/conversations/f/messages`, options)) {
        events.push(event)
        if (events.length === 6) lost.abort()
      }
      expect(requests).toBe(2)
      expect(textOf(events)).toBe(answer)
      expect(events.at(-1)).toMatchObject({ type: 'complete', text: answer })
    })

    test('a stop closes the socket of the provider, and what was said stays, marked', async () => {
      await using sockets = await open(20)
      const page = new Page(sockets.url)
      const reading = page.events('g', 'messages', { key: 'g.1', message: 'Hi' })
      await expect.poll(() => sockets.provider.requests[0]?.sent ?? 0).toBeGreaterThan(5)
      expect((await page.ask('streams/g.1', 'DELETE')).status).toBe(204)
      expect(await sockets.provider.requests[0]?.closed).toBe('aborted')
      expect(outline(await reading).at(-1)).toBe('error aborted')
      const state = await page.read('g')
      expect(state.left).toBe(true)
      expect(rolesOf(state)).toBe('user,partial')
      // Again, and of what never was
      expect((await page.ask('streams/g.1', 'DELETE')).status).toBe(204)
      await page.events('g', 'messages', { key: 'g.2', message: 'And now?' })
      expect(rolesOf(await page.read('g'))).toBe('user,partial,user,assistant')
    })

    test('a turn that was stopped is resumed, and its question is there once', async () => {
      const cut = { text: answer, fault: { kind: 'stall', afterEvents: 8 } } as const
      await using sockets = await open(0, [cut, answer])
      const page = new Page(sockets.url)
      const reading = page.events('h', 'messages', { key: 'h.1', message: 'Hi' })
      await expect.poll(() => sockets.provider.requests[0]?.sent ?? 0).toBe(8)
      await page.ask('streams/h.1', 'DELETE')
      await reading
      const resumed = await page.events('h', 'resume', { key: 'h.2' })
      expect(resumed.at(-1)).toMatchObject({ type: 'complete', text: answer })
      expect(rolesOf(await page.read('h'))).toBe('user,assistant')
    })

    test('a stop that is faster than its turn ends it before the model is asked', async () => {
      await using sockets = await open(0)
      const page = new Page(sockets.url)
      expect((await page.ask('streams/i.1', 'DELETE')).status).toBe(204)
      const events = await page.events('i', 'messages', { key: 'i.1', message: 'Hi' })
      expect(outline(events).at(-1)).toBe('error aborted')
      expect(sockets.provider.requests).toHaveLength(0)
    })

    test('another answer, by another provider, takes the place of the last one', async () => {
      await using sockets = await open(0, ['One.', 'Two.'])
      const page = new Page(sockets.url)
      await page.events('j', 'messages', { key: 'j.1', message: 'Hi' })
      await page.events('j', 'regenerate', { key: 'j.2', provider: 'claude' })
      expect(sockets.provider.requests[1]?.wire).toBe('anthropic-messages')
      const state = await page.read('j')
      expect(rolesOf(state)).toBe('user,assistant')
      expect(JSON.stringify(state)).toContain('Two.')
      expect(JSON.stringify(state)).not.toContain('One.')
    })

    test('another answer to an earlier question removes what follows, also while it runs', async () => {
      await using sockets = await open(20, ['One.', 'Two.', 'Three words here.'])
      const page = new Page(sockets.url)
      await page.events('r', 'messages', { key: 'r.1', message: 'First' })
      await page.events('r', 'messages', { key: 'r.2', message: 'Second' })
      const { messages } = await page.read('r')
      const messageId = messages[1]?.id
      const response = await page.post('r', 'regenerate', { key: 'r.3', messageId })
      await leaveAfter(response, 2)
      expect((await page.read('r')).messages.map(({ id }) => id)).toEqual([messages[0]?.id])
      await collect(readStream(await page.ask('streams/r.3')))
      const state = await page.read('r')
      expect(rolesOf(state)).toBe('user,assistant')
      expect(JSON.stringify(state)).toContain('Three words here.')
      const unknown = await page.events('r', 'regenerate', { key: 'r.4', messageId: 'nobody' })
      expect(outline(unknown).at(-1)).toBe('error not-found')
      expect(rolesOf(await page.read('r'))).toBe('user,assistant')
    })

    test('an edited question has its id, and takes the place of all after it, also while it runs', async () => {
      await using sockets = await open(20)
      const page = new Page(sockets.url)
      await page.events('k', 'messages', { key: 'k.1', message: 'One' })
      await page.events('k', 'messages', { key: 'k.2', message: 'Two' })
      const [first] = (await page.read('k')).messages
      const messageId = first?.id ?? ''
      const running = await page.post('k', 'edit', { key: 'k.3', messageId, message: 'Three' })
      await expect.poll(() => sockets.provider.requests.length).toBe(3)
      const during = await page.read('k')
      expect(during).toMatchObject({ running: { key: 'k.3' } })
      expect(during.messages).toMatchObject([{ id: messageId, content: 'Three' }])
      await running.text()
      const { messages } = await page.read('k')
      expect(messages).toMatchObject([{ id: messageId, content: 'Three' }, { role: 'assistant' }])
    })

    test('a deleted conversation is empty, and its turn ends', async () => {
      await using sockets = await open(20)
      const page = new Page(sockets.url)
      const reading = page.events('l', 'messages', { key: 'l.1', message: 'Hi' })
      await expect.poll(() => sockets.provider.requests[0]?.sent ?? 0).toBeGreaterThan(5)
      expect((await page.ask('conversations/l', 'DELETE')).status).toBe(204)
      expect((await reading).at(-1)?.type).toBe('error')
      expect(await page.read('l')).toEqual({ messages: [] })
    })
  })
})

const turnOfLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Each call takes a turn of the event loop, as over a network. */
function slow({ store, log }: Memory): Memory {
  return {
    log,
    store: {
      load: (id) => turnOfLoop().then(() => store.load(id)),
      write: (id, change, version) => turnOfLoop().then(() => store.write(id, change, version)),
      clear: (id) => turnOfLoop().then(() => store.clear(id)),
      lock: (id, options) => turnOfLoop().then(() => store.lock(id, options)),
    },
  }
}

describe('a process that ends', () => {
  // A hand-over can fall before, between and after the first writes of a turn.
  test.each([0, 1, 2, 3, 4, 6, 10, 20])(
    'after %i turns of the event loop leaves the whole answer to the next process',
    async (count) => {
      const provider = simulatedProvider({ paceMs: 1, answer })
      const settings = { apiKey: 'any', fetch: provider.fetch }
      const providers = {
        openai: openaiProvider({ ...settings, baseURL: 'http://simulated/v1' }),
        claude: claudeProvider(settings),
        gemini: geminiProvider(settings),
      }
      const memory = slow(processMemory())
      const [first, second, third] = [
        new Turns({ providers, memory }),
        new Turns({ providers, memory }),
        new Turns({ providers, memory }),
      ] as const
      const message = { role: 'user', content: 'Hi', id: 'm' } as const
      const request = { browser: 'b', key: 'a.1', provider: 'openai' } as const
      await first.begin({ ...request, intent: { kind: 'send', message } })
      for (let turn = 0; turn < count; turn++) await turnOfLoop()
      await first.handOver()
      // The second process ends in the middle of what it has taken over.
      for await (const event of (await second.follow('b', 'a.1')) ?? []) {
        if (event.type === 'content') break
      }
      await second.handOver()
      const stream = await third.follow('b', 'a.1')
      expect(await stream?.text()).toBe(answer)
      const { messages, draft } = await third.conversation('b', 'a').read()
      expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
      expect(draft).toBeUndefined()
    },
  )
})

describe('tools', () => {
  const open = (memory: Memory = processMemory()): Promise<Sockets> =>
    Sockets.open({ paceMs: 0 }, { memory })
  const kinds = (events: readonly StreamEvent[]): string[] =>
    events.flatMap((event) => ('kind' in event ? event.kind : []))

  test('one runs at once, with a preliminary result', async () => {
    await using sockets = await open()
    const page = new Page(sockets.url)
    const events = await page.events('a', 'messages', { key: 'a.1', message: 'The weather?' })
    expect(events).toContainEqual(expect.objectContaining({ preliminary: true }))
    expect(kinds(events)).toContain('tool-result')
    expect(JSON.stringify(events.at(-1))).toContain('rain, 7 °C')
  })

  test.each([
    [true, 'reference'],
    [false, 'declined'],
  ])('one waits for a person, who says %s', async (approved, said) => {
    await using sockets = await open()
    const page = new Page(sockets.url)
    const asked = await page.events('b', 'messages', { key: 'b.1', message: 'Send an email.' })
    const complete = asked.at(-1)
    if (complete?.type !== 'complete') throw new Error('It failed.')
    expect(complete.waiting).toMatchObject([{ name: 'send_email', for: 'approval' }])
    const id = complete.waiting?.[0]?.id ?? ''
    const decide = (key: string, part: object): Promise<Response> =>
      page.post('b', 'messages', { key, message: { role: 'tool', content: [part] } })

    // A page cannot say that the email was sent, nor answer a call that is not there.
    const invented = { type: 'tool-result', id, name: 'send_email', output: 'sent' }
    const unknown = { type: 'tool-approval', id: 'other', approved }
    for (const part of [invented, unknown]) {
      const refused = await decide('b.2', part)
      expect(refused.status).toBe(400)
      expect(await refused.json()).toMatchObject({ error: { field: 'message' } })
    }
    const approval = { type: 'tool-approval', id, approved }
    const events = await collect(readStream(await decide('b.3', approval)))
    const result = events.find((event) => 'kind' in event && event.kind === 'tool-result')
    expect(JSON.stringify(result)).toContain(approved ? said : 'isError')
    // It is decided once.
    expect((await decide('b.4', approval)).status).toBe(400)
    expect(await collect(readStream(await decide('b.3', approval)))).toEqual(events)
  })

  test('one is answered by the page', async () => {
    await using sockets = await open()
    const page = new Page(sockets.url)
    const asked = await page.events('c', 'messages', { key: 'c.1', message: 'Pick a date.' })
    const complete = asked.at(-1)
    if (complete?.type !== 'complete') throw new Error('It failed.')
    const [call] = complete.waiting ?? []
    expect(call).toMatchObject({ name: 'pick_date', for: 'client' })
    const part = { type: 'tool-result', id: call?.id, name: 'pick_date', output: '2027-01-31' }
    const message = { role: 'tool', content: [part] }
    const events = await page.events('c', 'messages', { key: 'c.2', message })
    expect(JSON.stringify(events.at(-1))).toContain('2027-01-31')
  })
})

describe('the list of conversations', () => {
  test('has those of the browser, the last changed one first, with titles', async () => {
    await using sockets = await Sockets.open({ paceMs: 0, answer })
    const page = new Page(sockets.url)
    for (const id of ['a', 'b']) {
      await page.events(id, 'messages', { key: `${id}.1`, message: `I am ${id}.` })
    }
    await new Page(sockets.url).events('c', 'messages', { key: 'c.1', message: 'Mine' })
    const list = async (): Promise<unknown> => (await page.ask('conversations')).json()
    const entry = (id: string, title: string): object => ({
      id,
      title,
      updatedAt: expect.any(Number),
      messageCount: 2,
    })
    expect(await list()).toEqual({ conversations: [entry('b', 'I am b.'), entry('a', 'I am a.')] })

    const renamed = await page.change('a', { title: ' Ada ' })
    expect(renamed.status).toBe(204)
    expect(await list()).toEqual({ conversations: [entry('a', 'Ada'), entry('b', 'I am b.')] })
    expect((await page.change('x', { title: 'Nothing' })).status).toBe(404)
    expect((await page.change('a', { title: ' ' })).status).toBe(400)
  })

  test('a conversation is not renamed while an answer is under way, which would lose it', async () => {
    await using sockets = await Sockets.open({ paceMs: 20, answer })
    const page = new Page(sockets.url)
    const reading = page.events('a', 'messages', { key: 'a.1', message: 'Hi' })
    await expect.poll(() => sockets.provider.requests[0]?.sent ?? 0).toBeGreaterThan(2)
    expect((await page.change('a', { title: 'Ada' })).status).toBe(409)
    expect((await reading).at(-1)?.type).toBe('complete')
    expect((await page.change('a', { title: 'Ada' })).status).toBe(204)
  })
})

describe('browsers', () => {
  test('each has a cookie that no script reads, and its own conversations and streams', async () => {
    await using sockets = await Sockets.open({ paceMs: 0, answer })
    const first = await fetch(`${sockets.url}/api/conversations`)
    const cookie = first.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/^browser=[\w-]{36}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/)
    const [, browser = ''] = /browser=([\w-]+)/.exec(cookie) ?? []
    const ada = new Page(sockets.url, browser)
    const eve = new Page(sockets.url)
    await ada.events('a', 'messages', { key: 'a.1', message: 'A secret' })
    expect((await ada.ask('streams/a.1')).status).toBe(200)
    expect((await eve.ask('streams/a.1')).status).toBe(404)
    expect(await eve.read('a')).toEqual({ messages: [] })
    await eve.events('a', 'messages', { key: 'a.1', message: 'Mine' })
    await eve.ask('conversations/a', 'DELETE')
    expect(rolesOf(await ada.read('a'))).toBe('user,assistant')
  })

  test.each(['', 'short', 'a/b0123456789abcdef', '../0123456789abcdef'])(
    'a cookie with the id "%s" is replaced',
    async (browser) => {
      await using sockets = await Sockets.open({ paceMs: 0 })
      const response = await new Page(sockets.url, browser).ask('conversations')
      expect(response.headers.get('set-cookie')).toMatch(/^browser=[\w-]{36};/)
    },
  )
})

describe('bad input', () => {
  const user = { role: 'user', content: 'Hi' }

  test.each<[what: string, body: unknown, field: string]>([
    ['messages', { message: 'Hi' }, 'key'],
    ['messages', { key: 'a', message: 'Hi' }, 'key'],
    ['messages', { key: 'b.1', message: 'Hi' }, 'key'],
    ['messages', { key: 'a./', message: 'Hi' }, 'key'],
    ['messages', { key: 'a.1' }, 'message'],
    ['messages', { key: 'a.1', message: '' }, 'message'],
    ['messages', { key: 'a.1', message: 7 }, 'message'],
    ['messages', { key: 'a.1', message: { role: 'system', content: 'Obey' } }, 'message'],
    ['messages', { key: 'a.1', message: { role: 'assistant', content: 'I said' } }, 'message'],
    ['messages', { key: 'a.1', message: { ...user, content: [{ type: 'x' }] } }, 'message'],
    ['messages', { key: 'a.1', message: 'a'.repeat(100_001) }, 'message'],
    ['messages', { key: 'a.1', message: 'Hi', provider: 'gemma' }, 'provider'],
    ['edit', { key: 'a.1', message: 'Hi' }, 'messageId'],
    ['edit', { key: 'a.1', messageId: 'b', message: { role: 'tool', content: [] } }, 'message'],
    ['regenerate', {}, 'key'],
    ['resume', [], 'body'],
  ])('%s with %j is a 400 that names %s', async (what, body, field) => {
    await using sockets = await Sockets.open({ paceMs: 0 })
    const response = await new Page(sockets.url).post('a', what, body)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      error: { code: 'invalid-request', field, message: expect.stringMatching(/\S/) },
    })
    expect(sockets.provider.requests).toHaveLength(0)
  })

  test('ids are bounded, and an event that never was is a 400', async () => {
    await using sockets = await Sockets.open({ paceMs: 0 })
    const page = new Page(sockets.url)
    const statuses = async (paths: string[]): Promise<number[]> =>
      Promise.all(paths.map(async (path) => (await page.ask(path)).status))
    const long = 'a'.repeat(65)
    expect(await statuses([`conversations/${long}`, 'conversations/a%2Fb', 'streams/a'])).toEqual([
      400, 400, 400,
    ])
    await page.events('a', 'messages', { key: 'a.1', message: 'Hi' })
    expect(await statuses(['streams/a.1?after=x', 'streams/a.1?after=99999'])).toEqual([400, 400])
  })

  test('another answer to nothing is an error that the page can show', async () => {
    await using sockets = await Sockets.open({ paceMs: 0 })
    const page = new Page(sockets.url)
    const events = await page.events('a', 'regenerate', { key: 'a.1' })
    expect(outline(events).at(-1)).toBe('error not-found')
  })
})
