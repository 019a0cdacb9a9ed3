import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Fetch } from '../../src/base/driver.js'
import { type ConnectOptions, connect, type Reconnection } from '../../src/entries/client.js'
import { sse, toReadableStream } from '../../src/entries/index.js'
import { closedSoon } from '../faults/closed.js'
import { type Exchange, FaultServer, type Play, refusingAddress } from '../faults/server.js'
import { answer, text, written } from '../support/answers.js'
import { collect, outline } from '../support/collect.js'

const events = answer('Hel', 'lö ', '🌊')
const whole = ['start', 'text Hel', 'text lö ', 'text 🌊', 'complete Hellö 🌊']
const quick = { minDelayMs: 1, maxDelayMs: 5 }

/** Serves the events from `Last-Event-ID` on, or up to `before` and then whatever `cut` does. */
function serve(cut?: (exchange: Exchange) => void, before = events.length): Play {
  return async (exchange) => {
    const after = Number(exchange.request.headers['last-event-id'] ?? 0)
    await exchange.head(200)
    await exchange.chunk(written(events, after, cut === undefined ? undefined : before))
    if (cut === undefined) exchange.end()
    else cut(exchange)
  }
}

function refuse(status: number, headers = {}, body = 'no'): Play {
  return (exchange) => exchange.whole(status, body, headers)
}

function stall(): void {}

afterEach(() => {
  vi.useRealTimers()
})

async function read(server: FaultServer, init: ConnectOptions = {}): Promise<string[]> {
  return outline(await collect(connect(`${server.url}/ai`, { retry: quick, ...init })))
}

function lastEventIds(server: FaultServer): (string | undefined)[] {
  return server.requests.map(({ headers }) => headers['last-event-id'])
}

describe('connect()', () => {
  test('connect() sends a GET, or a POST with a body, when the first event is read', async () => {
    await using server = await FaultServer.listen(serve())
    const stream = connect(`${server.url}/ai`)
    expect(server.requests).toEqual([])
    expect(await collect(stream)).toEqual(events)
    const json = { prompt: 'ö' }
    expect(await connect(new URL(`${server.url}/ai`), { json }).text()).toBe('Hellö 🌊')
    const body = JSON.stringify(json)
    await connect(`${server.url}/ai`, { body, headers: { 'content-type': 'x/y' } }).final()
    const [get, post, posted] = server.requests
    expect(get).toMatchObject({ method: 'GET', headers: { accept: 'text/event-stream' } })
    expect(get?.headers).not.toHaveProperty('last-event-id')
    expect(post).toMatchObject({ method: 'POST', body: json })
    expect(post?.headers).toMatchObject({ 'content-type': 'application/json' })
    expect(posted).toMatchObject({ method: 'POST', body: json, headers: { 'content-type': 'x/y' } })
  })

  test('connect() uses a custom fetch with all of its options', async () => {
    const asked: RequestInit[] = []
    const fetch = async (_url: unknown, init: RequestInit = {}): Promise<Response> => {
      asked.push(init)
      return new Response(written(events), { headers: { 'content-type': 'text/event-stream' } })
    }
    const init = { fetch, credentials: 'include', method: 'PUT', json: 1 } as const
    expect(outline(await collect(connect('/ai', init)))).toEqual(whole)
    expect(asked[0]).toMatchObject({ credentials: 'include', method: 'PUT', body: '1' })
  })

  test.each<[string, (exchange: Exchange) => void, string]>([
    ['ends without the last event', (exchange) => exchange.end(), 'interrupted'],
    ['is hung up', (exchange) => exchange.hangUp(), 'network'],
    ['is reset', (exchange) => exchange.reset(), 'network'],
    ['goes silent', stall, 'timeout'],
  ])('connect() resumes at the last event when the connection %s', async (_, cut, code) => {
    await using server = await FaultServer.listen(serve(cut, 2), serve(cut, 3), serve())
    const failures: string[] = []
    const onReconnect = ({ error }: Reconnection): number => failures.push(error.code)
    expect(await read(server, { onReconnect, idleMs: 80 })).toEqual(whole)
    // A reset takes along what the client has not read yet.
    if (code !== 'network') expect(lastEventIds(server)).toEqual([undefined, '2', '3'])
    expect(failures).toEqual([code, code])
    expect(await closedSoon(server)).toBe(0)
  })

  test('connect() reads chunks that split characters, lines and events', async () => {
    await using server = await FaultServer.listen(async (exchange) => {
      await exchange.head(200)
      for (const byte of Buffer.from(`:\n\n${written(events)}`)) {
        await exchange.chunk(new Uint8Array([byte]))
      }
      exchange.end()
    })
    expect(await read(server)).toEqual(whole)
  })

  test('connect() never delivers the half of an event that was cut', async () => {
    const half = written(events).slice(0, written(events, 0, 3).length - 1)
    await using server = await FaultServer.listen(async (exchange) => {
      await exchange.head(200)
      await exchange.chunk(half)
      exchange.end()
    }, serve())
    expect(await read(server)).toEqual(whole)
    expect(lastEventIds(server)).toEqual([undefined, '2'])
  })

  test('events of connect() keep their ids when they are written again', async () => {
    await using server = await FaultServer.listen(
      serve((exchange) => exchange.end(), 3),
      serve(),
    )
    const stream = connect(`${server.url}/ai`, { retry: quick, headers: { 'last-event-id': '1' } })
    expect(await new Response(toReadableStream(stream, sse())).text()).toBe(written(events, 1))
    expect(lastEventIds(server)).toEqual(['1', '3'])
  })
})

