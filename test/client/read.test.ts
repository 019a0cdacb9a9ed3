import { describe, expect, test } from 'vitest'
import { readStream } from '../../src/entries/client.js'
import {
  createStream,
  type EventStream,
  ndjson,
  plainText,
  StreamError,
  sse,
  toReadableStream,
  toResponse,
} from '../../src/entries/index.js'
import { scripted } from '../../src/entries/testing.js'
import { collect, outline } from '../support/collect.js'

const network = new StreamError('network', 'secret', { retryAfterMs: 5 })

function served(script: Parameters<typeof scripted>[0], retry: number | false = false) {
  return createStream({
    driver: scripted(script),
    prompt: 'p',
    retry: retry === false ? false : { maxRetries: retry },
  })
}

describe('readStream()', () => {
  test('readStream() returns the events as they were sent', async () => {
    const sent = await collect(served(['Hel', 'lo']))
    const read = await collect(readStream(await toResponse(served(['Hel', 'lo']), sse())))
    expect(outline(read)).toEqual(outline(sent))
    expect(read.at(-1)).toMatchObject({ type: 'complete', text: 'Hello', usage: {} })
    const text = readStream(await toResponse(served(['Hel', 'lo']), sse())).text()
    expect(await text).toBe('Hello')
  })

  test('readStream() restores errors as StreamError with the public message, also inside retry events', async () => {
    const read = await collect(
      readStream(await toResponse(served([['a', network], [network]], 1), sse())),
    )
    expect(outline(read)).toEqual(['start', 'text a', 'retry 2/2 restart network', 'error network'])
    for (const event of read) {
      if (event.type !== 'retry' && event.type !== 'error') continue
      expect(StreamError.is(event.error)).toBe(true)
      expect(event.error.message).toBe('The connection to the model failed.')
      expect(event.error.retryAfterMs).toBe(5)
    }
  })

  test('readStream() ends with interrupted and the partial answer when the connection ends early', async () => {
    const whole = await new Response(toReadableStream(served(['Hel', 'lo']), sse())).text()
    const cut = whole.slice(0, whole.indexOf('event: complete') + 30)
    const headers = { 'content-type': 'text/event-stream' }
    const read = await collect(readStream(new Response(cut, { headers })))
    expect(outline(read)).toEqual(['start', 'text Hel', 'text lo', 'error interrupted'])
    expect(read.at(-1)).toMatchObject({ partial: { content: [{ type: 'text', text: 'Hello' }] } })
  })

  test.each([
    ['cancel()', async (stream: EventStream) => stream.cancel()],
    [
      'break before the first event',
      async (stream: EventStream) => stream[Symbol.asyncIterator]().return?.(),
    ],
    ['await using', async (stream: EventStream) => stream[Symbol.asyncDispose]()],
  ])('readStream() closes a response that was not read, after %s', async (_way, leave) => {
    const left = Promise.withResolvers<void>()
    const body = new ReadableStream({ cancel: () => left.resolve() })
    const stream = readStream(
      new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    )
    await leave(stream)
    await left.promise
    await expect(stream.final()).rejects.toMatchObject({ code: 'aborted' })
  })

  test('readStream() ends with the last event and ignores what follows', async () => {
    const whole = await new Response(toReadableStream(served(['a']), sse())).text()
    const headers = { 'content-type': 'text/event-stream' }
    const read = await collect(readStream(new Response(whole + whole, { headers })))
    expect(outline(read)).toEqual(['start', 'text a', 'complete a'])
  })

  test('readStream() reports the error in the body of an error response', async () => {
    const response = await toResponse(
      served([new StreamError('overloaded', 'x')]),
      sse({ earlyStatus: true }),
    )
    await expect(readStream(response).text()).rejects.toMatchObject({
      code: 'overloaded',
      status: 503,
    })
    const foreign = new Response('nope', { status: 404 })
    expect(outline(await collect(readStream(foreign.clone())))).toEqual([
      'start',
      'error not-found',
    ])
    await expect(readStream(foreign).text()).rejects.toMatchObject({
      code: 'not-found',
      status: 404,
      body: 'nope',
    })
  })

  test('readStream() returns the error messages that the server exposes', async () => {
    const refused = new StreamError('server', 'words', { provider: 'p', requestId: 'r' })
    const response = await toResponse(served([refused]), sse({ exposeErrors: true }))
    await expect(readStream(response).text()).rejects.toMatchObject({
      code: 'server',
      message: 'words',
      provider: 'p',
      requestId: 'r',
    })
  })

  test('readStream() reads ndjson() however its bytes are split', async () => {
    const sent = ['Hé', '\n\u2028', '😀'.repeat(50)]
    const whole = await (await toResponse(served(sent), ndjson())).arrayBuffer()
    for (const size of [1, 2, 7, 100, whole.byteLength]) {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('\n\r\n'))
          for (let at = 0; at < whole.byteLength; at += size) {
            controller.enqueue(new Uint8Array(whole.slice(at, at + size)))
          }
          controller.close()
        },
      })
      const headers = { 'content-type': 'application/x-ndjson; charset=utf-8' }
      const read = await collect(readStream(new Response(body, { headers })))
      expect(outline(read)).toEqual([
        'start',
        ...sent.map((each) => `text ${each}`),
        `complete ${sent.join('')}`,
      ])
    }
  })

  test('readStream() reports ndjson() that is cut or is not JSON', async () => {
    const headers = { 'content-type': 'application/x-ndjson' }
    const whole = await (await toResponse(served(['Hel', 'lo']), ndjson())).text()
    const cut = await collect(readStream(new Response(whole.slice(0, -1), { headers })))
    expect(outline(cut)).toEqual(['start', 'text Hel', 'text lo', 'error interrupted'])
    const broken = await collect(readStream(new Response('<html>\n', { headers })))
    expect(outline(broken)).toEqual(['start', 'error protocol'])
    const endless = new Response('x'.repeat(16 * 1024 * 1024 + 1), { headers })
    expect(outline(await collect(readStream(endless)))).toEqual(['start', 'error protocol'])
  })

  test('readStream() explains what to do about a body that is not server-sent events', async () => {
    const response = await toResponse(served(['a']), plainText())
    await expect(readStream(response).text()).rejects.toMatchObject({
      code: 'protocol',
      message: expect.stringContaining('sse()'),
    })
  })

  test('readStream() cancels the response when it is cancelled', async () => {
    let cancelled = false
    const body = new ReadableStream({
      cancel() {
        cancelled = true
      },
    })
    const stream = readStream(
      new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    )
    const events = collect(stream)
    await new Promise((resolve) => setImmediate(resolve))
    stream.cancel()
    expect(outline(await events)).toEqual(['start', 'error aborted'])
    expect(cancelled).toBe(true)
  })
})

describe('readStream() with an invalid response', () => {
  test.each([
    ['a promise', Promise.resolve(new Response('')), 'Option "response" is a promise. Await it'],
    [
      'nothing',
      undefined,
      'Option "response" is not a response. Pass one, such as await fetch(url).',
    ],
    ['a URL', 'http://a.test', 'is not a response'],
    ['a body', new Response('a').body, 'is not a response'],
  ])('readStream() rejects %s', (_name, response, message) => {
    const read = () => readStream(response as never)
    expect(read).toThrow(TypeError)
    expect(read).toThrow(message)
  })

  test('readStream() handles the rejection of a promise that it was given by mistake', async () => {
    const unhandled: unknown[] = []
    const onUnhandled = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', onUnhandled)
    const response = new Promise<Response>((_resolve, reject) => {
      setTimeout(() => reject(new TypeError('fetch failed')), 5)
    })
    expect(() => readStream(response as never)).toThrow('Await it first')
    await new Promise((resolve) => setTimeout(resolve, 30))
    process.off('unhandledRejection', onUnhandled)
    expect(unhandled).toEqual([])
  })
})
