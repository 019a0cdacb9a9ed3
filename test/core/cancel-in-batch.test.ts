import { describe, expect, test } from 'vitest'
import { readStream } from '../../src/entries/client.js'
import { createStream, type StreamEvent, sse, toResponse } from '../../src/entries/index.js'
import { scripted, simulatedProvider } from '../../src/entries/testing.js'
import { everyDriver } from '../support/every-driver.js'

type Stop = (stream: ReturnType<typeof createStream>, controller: AbortController) => void

const ways: [string, Stop][] = [
  ['cancel()', (stream) => stream.cancel()],
  ['its signal', (_stream, controller) => controller.abort()],
]

const labels = (events: readonly StreamEvent[]): string[] =>
  events.map((event) =>
    event.type === 'content' && event.kind === 'text' ? event.text : event.type,
  )

describe.each(ways)('a stream that is stopped by %s in the middle of a chunk', (_name, stop) => {
  test('delivers its error next, and nothing more of the chunk', async () => {
    const controller = new AbortController()
    const driver = scripted([{ chunk: ['a', 'b', 'c'] }, { chunk: ['d', 'e'] }])
    const stream = createStream({ driver, prompt: 'p', signal: controller.signal })
    const seen: StreamEvent[] = []
    for await (const event of stream) {
      seen.push(event)
      if (event.type === 'content') stop(stream, controller)
    }
    expect(labels(seen)).toEqual(['start', 'a', 'error'])
    // What the reader has not seen is not in `partial` either.
    const partial = { role: 'assistant', content: [{ type: 'text', text: 'a' }] }
    expect(seen.at(-1)).toMatchObject({ error: { code: 'aborted' }, partial })
  })

  test('answers calls of next() that were made before with the error too', async () => {
    const controller = new AbortController()
    const driver = scripted([{ chunk: ['a', 'b'] }, { hang: true }])
    const stream = createStream({ driver, prompt: 'p', signal: controller.signal })
    const iterator = stream[Symbol.asyncIterator]()
    await iterator.next()
    await iterator.next()
    stop(stream, controller)
    const rest = await Promise.all([iterator.next(), iterator.next(), iterator.next()])
    expect(rest.map(({ value }) => value?.type)).toEqual(['error', undefined, undefined])
  })

  test.each(everyDriver)('also with $name', async ({ driver: make }) => {
    const controller = new AbortController()
    const { fetch } = simulatedProvider({ paceMs: 0, answer: 'one two three four five six' })
    // All events in one network chunk.
    const whole: typeof globalThis.fetch = async (input, init) => {
      const response = await fetch(input, init)
      return new Response(await response.arrayBuffer(), response)
    }
    const options = { driver: make({ fetch: whole }), prompt: 'p', signal: controller.signal }
    const stream = createStream(options)
    const seen: StreamEvent[] = []
    for await (const event of stream) {
      seen.push(event)
      if (event.type === 'content') stop(stream, controller)
    }
    expect(seen.map(({ type }) => type)).toEqual(['start', 'content', 'error'])
  })
})

test('a stream that was received in part has only what its reader has seen', async () => {
  const answer = createStream({ driver: scripted([{ chunk: ['a', 'b', 'c'] }]), prompt: 'p' })
  const text = await (await toResponse(answer, sse())).text()
  const cut = text.slice(0, text.indexOf('event: complete'))
  const headers = { 'content-type': 'text/event-stream' }
  const stream = readStream(new Response(cut, { headers }))
  let last: StreamEvent | undefined
  for await (const event of stream) {
    last = event
    if (event.type === 'content') stream.cancel()
  }
  const partial = { role: 'assistant', content: [{ type: 'text', text: 'a' }] }
  expect(last).toMatchObject({ type: 'error', error: { code: 'aborted' }, partial })
})

test('a stream that was received whole drops the rest of its content and keeps its end', async () => {
  const answer = createStream({ driver: scripted([{ chunk: ['a', 'b', 'c'] }]), prompt: 'p' })
  const whole = await (await toResponse(answer, sse())).arrayBuffer()
  const headers = { 'content-type': 'text/event-stream' }
  const stream = readStream(new Response(whole, { headers }))
  const seen: StreamEvent[] = []
  for await (const event of stream) {
    seen.push(event)
    if (event.type === 'content') stream.cancel()
  }
  expect(labels(seen)).toEqual(['start', 'a', 'complete'])
})
