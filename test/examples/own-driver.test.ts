/**
 * The example's driver keeps the contract over real sockets.
 */

import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createStream, type ErrorEvent } from 'sluice'
import { type DriverScenario, testDriver } from 'sluice/testing'
import { afterAll, expect, test } from 'vitest'
import { ollama } from '../../examples/own-driver.ts'
import { collect, outline } from '../support/collect.ts'

const closing: (() => void)[] = []
afterAll(() => {
  for (const close of closing) close()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function send(response: ServerResponse, value: object): Promise<void> {
  return new Promise((resolve) => {
    response.write(`${JSON.stringify(value)}\n`, () => setImmediate(resolve))
  })
}

async function answer(scenario: DriverScenario, response: ServerResponse): Promise<void> {
  if (scenario.kind === 'refused') {
    response.writeHead(scenario.status).end('{"error":"server busy, please try again"}')
    return
  }
  // In pieces of three characters, as a model has its tokens.
  for (const [content] of scenario.text.matchAll(/[^]{1,3}/gu)) {
    await send(response, { message: { role: 'assistant', content }, done: false })
  }
  if (scenario.kind === 'answer') await send(response, { done: true, done_reason: 'stop' })
  if (scenario.kind === 'in-band-error') await send(response, { error: 'out of memory' })
  if (scenario.kind === 'cut') response.socket?.resetAndDestroy()
  else if (scenario.kind !== 'stall') response.end()
}

testDriver({
  name: 'ollama',
  test,
  driver: async (scenario) =>
    ollama('m', await serve((_request, response) => void answer(scenario, response))),
})

test('a cut socket is retried, and the answer is whole', async () => {
  const text = 'Water is wet.'
  let requests = 0
  const url = await serve((_request, response) => {
    void answer({ kind: ++requests === 1 ? 'cut' : 'answer', text }, response)
  })
  const retry = { minDelayMs: 0, maxDelayMs: 0 }
  const events = await collect(createStream({ driver: ollama('m', url), prompt: 'p', retry }))
  expect(outline(events).filter((line) => !line.startsWith('text'))).toEqual([
    'start',
    'retry 2/3 restart network',
    `complete ${text}`,
  ])
})

test('a body that ends without its last line is interrupted', async () => {
  const url = await serve((_request, response) => {
    void send(response, { message: { content: 'Water' } }).then(() => response.end())
  })
  const events = await collect(
    createStream({ driver: ollama('m', url), prompt: 'p', retry: false }),
  )
  expect(outline(events)).toEqual(['start', 'text Water', 'error interrupted'])
})

test('the request has the instructions, the conversation and the limit', async () => {
  const bodies: unknown[] = []
  const url = await serve((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      bodies.push(JSON.parse(body))
      void answer({ kind: 'answer', text: 'Yes.' }, response)
    })
  })
  await createStream({
    driver: ollama('llama3.2', url),
    system: 'Be brief.',
    messages: [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: [{ type: 'text', text: 'Hello!' }] },
      { role: 'user', content: 'Is water wet?' },
    ],
    maxOutputTokens: 9,
  }).text()
  expect(bodies).toEqual([
    {
      model: 'llama3.2',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hello!' },
        { role: 'user', content: 'Is water wet?' },
      ],
      options: { num_predict: 9 },
    },
  ])
})

const statuses: [number, string, string][] = [
  [400, '{"error":"invalid message content type"}', 'invalid-request'],
  [401, '{"error":"unauthorized"}', 'auth'],
  [404, '{"error":"model \'m\' not found"}', 'not-found'],
  [429, '{"error":"too many requests"}', 'rate-limit'],
  [500, '{"error":"llama runner process has terminated"}', 'server'],
  [503, '{"error":"server busy, please try again"}', 'overloaded'],
]

test.each(statuses)('status %i has its code', async (status, body, code) => {
  const url = await serve((_request, response) => {
    response.writeHead(status).end(body)
  })
  const events = await collect(
    createStream({ driver: ollama('m', url), prompt: 'p', retry: false }),
  )
  const { error } = events.at(-1) as ErrorEvent
  expect(error).toMatchObject({ code, status, provider: 'ollama' })
})
