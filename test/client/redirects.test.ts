/**
 * What a page sends to its server never reaches another origin.
 */

import { afterEach, expect, test, vi } from 'vitest'
import { connect } from '../../src/client/connect.js'
import type { ConnectOptions } from '../../src/entries/client.js'
import { FaultServer } from '../faults/server.js'
import { collect, outline } from '../support/collect.js'

afterEach(() => vi.unstubAllGlobals())

const streamed = { 'content-type': 'text/event-stream' }
const start = 'event: start\nid: 1\ndata: {"type":"start","id":"s","provider":"p","model":"m"}\n\n'
const failed =
  'event: error\nid: 2\ndata: {"type":"error","error":{"code":"quota","message":"No.","retryable":false}}\n\n'
const headers = { authorization: 'Bearer SECRET', 'x-api-key': 'SECRET' }
const retry = { maxRetries: 2, minDelayMs: 0, maxDelayMs: 0 }

async function read(url: string, options: ConnectOptions = {}) {
  const events = await collect(connect(url, { retry, ...options }))
  const last = events.at(-1)
  return { outline: outline(events), error: last?.type === 'error' ? last.error : undefined }
}

/** The same server under another name, which is another origin. */
function otherName(url: string): string {
  return url.replace('127.0.0.1', 'localhost')
}

test.each([
  [302, { json: { prompt: 'PRIVATE' }, headers }],
  [307, { json: { prompt: 'PRIVATE' }, headers }],
  [308, { headers }],
  [301, {}],
])('status %i to another origin is a setup error and not retried', async (status, options) => {
  await using other = await FaultServer.listen((exchange) => exchange.whole(404, ''))
  const location = `${otherName(other.url)}/?token=HIDDEN`
  await using server = await FaultServer.listen((exchange) =>
    exchange.whole(status, '', { location }),
  )
  const { outline: events, error } = await read(`${server.url}/ai`, options)
  expect(events).toEqual(['start', 'error setup'])
  expect(error?.message).toContain(otherName(other.url))
  expect(error?.message).not.toContain('HIDDEN')
  expect(server.requests).toHaveLength(1)
  expect(other.requests).toEqual([])
})

test('a redirect within the origin is followed, and so is one of the request for the rest', async () => {
  await using server = await FaultServer.listen(async (exchange) => {
    const { path, method } = exchange.request
    if (path === '/ai') return exchange.whole(307, '', { location: '/ai/' })
    if (path === '/rest') return exchange.whole(302, '', { location: '/rest/' })
    await exchange.head(200, method === 'POST' ? { 'content-location': '/rest' } : {})
    await exchange.chunk(method === 'POST' ? start : failed)
    exchange.end()
  })
  const { outline: events } = await read(`${server.url}/ai`, { json: { a: 1 }, headers })
  expect(events).toEqual(['start', 'error quota'])
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /ai',
    'POST /ai/',
    'GET /rest',
    'GET /rest/',
  ])
  expect(server.requests[1]?.body).toEqual({ a: 1 })
  for (const request of server.requests) expect(request.headers).toMatchObject(headers)
})

test('a request for the rest that is redirected to another origin sends nothing there', async () => {
  await using other = await FaultServer.listen((exchange) => exchange.whole(404, ''))
  await using server = await FaultServer.listen(
    async (exchange) => {
      await exchange.head(200, { 'content-location': '/rest' })
      await exchange.chunk(start)
      exchange.end()
    },
    (exchange) => exchange.whole(307, '', { location: otherName(other.url) }),
  )
  const { outline: events } = await read(`${server.url}/ai`, { json: {}, headers })
  expect(events).toEqual(['start', 'error setup'])
  expect(other.requests).toEqual([])
})

test('the rest is requested from the origin of the given address, wherever the response came from', async () => {
  const asked: string[] = []
  const fetch = async (url: unknown): Promise<Response> => {
    asked.push(String(url))
    const response = new Response(asked.length === 1 ? start : failed, {
      headers: { ...streamed, 'content-location': '/rest' },
    })
    return Object.defineProperty(response, 'url', { value: 'http://elsewhere.test/ai' })
  }
  const { outline: events } = await read('http://home.test/ai', { json: {}, headers, fetch })
  expect(events).toEqual(['start', 'error quota'])
  expect(asked).toEqual(['http://home.test/ai', 'http://home.test/rest'])
})

