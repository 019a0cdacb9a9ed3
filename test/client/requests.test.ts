import { expect, test, vi } from 'vitest'
import { connect, type DataEvent } from '../../src/entries/client.js'
import { answer, written } from '../support/answers.js'
import { collect, outline } from '../support/collect.js'
import { Remote } from '../support/remote.js'

const events = answer('Hel', 'lo')
const whole = ['start', 'text Hel', 'text lo', 'complete Hello']
const retry = { minDelayMs: 1, maxDelayMs: 1 }

/** Answers each request by a function of its headers and its number. */
function fetchFrom(answerOf: (headers: Headers, count: number) => Response | Error) {
  const requests: RequestInit[] = []
  const fetch = async (_url: unknown, init: RequestInit = {}): Promise<Response> => {
    requests.push(init)
    const response = answerOf(new Headers(init.headers), requests.length)
    if (response instanceof Error) throw response
    return response
  }
  return { fetch, requests }
}

function streamed(body: string): Response {
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream', 'content-location': '/ai/1' },
  })
}

test('headers are read before each request, also before a reconnection', async () => {
  let token = 0
  const { fetch, requests } = fetchFrom((headers, count) => {
    expect(headers.get('authorization')).toBe(`Bearer ${count}`)
    const after = Number(headers.get('last-event-id') ?? 0)
    return streamed(count === 1 ? written(events, 0, 2) : written(events, after))
  })
  const headers = async () => ({ authorization: `Bearer ${++token}` })
  const got = await collect(connect('/ai', { json: {}, fetch, headers, retry }))
  expect(outline(got)).toEqual(whole)
  expect(requests).toHaveLength(2)
  expect(new Headers(requests[0]?.headers).get('content-type')).toBe('application/json')
})

test('headers that cannot be read end the stream with the error', async () => {
  const { fetch, requests } = fetchFrom(() => streamed(written(events)))
  const headers = async (): Promise<HeadersInit> => {
    throw new TypeError('no token')
  }
  const got = await collect(connect('/ai', { json: {}, fetch, headers, retry }))
  expect(got.at(-1)).toMatchObject({ type: 'error' })
  expect(requests).toHaveLength(0)
})

test('a 401 refreshes the session once and sends the same request again', async () => {
  let token = 'old'
  const onUnauthorized = vi.fn(async (response: Response) => {
    expect(response.status).toBe(401)
    token = 'new'
  })
  const { fetch, requests } = fetchFrom((headers) =>
    headers.get('authorization') === 'new'
      ? streamed(written(events))
      : new Response('who?', { status: 401 }),
  )
  const headers = () => ({ authorization: token })
  const got = await collect(connect('/ai', { json: { a: 1 }, fetch, headers, onUnauthorized }))
  expect(outline(got)).toEqual(whole)
  expect(onUnauthorized).toHaveBeenCalledOnce()
  expect(requests.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}'])
})

test.each([
  ['is repeated', () => {}, 2],
  ['is not handled', () => false, 1],
])('a 401 that %s ends the stream', async (_name, onUnauthorized, count) => {
  const { fetch, requests } = fetchFrom(() => new Response('who?', { status: 401 }))
  const got = await collect(connect('/ai', { json: {}, fetch, onUnauthorized }))
  expect(got.at(-1)).toMatchObject({ error: { code: 'auth', status: 401 } })
  expect(requests).toHaveLength(count)
})

test('an idempotent POST whose response was lost is sent again, and no other is', async () => {
  const lost = (_headers: Headers, count: number) =>
    count === 1 ? new TypeError('Failed to fetch') : streamed(written(events))
  const keyed = fetchFrom(lost)
  const json = { key: 'k' }
  const got = await collect(connect('/ai', { json, fetch: keyed.fetch, idempotent: true, retry }))
  expect(outline(got)).toEqual(whole)
  expect(keyed.requests.map(({ body }) => body)).toEqual(['{"key":"k"}', '{"key":"k"}'])
  const other = fetchFrom(lost)
  const failed = await collect(connect('/ai', { json, fetch: other.fetch, retry }))
  expect(outline(failed)).toEqual(['start', 'error network'])
  expect(other.requests).toHaveLength(1)
})

test('an idempotent POST is resumed by GET once it has an answer, never by another POST', async () => {
  const { fetch, requests } = fetchFrom((headers, count) => {
    const after = Number(headers.get('last-event-id') ?? 0)
    return streamed(count === 1 ? written(events, 0, 2) : written(events, after))
  })
  await collect(connect('/ai', { json: {}, fetch, idempotent: true, retry }))
  expect(requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
})

test('events of the application go to onData, and other unknown events to nobody', async () => {
  const own = { type: 'data', name: 'title', data: { text: 'Hi' } }
  const body = `${written(events, 0, 2)}event: data\ndata: ${JSON.stringify(own)}\n\ndata: {"type":"later"}\n\n${written(events, 2)}`
  const { fetch } = fetchFrom(() => streamed(body))
  const received: DataEvent[] = []
  const onData = (event: DataEvent): void => void received.push(event)
  const got = await collect(connect('/ai', { json: {}, fetch, onData }))
  expect(outline(got)).toEqual(whole)
  expect(received).toEqual([own])
  expect(outline(await collect(connect('/ai', { json: {}, fetch })))).toEqual(whole)
})

test('a request that is cancelled while its session is refreshed is not sent again', async () => {
  const remote = new Remote()
  const refreshed = Promise.withResolvers<void>()
  const stream = connect('/ai', {
    json: {},
    fetch: remote.fetch,
    onUnauthorized: () => refreshed.promise,
  })
  const got = collect(stream)
  remote.last.status(401)
  await Promise.resolve()
  stream.cancel()
  refreshed.resolve()
  expect(outline(await got)).toEqual(['start', 'error aborted'])
  expect(remote.exchanges).toHaveLength(1)
})
