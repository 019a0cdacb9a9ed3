import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { CompleteEvent } from '../../src/base/events.js'
import { createStream, type StreamOptions } from '../../src/core/create-stream.js'
import { openai } from '../../src/drivers/openai.js'
import { collect, outline } from '../support/collect.js'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** The events of a background response, as OpenAI numbers them. */
function eventsOf(words: readonly string[], id = 'resp_1', before: object[] = []): object[] {
  const response = { id, model: 'gpt-5.5', background: true, status: 'in_progress' }
  const events: object[] = [
    { type: 'response.created', response },
    ...before,
    {
      type: 'response.output_item.added',
      output_index: 1,
      item: { type: 'message', id: 'msg_1', content: [] },
    },
    ...words.map((delta) => ({
      type: 'response.output_text.delta',
      output_index: 1,
      content_index: 0,
      item_id: 'msg_1',
      delta,
    })),
    {
      type: 'response.completed',
      response: {
        ...response,
        status: 'completed',
        output: [],
        usage: { input_tokens: 3, output_tokens: 4 },
      },
    },
  ]
  return events.map((event, sequence) => ({ ...event, sequence_number: sequence }))
}

interface Server {
  baseURL: string
  asked: string[]
  bodies: string[]
}

/** @param each - what happens to the n-th request for events, from 0: after how many events the socket breaks, or a status */
async function serve(
  each: (turn: number) => number | { status: number },
  words: readonly string[] = ['One ', 'two ', 'three ', 'four'],
  id?: string,
  before?: object[],
): Promise<Server> {
  const events = eventsOf(words, id, before)
  const asked: string[] = []
  const bodies: string[] = []
  let turn = 0
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    asked.push(`${request.method} ${request.url}`)
    if (request.url?.endsWith('/cancel')) {
      response.setHeader('content-type', 'application/json')
      response.end('{}')
      return
    }
    const after = new URL(request.url ?? '', 'http://host').searchParams.get('starting_after')
    const what = each(turn++)
    if (typeof what === 'object') {
      response.writeHead(what.status, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify({ error: { message: 'No such response.', type: 'invalid_request_error' } }),
      )
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const rest = events.slice(after === null ? 0 : Number(after) + 1)
    for (const event of rest.slice(0, what)) response.write(`data: ${JSON.stringify(event)}\n\n`)
    if (what >= rest.length) response.end()
    else setImmediate(() => response.socket?.resetAndDestroy())
  }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      bodies.push(body)
      answer(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { baseURL: `http://127.0.0.1:${port}/v1`, asked, bodies }
}

function ask({ baseURL }: Server, options: Partial<StreamOptions> = {}) {
  const driver = openai({ model: 'gpt-5.5', api: 'responses', apiKey: 'any', baseURL })
  return createStream({
    driver,
    prompt: 'Count.',
    providerOptions: { openai: { background: true } },
    retry: { minDelayMs: 0, maxDelayMs: 0 },
    ...options,
  })
}

test('a background response is resumed after the last event that was read, with nothing lost or doubled', async () => {
  const server = await serve((turn) => [4, 1, 100][turn] ?? 100)
  const events = await collect(ask(server))
  expect(outline(events).filter((line) => !line.startsWith('text'))).toEqual([
    'start',
    'retry 2/3 continue network',
    'retry 3/3 continue network',
    'complete One two three four',
  ])
  const complete = events.at(-1) as CompleteEvent
  expect(complete.message.content).toMatchObject([{ type: 'text', text: 'One two three four' }])
  expect(complete.usage).toEqual({ inputTokens: 3, outputTokens: 4 })
  expect(server.asked).toEqual([
    'POST /v1/responses',
    'GET /v1/responses/resp_1?stream=true&starting_after=3',
    'GET /v1/responses/resp_1?stream=true&starting_after=4',
  ])
  expect(JSON.parse(server.bodies[0] ?? '')).toMatchObject({ background: true, store: true })
})

test('a background response is resumed although failures after content are not retried', async () => {
  const server = await serve((turn) => (turn === 0 ? 3 : 100))
  const events = await collect(
    ask(server, { retry: { minDelayMs: 0, maxDelayMs: 0, afterContent: 'fail' } }),
  )
  expect(outline(events).at(-1)).toBe('complete One two three four')
})

test('a background response that is gone at the provider is requested again', async () => {
  const server = await serve((turn) => [3, { status: 404 }, 100][turn] ?? 100)
  const events = await collect(ask(server))
  expect(outline(events).filter((line) => !line.startsWith('text'))).toEqual([
    'start',
    'retry 2/3 continue network',
    'retry 3/3 restart interrupted',
    'complete One two three four',
  ])
  expect(server.asked.map((line) => line.split('?')[0])).toEqual([
    'POST /v1/responses',
    'GET /v1/responses/resp_1',
    'POST /v1/responses',
  ])
})

test('structured output is read across the places where it broke off', async () => {
  const server = await serve(
    (turn) => [3, 1, 100][turn] ?? 100,
    ['{"val', 'ue":["a', '","b"', ']}'],
  )
  const output = { type: 'array', items: { type: 'string' } }
  const complete = await ask(server, { output }).final()
  expect(complete).toMatchObject({ output: ['a', 'b'], text: '["a","b"]', attempts: 3 })
  expect(server.asked).toHaveLength(3)
})

test('structured output that does not fit is requested again, not resumed', async () => {
  const server = await serve(() => 100, ['{"value":', '[1,', ']}'])
  const retry = { maxRetries: 1, minDelayMs: 0, maxDelayMs: 0 }
  const stream = ask(server, { output: { type: 'array' }, retry })
  await expect(stream.final()).rejects.toMatchObject({ code: 'protocol' })
  expect(server.asked).toEqual(['POST /v1/responses', 'POST /v1/responses'])
})

test('a stream that is cancelled ends the response at the provider', async () => {
  const server = await serve(() => 3)
  const stream = ask(server, { retry: { minDelayMs: 60_000, maxDelayMs: 60_000 } })
  for await (const event of stream) if (event.type === 'retry') stream.cancel()
  await expect.poll(() => server.asked.at(-1)).toBe('POST /v1/responses/resp_1/cancel')
})

test('a stream that gives up ends the response at the provider', async () => {
  const server = await serve(() => 3)
  await collect(ask(server, { retry: false }))
  await expect.poll(() => server.asked.at(-1)).toBe('POST /v1/responses/resp_1/cancel')
})

test('a response that is complete is not cancelled', async () => {
  const server = await serve(() => 100)
  await collect(ask(server))
  expect(server.asked).toEqual(['POST /v1/responses'])
})

test.each(['../files', '..', '%2e%2e/x', 'resp_1/cancel', 'a?b', 'a#b', 'a\\b', ' ', '\ud800'])(
  'the id %o, which is for another path, is requested nowhere',
  async (id) => {
    const server = await serve((turn) => (turn === 0 ? 3 : 100), undefined, id)
    const events = await collect(ask(server))
    expect(outline(events).at(-1)).toBe('complete One two three four')
    expect(new Set(server.asked)).toEqual(new Set(['POST /v1/responses']))
    await collect(ask(await serve(() => 3, undefined, id), { retry: false }))
  },
)

test.each([
  ['of another origin is left alone', (url: string) => url.replace('127.0.0.1', 'localhost'), 0],
  ['of the same origin is asked', (url: string) => `${url}&moved`, 1],
])('for the rest, the target of a redirect %s', async (_name, move, requests) => {
  const server = await serve((turn) => (turn === 0 ? 3 : 100))
  const redirecting: typeof fetch = async (input, init) => {
    const url = input as string
    if (!/starting_after=\d+$/.test(url)) return fetch(input, init)
    return new Response(null, { status: 307, headers: { location: move(url) } })
  }
  const { baseURL } = server
  const driver = openai({ model: 'm', api: 'responses', apiKey: 'k', baseURL, fetch: redirecting })
  const events = await collect(ask(server, { driver }))
  expect(outline(events).at(-1)).toBe('complete One two three four')
  expect(server.asked.filter((line) => line.startsWith('GET'))).toHaveLength(requests)
})

test('a background response that broke in a search is resumed in the same block', async () => {
  const search = { type: 'web_search_call', id: 'ws_1', status: 'completed' }
  const before = [
    { type: 'response.output_item.added', item: { ...search, status: 'in_progress' } },
    { type: 'response.output_item.done', item: search },
  ].map((event) => ({ ...event, output_index: 0 }))
  const server = await serve((turn) => [2, 1, 2][turn] ?? 100, undefined, undefined, before)
  const events = await collect(
    ask(server, { retry: { maxRetries: 3, minDelayMs: 0, maxDelayMs: 0 } }),
  )
  const blocks = events.flatMap((event) =>
    event.type === 'content' && event.kind === 'provider' ? [event] : [],
  )
  expect(blocks.map(({ index, partial }) => [index, partial])).toEqual([
    [0, true],
    [0, undefined],
  ])
  const complete = events.at(-1) as CompleteEvent
  expect(complete.message.content).toMatchObject([
    { type: 'provider', data: search },
    { type: 'text', text: 'One two three four' },
  ])
})
