/** Events that cannot be written as JSON end in an `error` event in every format. */

import { describe, expect, test } from 'vitest'
import type { ContentEvent, StreamEvent } from '../../src/base/events.js'
import type { Format } from '../../src/base/stream-format.js'
import { readStream } from '../../src/entries/client.js'
import { compatible } from '../../src/entries/compatible.js'
import { agUi, aiSdk, openaiChat } from '../../src/entries/formats.js'
import { createStream, ndjson, plainText, sse, toResponse } from '../../src/entries/index.js'
import { scripted } from '../../src/entries/testing.js'

const levels = 100_000
const deepJson = '['.repeat(levels) + ']'.repeat(levels)
const deepValue: unknown = JSON.parse(deepJson)

/** The formats that have a place for errors, and what an error looks like in them. */
const formats: [string, Format, RegExp][] = [
  ['sse', sse(), /event: error\ndata: \{"type":"error".*"code":"protocol".*\n\n$/],
  ['ndjson', ndjson(), /\{"type":"error".*"code":"protocol".*\n$/],
  ['aiSdk', aiSdk(), /\{"type":"error","errorText":".*\n\ndata: \[DONE\]\n\n$/],
  ['agUi', agUi(), /"type":"RUN_ERROR".*"code":"protocol".*\n\n$/],
  ['openaiChat', openaiChat(), /\{"error":\{.*"code":"protocol"/],
]

async function write(
  events: AsyncIterable<StreamEvent>,
  format: Format,
): Promise<{ body: string; type: string }> {
  const response = await toResponse(events, format)
  return { body: await response.text(), type: response.headers.get('content-type') ?? '' }
}

async function eventsOf(response: Response): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of readStream(response)) events.push(event)
  return events
}

function streamOf(content: ContentEvent[]): AsyncIterable<StreamEvent> {
  return createStream({ driver: scripted(content), prompt: 'p', retry: false })
}

async function* foreign(last: StreamEvent): AsyncGenerator<StreamEvent> {
  yield { type: 'start', id: 's', provider: 'p', model: 'm' }
  yield { type: 'content', index: 0, kind: 'text', text: 'hello' }
  yield last
}

describe.each(formats)('100,000 levels of JSON in %s', (_, format, error) => {
  test('as the arguments of a tool call end in an error event', async () => {
    const input = `{"x":${deepJson}}`
    const call: ContentEvent = {
      type: 'content',
      index: 0,
      kind: 'tool-call',
      id: 'c',
      name: 'f',
      input,
    }
    const { body } = await write(streamOf([call]), format)
    expect(body).toMatch(error)
  })

  test('as structured output end in an error event', async () => {
    const stream = createStream({
      driver: scripted([deepJson]),
      prompt: 'p',
      retry: false,
      output: { type: 'array' },
    })
    expect((await write(stream, format)).body).toMatch(error)
  })

  test('in an event of the provider end in an error event', async () => {
    const chunk = `{"choices":[{"index":0,"delta":{"content":"a","annotations":[{"url_citation":{"url":"u"},"more":${deepJson}}]}}]}`
    const fetch = async (): Promise<Response> => new Response(`data: ${chunk}\n\ndata: [DONE]\n\n`)
    const driver = compatible({ model: 'm', baseURL: 'http://127.0.0.1/v1', fetch })
    const stream = createStream({ driver, prompt: 'p', retry: false })
    expect((await write(stream, format)).body).toMatch(error)
  })
})

test.each<[string, Format]>([
  ['sse', sse()],
  ['ndjson', ndjson()],
])(
  '%s replaces an event of foreign code with an error event, and keeps what came before',
  async (_, format) => {
    const source = { type: 'content', index: 1, kind: 'source', raw: deepValue } as const
    const { body, type } = await write(foreign(source), format)
    const events = await eventsOf(new Response(body, { headers: { 'content-type': type } }))
    expect(events.map((event) => event.type)).toEqual(['start', 'content', 'error'])
  },
)

test('a metadata callback that returns 100,000 levels ends in an error part', async () => {
  const { body } = await write(streamOf([]), aiSdk({ metadata: () => deepValue }))
  expect(body).toMatch(/"type":"error".*\n\ndata: \[DONE\]\n\n$/)
})

test('plain text breaks off at arguments of 100,000 levels, like for any error', async () => {
  const content: ContentEvent[] = [
    { type: 'content', index: 0, kind: 'text', text: 'hello' },
    { type: 'content', index: 1, kind: 'tool-call', id: 'c', name: 'f', input: deepJson },
  ]
  const response = await toResponse(streamOf(content), plainText())
  await expect(response.text()).rejects.toMatchObject({ code: 'protocol' })
})

test.each([
  ['application/x-ndjson', '', '\n'],
  ['text/event-stream', 'data: ', '\n\n'],
])('a reader of %s ends with an error event at 100,000 levels', async (type, before, after) => {
  const events = [
    '{"type":"start","id":"s","provider":"p","model":"m"}',
    `{"type":"content","index":0,"kind":"source","raw":${deepJson}}`,
  ]
  const body = events.map((event) => before + event + after).join('')
  const read = await eventsOf(new Response(body, { headers: { 'content-type': type } }))
  expect(read.at(-1)).toMatchObject({ type: 'error', error: { code: 'protocol' } })
})