test('a fetch that follows by itself to another origin is a setup error', async () => {
  await using other = await FaultServer.listen(async (exchange) => {
    await exchange.head(200)
    await exchange.chunk(start)
    exchange.end()
  })
  await using server = await FaultServer.listen((exchange) =>
    exchange.whole(307, '', { location: otherName(other.url) }),
  )
  const fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
    globalThis.fetch(input, { ...init, redirect: 'follow' })
  const { outline: events } = await read(`${server.url}/ai`, { fetch })
  expect(events).toEqual(['start', 'error setup'])
})

test("the caller's own redirect mode is kept", async () => {
  await using server = await FaultServer.listen((exchange) =>
    exchange.whole(302, '', { location: '/b' }),
  )
  const { error } = await read(`${server.url}/a`, { redirect: 'manual', retry: false })
  expect(error?.status).toBe(302)
  expect(server.requests).toHaveLength(1)
})

/** A browser's `fetch`, which hides redirects from a page that does not follow them. */
function browserFetch(follow: (init: RequestInit) => Response | Error) {
  const inits: RequestInit[] = []
  const fetch = async (_url: unknown, init: RequestInit = {}): Promise<Response> => {
    inits.push(init)
    if (init.redirect !== 'follow') {
      return Object.defineProperty(new Response(null), 'type', { value: 'opaqueredirect' })
    }
    const outcome = follow(init)
    if (outcome instanceof Error) throw outcome
    return outcome
  }
  return { fetch, inits }
}

test('in a browser, the server of the page may redirect within its origin', async () => {
  vi.stubGlobal('location', { href: 'http://page.test/chat' })
  const { fetch, inits } = browserFetch(() => new Response(start + failed, { headers: streamed }))
  const { outline: events } = await read('/ai', { json: { a: 1 }, headers, fetch })
  expect(events).toEqual(['start', 'error quota'])
  expect(inits[1]).toMatchObject({ method: 'POST', mode: 'same-origin', body: '{"a":1}' })
})

test('in a browser, a redirect that leaves the origin of the page is a setup error', async () => {
  vi.stubGlobal('location', { href: 'http://page.test/chat' })
  const { fetch, inits } = browserFetch(() => new TypeError('Failed to fetch'))
  expect((await read('/ai', { json: {}, fetch })).outline).toEqual(['start', 'error setup'])
  expect(inits).toHaveLength(2)
})

test('in a browser, a redirect of another server is followed only by a request without content', async () => {
  vi.stubGlobal('location', { href: 'http://page.test/chat' })
  const url = 'http://api.test/ai'
  const { fetch, inits } = browserFetch(() => new Response(start + failed, { headers: streamed }))
  expect((await read(url, { fetch })).outline).toEqual(['start', 'error quota'])
  expect(inits[1]?.mode).toBeUndefined()
  for (const options of [{ json: {} }, { headers }]) {
    const before = inits.length
    expect((await read(url, { ...options, fetch })).outline).toEqual(['start', 'error setup'])
    expect(inits).toHaveLength(before + 1)
  }
})

test.each([
  ['a header that is undefined', { 'x-token': undefined }],
  ['a header with a line break', { 'x-token': 'SECRET\nKEY' }],
  ['a header beyond Latin-1', { 'x-token': 'SECRET\u2026' }],
])('%s is refused without its value', (_name, given) => {
  const call = (): unknown => connect('http://a.test/', { headers: given as never })
  expect(call).toThrow('Option "headers.x-token" has an invalid value')
  expect(call).not.toThrow('SECRET')
})

test('an address with a password is a setup error that does not quote it', async () => {
  const { outline: events, error } = await read('http://me:SECRET@127.0.0.1/')
  expect(events).toEqual(['start', 'error setup'])
  expect(error?.message).not.toContain('SECRET')
})