describe('the wait before a reconnection', () => {
  test('the wait before a reconnection is reported first, grows, and follows the retry field of the server', async () => {
    const waits: Reconnection[] = []
    const onReconnect = (reconnection: Reconnection): void => {
      waits.push(reconnection)
    }
    const withField: Play = async (exchange) => {
      await exchange.head(200)
      await exchange.chunk('retry: 40\n\n')
      exchange.end()
    }
    await using server = await FaultServer.listen(refuse(500), withField, withField, serve())
    expect(await read(server, { onReconnect })).toEqual(whole)
    expect(waits).toMatchObject([
      { attempt: 2, maxAttempts: 6, error: { code: 'server', status: 500 } },
      { attempt: 3, maxAttempts: Infinity, error: { code: 'interrupted' } },
      { attempt: 4, maxAttempts: Infinity },
    ])
    const [first, second, third] = waits.map(({ delayMs }) => delayMs)
    expect(first).toBeLessThanOrEqual(5)
    expect(second).toBe(40)
    expect(third).toBe(40)
  })

  test('the wait before a reconnection is as long as retry-after, unless that is too long', async () => {
    await using server = await FaultServer.listen(refuse(503, { 'retry-after': '1' }), serve())
    const began = performance.now()
    expect(await read(server)).toEqual(whole)
    expect(performance.now() - began).toBeGreaterThanOrEqual(990)
    await using busy = await FaultServer.listen(refuse(429, { 'retry-after': '61' }))
    expect(await read(busy)).toEqual(['start', 'error rate-limit'])
    expect(busy.requests).toHaveLength(1)
  })

  test('cancelling during a wait before a reconnection ends the stream, also from a hook', async () => {
    await using server = await FaultServer.listen(refuse(500), refuse(500), serve())
    const waiting = connect(server.url, {
      onReconnect: () => setTimeout(() => waiting.cancel(), 5),
    })
    expect(outline(await collect(waiting))).toEqual(['start', 'error aborted'])
    const stream = connect(server.url, { retry: quick, onReconnect: () => stream.cancel() })
    expect(outline(await collect(stream))).toEqual(['start', 'error aborted'])
    const answered = connect(server.url, { onResponse: () => answered.cancel() })
    expect(outline(await collect(answered))).toEqual(['start', 'error aborted'])
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(server.requests).toHaveLength(3)
    expect(await closedSoon(server)).toBe(0)
  })

  test('a connection that was kept alive resets the count of failed reconnections', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const encoder = new TextEncoder()
    let connections = 0
    /**
     * Thinks for half a minute at a time, until its connection is cut; the tenth time it answers.
     */
    const fetch = async (): Promise<Response> => {
      connections++
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          if (connections === 10) {
            controller.enqueue(encoder.encode(written(events)))
            return controller.close()
          }
          for (const afterMs of [10_000, 20_000]) {
            setTimeout(() => controller.enqueue(encoder.encode(':\n\n')), afterMs)
          }
          setTimeout(() => controller.close(), 31_000)
        },
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    }
    const told = collect(connect('/ai', { fetch, retry: 1 }))
    await vi.advanceTimersByTimeAsync(10 * 40_000)
    expect(outline(await told)).toEqual(whole)
    // Nothing is left that would keep a process alive.
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('the end of connect()', () => {
  test('connect() ends at once on a final status, with the error in the response body', async () => {
    const body = { error: { code: 'context-length', message: 'Too long.', retryable: false } }
    const json = JSON.stringify(body)
    await using server = await FaultServer.listen(refuse(400, {}, json), refuse(404), refuse(403))
    await expect(connect(server.url).text()).rejects.toMatchObject({
      code: 'context-length',
      message: 'Too long.',
      status: 400,
    })
    await expect(connect(server.url).text()).rejects.toMatchObject({ status: 404 })
    expect(await read(server)).toEqual(['start', 'error permission'])
    expect(server.requests).toHaveLength(3)
  })

  test('connect() ends with the last error after maxRetries failures in a row', async () => {
    const page = '<html><title>502 Bad Gateway</title></html>'
    await using server = await FaultServer.listen(
      serve((exchange) => exchange.end(), 2),
      refuse(502, { 'content-type': 'text/html' }, page),
      serve((exchange) => exchange.end(), 3),
      refuse(502, { 'content-type': 'text/html' }, page),
    )
    const stream = connect(server.url, { retry: { ...quick, maxRetries: 2 } })
    const told = await collect(stream)
    expect(outline(told)).toEqual([...whole.slice(0, 3), 'error server'])
    expect(told.at(-1)).toMatchObject({
      error: { status: 502 },
      partial: { content: [{ type: 'text', text: 'Hellö ' }] },
    })
    // One more event reset the count.
    expect(server.requests).toHaveLength(5)
    await using refusing = await refusingAddress()
    const refused = connect(refusing.url, { retry: { ...quick, maxRetries: 1 } })
    expect(outline(await collect(refused))).toEqual(['start', 'error network'])
  })

  test('connect() ends with a protocol error when the response is a web page', async () => {
    const page: Play = refuse(200, { 'content-type': 'text/html' }, '<html>Please log in</html>')
    await using server = await FaultServer.listen(page)
    await expect(connect(server.url).text()).rejects.toMatchObject({
      code: 'protocol',
      message: expect.stringContaining('text/html'),
    })
    expect(server.requests).toHaveLength(1)
  })

  test('connect() ends with interrupted when the server has no more events or no longer has the stream', async () => {
    const cut = serve((exchange) => exchange.end(), 3)
    const interrupted = [...whole.slice(0, 3), 'error interrupted']
    for (const gone of [refuse(204, {}, ''), refuse(404), refuse(410)]) {
      await using server = await FaultServer.listen(cut, gone)
      expect(await read(server)).toEqual(interrupted)
      expect(server.requests).toHaveLength(2)
    }
    await using nothing = await FaultServer.listen(refuse(204, {}, ''))
    expect(await read(nothing)).toEqual(['start', 'error interrupted'])
  })

  test('connect() ends with a timeout when the response does not begin', async () => {
    await using server = await FaultServer.listen(stall)
    expect(await read(server, { responseMs: 40, retry: false })).toEqual(['start', 'error timeout'])
    expect(await closedSoon(server)).toBe(0)
  })

  test('connect() ends with a timeout when the body of an error response does not end', async () => {
    await using server = await FaultServer.listen((exchange) => exchange.head(500))
    expect(await read(server, { idleMs: 40, retry: false })).toEqual(['start', 'error timeout'])
    expect(await closedSoon(server)).toBe(0)
  })

  test('connect() does not time out while heartbeats arrive', async () => {
    await using server = await FaultServer.listen(async (exchange) => {
      await exchange.head(200)
      for (let beat = 0; beat < 12; beat++) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        await exchange.chunk(':\n\n')
      }
      await exchange.chunk(written(events))
      exchange.end()
    })
    expect(await read(server, { idleMs: 400, retry: false })).toEqual(whole)
  })

  test('connect() does not time out while the reader pauses', async () => {
    await using server = await FaultServer.listen(async (exchange) => {
      await exchange.head(200)
      await exchange.chunk(written(events, 0, 2))
      await new Promise((resolve) => setTimeout(resolve, 350))
      await exchange.chunk(written(events, 2))
      exchange.end()
    })
    const told = []
    for await (const event of connect(server.url, { idleMs: 200, retry: false })) {
      told.push(event)
      if (told.length === 2) await new Promise((resolve) => setTimeout(resolve, 500))
    }
    expect(outline(told)).toEqual(whole)
  })

  test('connect() ends with the error that a hook throws', async () => {
    await using server = await FaultServer.listen(refuse(500), serve())
    const fail = (): never => {
      throw new Error('hook')
    }
    const inReconnect = connect(server.url, { onReconnect: fail })
    await expect(inReconnect.text()).rejects.toMatchObject({ code: 'unknown', message: 'hook' })
    const inResponse = connect(server.url, { onResponse: fail })
    await expect(inResponse.text()).rejects.toMatchObject({ code: 'unknown', message: 'hook' })
    expect(await closedSoon(server)).toBe(0)
  })
})

describe('the event ids of connect()', () => {
  test('connect() skips events that it has received, even if the server sends all of them again', async () => {
    const again = (from: number): Play => {
      return async (exchange) => {
        await exchange.head(200)
        await exchange.chunk(written(events, from))
        exchange.end()
      }
    }
    for (const from of [0, 1, 2]) {
      await using server = await FaultServer.listen(
        serve((exchange) => exchange.end(), 3),
        again(from),
      )
      expect(await read(server)).toEqual(whole)
    }
  })

  test('connect() detects missing events by their ids', async () => {
    const skip: Play = async (exchange) => {
      await exchange.head(200)
      await exchange.chunk(written(events, 0, 2) + written(events, 3))
      exchange.end()
    }
    await using server = await FaultServer.listen(skip)
    await expect(connect(server.url, { retry: quick }).text()).rejects.toMatchObject({
      code: 'interrupted',
      message: 'Event 3 is missing: event 4 came after event 2.',
    })
    expect(await read(server)).toEqual([...whole.slice(0, 2), 'error interrupted'])
    expect(server.requests).toHaveLength(2)
  })

  test('connect() ends with interrupted when the server starts another answer', async () => {
    const other = answer('Some', 'thing', ' else')
    await using server = await FaultServer.listen(
      serve((exchange) => exchange.end(), 3),
      async (exchange) => {
        await exchange.head(200)
        await exchange.chunk(written(other))
      },
    )
    expect(await read(server)).toEqual([...whole.slice(0, 3), 'error interrupted'])
    expect(await closedSoon(server)).toBe(0)
  })

  test('connect() cannot resume a stream whose events have no ids', async () => {
    const withoutIds = written(events, 0, 2).replaceAll(/^id: .*\n/gm, '')
    await using server = await FaultServer.listen(async (exchange) => {
      await exchange.head(200)
      await exchange.chunk(withoutIds)
      exchange.end()
    })
    expect(await read(server)).toEqual([...whole.slice(0, 2), 'error interrupted'])
    expect(server.requests).toHaveLength(1)
  })

  test('connect() reconnects after an error event without an id in a stream with ids', async () => {
    const lost = `event: error\ndata: ${JSON.stringify({ type: 'error', error: { code: 'store' } })}\n\n`
    const lose: Play = async (exchange) => {
      const after = Number(exchange.request.headers['last-event-id'] ?? 0)
      await exchange.head(200)
      await exchange.chunk(written(events, after, 2) + lost)
      exchange.end()
    }
    await using server = await FaultServer.listen(lose, lose, serve())
    expect(await read(server)).toEqual(whole)
    expect(lastEventIds(server)).toEqual([undefined, '2', '2'])
    await using broken = await FaultServer.listen(lose)
    const retry = { ...quick, maxRetries: 2 }
    expect(await read(broken, { retry })).toEqual([...whole.slice(0, 2), 'error store'])
    expect(broken.requests).toHaveLength(3)
  })

  test('connect() resumes after the Last-Event-ID of the caller', async () => {
    await using server = await FaultServer.listen(serve())
    expect(await read(server, { headers: { 'Last-Event-ID': '3' } })).toEqual(whole.slice(3))
  })
})

describe('connect() with a method other than GET', () => {
  const json = { prompt: 'p' }
  const headers = { authorization: 'Bearer key' }

  test('a POST is not sent again when its connection is lost', async () => {
    await using server = await FaultServer.listen(serve((exchange) => exchange.end(), 3))
    expect(await read(server, { json })).toEqual([...whole.slice(0, 3), 'error interrupted'])
    await using dead = await FaultServer.listen((exchange) => exchange.reset())
    expect(await read(dead, { json })).toEqual(['start', 'error network'])
    for (const status of [429, 500, 503]) {
      await using refusing = await FaultServer.listen(refuse(status))
      expect(await read(refusing, { json })).toHaveLength(2)
      expect(refusing.requests).toHaveLength(1)
    }
    expect([server.requests.length, dead.requests.length]).toEqual([1, 1])
  })

  test('a POST is sent again after a refusal with retry-after', async () => {
    const later = refuse(503, { 'retry-after-ms': '10' })
    await using server = await FaultServer.listen(later, later, serve())
    expect(await read(server, { json })).toEqual(whole)
    expect(server.requests.map(({ method, body }) => [method, body])).toEqual([
      ['POST', json],
      ['POST', json],
      ['POST', json],
    ])
  })

  test('a POST resumes at the address in content-location', async () => {
    const begin: Play = async (exchange) => {
      await exchange.head(200, { 'content-location': '/ai/stream/7' })
      await exchange.chunk(written(events, 0, 3))
      exchange.reset()
    }
    await using server = await FaultServer.listen(begin, refuse(503), serve())
    expect(await read(server, { json, headers })).toEqual(whole)
    const [post, , get] = server.requests
    expect(post).toMatchObject({ method: 'POST', path: '/ai', headers })
    expect(get).toMatchObject({ method: 'GET', path: '/ai/stream/7', headers, body: {} })
    expect(get?.headers).not.toHaveProperty('content-type')
    expect(server.requests).toHaveLength(3)
  })

  test('a POST does not resume at another origin', async () => {
    await using elsewhere = await FaultServer.listen(serve())
    await using server = await FaultServer.listen(async (exchange) => {
      await exchange.head(200, { 'content-location': `${elsewhere.url}/ai` })
      await exchange.chunk(written(events, 0, 3))
      exchange.end()
    })
    expect(await read(server, { json })).toEqual([...whole.slice(0, 3), 'error interrupted'])
    expect(elsewhere.requests).toEqual([])
  })

  test('a POST resumes at the address in the resume option', async () => {
    const begin: Play = async (exchange) => {
      await exchange.head(200, { 'x-stream-id': '7' })
      await exchange.chunk(written(events, 0, 3))
      exchange.end()
    }
    await using server = await FaultServer.listen(begin, serve())
    const asked: unknown[] = []
    const resume: ConnectOptions['resume'] = (stream) => {
      asked.push({ ...stream, headers: undefined })
      return new URL(`${server.url}/ai/stream/${stream.headers?.get('x-stream-id')}`)
    }
    expect(await read(server, { json, resume })).toEqual(whole)
    expect(asked).toEqual([{ id: 'of Hellö 🌊', lastEventId: 3, headers: undefined }])
    expect(server.requests[1]).toMatchObject({ method: 'GET', path: '/ai/stream/7' })
    for (const nowhere of [false, () => undefined] as const) {
      await using closed = await FaultServer.listen(begin)
      expect(await read(closed, { json, resume: nowhere })).toContain('error interrupted')
      expect(await read(closed, { resume: nowhere })).toContain('error interrupted')
      expect(closed.requests).toHaveLength(2)
    }
  })

  test('a POST without a response resumes at the address in the resume option', async () => {
    await using server = await FaultServer.listen((exchange) => exchange.reset(), serve())
    const resume = `${server.url}/ai/stream/mine`
    expect(await read(server, { json, resume })).toEqual(whole)
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
    // The POST never arrived, so its own error is reported.
    await using deaf = await FaultServer.listen((exchange) => exchange.reset(), refuse(404))
    expect(await read(deaf, { json, resume: `${deaf.url}/x` })).toEqual(['start', 'error network'])
  })
})

describe('disconnecting from connect()', () => {
  const endless: Play = async (exchange) => {
    await exchange.head(200)
    await exchange.chunk(written(events, 0, 2))
  }

  test('break, cancel() and an aborted signal close the connection', async () => {
    await using server = await FaultServer.listen(endless)
    for await (const event of connect(server.url)) if (event.type === 'content') break
    expect(await closedSoon(server)).toBe(0)

    const cancelled = connect(server.url)
    const controller = new AbortController()
    const aborted = connect(server.url, { signal: controller.signal })
    for (const [stream, leave] of [
      [cancelled, () => cancelled.cancel()],
      [aborted, () => controller.abort()],
    ] as const) {
      const told = []
      for await (const event of stream) {
        told.push(event)
        if (event.type === 'content') setTimeout(leave, 10)
      }
      expect(outline(told)).toEqual(['start', 'text Hel', 'error aborted'])
      expect(await closedSoon(server)).toBe(0)
    }
  })

  test('break, cancel() and an aborted signal close the connection before the response has begun', async () => {
    const left = Promise.withResolvers<void>()
    await using server = await FaultServer.listen(() => left.resolve())
    const stream = connect(server.url)
    const told = collect(stream)
    await left.promise
    stream.cancel()
    expect(outline(await told)).toEqual(['start', 'error aborted'])
    expect(await closedSoon(server)).toBe(0)
  })
})

test('a response that arrives after a cancel is closed, even if fetch ignores the signal', async () => {
  const late = Promise.withResolvers<Response>()
  const stream = connect('/ai', { fetch: () => late.promise })
  const told = collect(stream)
  await Promise.resolve()
  stream.cancel()
  const cancelled = Promise.withResolvers<void>()
  late.resolve(new Response(new ReadableStream({ cancel: () => cancelled.resolve() })))
  expect(outline(await told)).toEqual(['start', 'error aborted'])
  await cancelled.promise
})

test('connect() rejects invalid options', () => {
  const bad = (init: unknown, url: unknown = 'http://a.test'): (() => unknown) => {
    return () => connect(url as string, init as ConnectOptions)
  }
  expect(bad({}, '/ai')).toThrow('Option "url" is "/ai"')
  expect(bad({}, 5)).toThrow('Option "url" is 5')
  expect(bad(null)).toThrow('Option "init" is null')
  expect(bad({ idleMs: 0 })).toThrow('Option "idleMs" is 0')
  expect(bad({ responseMs: -1 })).toThrow('Option "responseMs" is -1')
  expect(bad({ retry: 'no' })).toThrow('Option "retry" is "no"')
  expect(bad({ retry: { maxRetrys: 1 } })).toThrow('Unknown option "retry.maxRetrys"')
  expect(bad({ onReconnect: 1 })).toThrow('Option "onReconnect" is 1')
  expect(bad({ signal: {} })).toThrow('Option "signal" is {}')
  expect(bad({ json: 1, body: 'x' })).toThrow('Options "json" and "body" are mutually exclusive.')
  expect(bad({ jsno: 1 })).toThrow('Unknown option "jsno". Did you mean "json"?')
  expect(bad({ abortSignal: undefined })).toThrow('Did you mean "signal"?')
  expect(bad({ resume: 5 })).toThrow('Option "resume" is 5')
  expect(bad({ headers: { 'last-event-id': 'x' } })).toThrow('Option "headers.last-event-id"')
})

test('connect() passes on options of fetch that only some runtimes have', async () => {
  let init: unknown
  const fetch: Fetch = async (_url, given) => {
    init = given
    return new Response(null, { status: 204 })
  }
  const options = { fetch, dispatcher: {}, cf: {}, next: { tags: [] }, tls: {}, duplex: 'half' }
  await collect(connect('/ai', { ...options, retry: false }))
  expect(init).toMatchObject({
    dispatcher: {},
    cf: {},
    next: { tags: [] },
    tls: {},
    duplex: 'half',
  })
})

test.each([
  ['a header that cannot be sent', '/ai', { headers: { authorization: 'Bearer hidden\nkey' } }],
  ['an address with a password', '//me:hidden@', {}],
  ['a relative address with a token', '/ai?token=hidden', {}],
])('the error for %s does not quote its value', (_name, url, init) => {
  const call = (): unknown => connect(url, init)
  expect(call).toThrow(TypeError)
  expect(call).not.toThrow('hidden')
})

test('connect() delivers a content event without a start event', async () => {
  await using server = await FaultServer.listen(async (exchange) => {
    await exchange.head(200)
    await exchange.chunk(written([text('a')]))
    exchange.end()
  })
  expect(await read(server, { retry: false })).toEqual(['text a', 'error interrupted'])
})
