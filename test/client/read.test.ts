import { describe, expect, test } from 'vitest'
import { readStream } from '../../src/client.js'
import {
  createStream,
  plainText,
  StreamError,
  sse,
  toReadableStream,
  toResponse,
} from '../../src/index.js'
import { scripted } from '../../src/testing.js'
import { collect, outline } from '../support/collect.js'

const network = new StreamError('network', 'secret', { retryAfterMs: 5 })

function served(script: Parameters<typeof scripted>[0], retry: number | false = false) {
  return createStream({
    driver: scripted(script),
    prompt: 'p',
    retry: retry === false ? false : { maxRetries: retry },
  })
}

describe('readStream', () => {
  test('gives the events as they were sent', async () => {
    const sent = await collect(served(['Hel', 'lo']))
    const read = await collect(readStream(await toResponse(served(['Hel', 'lo']), sse())))
    expect(outline(read)).toEqual(outline(sent))
    expect(read.at(-1)).toMatchObject({ type: 'complete', text: 'Hello', usage: {} })
    const text = readStream(await toResponse(served(['Hel', 'lo']), sse())).text()
    expect(await text).toBe('Hello')
  })

  test('gives errors back as StreamError with the public sentence, inside retry events too', async () => {
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

  test('ends in interrupted when the connection ends before the last event, with what had come', async () => {
    const whole = await new Response(toReadableStream(served(['Hel', 'lo']), sse())).text()
    const cut = whole.slice(0, whole.indexOf('event: complete') + 30)
    const headers = { 'content-type': 'text/event-stream' }
    const read = await collect(readStream(new Response(cut, { headers })))
    expect(outline(read)).toEqual(['start', 'text Hel', 'text lo', 'error interrupted'])
    expect(read.at(-1)).toMatchObject({ partial: { content: [{ type: 'text', text: 'Hello' }] } })
  })

  test('tells a status as the error that the body carries', async () => {
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
      'error invalid-request',
    ])
    await expect(readStream(foreign).text()).rejects.toMatchObject({
      code: 'invalid-request',
      status: 404,
    })
  })

  test('says what to do with a body that is not server-sent events', async () => {
    const response = await toResponse(served(['a']), plainText())
    await expect(readStream(response).text()).rejects.toMatchObject({
      code: 'protocol',
      message: expect.stringContaining('sse()'),
    })
  })

  test('cancels the response when it is cancelled', async () => {
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
