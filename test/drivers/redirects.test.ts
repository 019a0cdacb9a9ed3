/**
 * Keys, headers and prompts never leave the origin that they were meant for.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import { BaseAnthropic } from '@anthropic-ai/sdk/client'
import OpenAI, { AzureOpenAI } from 'openai'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { ErrorEvent } from '../../src/base/events.js'
import { anthropic } from '../../src/entries/anthropic.js'
import { compatible } from '../../src/entries/compatible.js'
import { gemini } from '../../src/entries/gemini.js'
import { createStream } from '../../src/entries/index.js'
import { openai } from '../../src/entries/openai.js'
import { simulatedProvider } from '../../src/entries/testing.js'
import { collect, outline } from '../support/collect.js'

const apiKey = 'sk-SECRET-KEY'
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

interface Received {
  method: string | undefined
  url: string | undefined
  body: string
  /** Headers and body. */
  text: string
}

/** Answers with what `answer` writes, and lists what came. */
async function listen(answer: (request: IncomingMessage, response: ServerResponse) => unknown) {
  const received: Received[] = []
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method, url } = request
    received.push({ method, url, body, text: JSON.stringify(request.headers) + body })
    answer(request, response)
  }
  const server = createServer((...exchange) => void serve(...exchange)).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((resolve) => server.once('listening', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

type Create = (url: string) => Driver
const rows: [string, Create][] = [
  ['compatible', (url) => compatible({ model: 'm', apiKey, baseURL: `${url}/v1` })],
  [
    'compatible with a header of its own',
    (url) => compatible({ model: 'm', baseURL: `${url}/v1`, headers: { 'api-key': apiKey } }),
  ],
  ['gemini', (url) => gemini({ model: 'm', apiKey, baseURL: `${url}/v1beta` })],
  ['openai', (url) => openai({ model: 'm', apiKey, baseURL: `${url}/v1` })],
  [
    'openai, Responses',
    (url) => openai({ model: 'm', api: 'responses', apiKey, baseURL: `${url}/v1` }),
  ],
  [
    'openai with a client',
    (url) => openai({ model: 'm', client: new OpenAI({ apiKey, baseURL: `${url}/v1` }) }),
  ],
  [
    'openai with a client of Azure',
    (url) => {
      const options = { apiKey, endpoint: url, deployment: 'd', apiVersion: '2026-01-01' }
      return openai({ model: 'm', client: new AzureOpenAI(options) })
    },
  ],
  ['anthropic', (url) => anthropic({ model: 'm', apiKey, baseURL: url })],
  [
    'anthropic with a client',
    (url) => anthropic({ model: 'm', client: new Anthropic({ apiKey, baseURL: url }) }),
  ],
  [
    'anthropic with a base client',
    (url) => anthropic({ model: 'm', client: new BaseAnthropic({ apiKey, baseURL: url }) }),
  ],
]

async function ask(driver: Driver): Promise<{ events: string[]; error: ErrorEvent['error'] }> {
  const retry = { maxRetries: 2, minDelayMs: 0, maxDelayMs: 0 }
  const events = await collect(createStream({ driver, prompt: 'PRIVATE PROMPT', retry }))
  return { events: outline(events), error: (events.at(-1) as ErrorEvent).error }
}

describe.each(rows)('%s', (_name, create) => {
  test.each([301, 302, 303, 307, 308])(
    'sends nothing to another origin after status %i, and does not retry',
    async (status) => {
      const other = await listen((_request, response) => response.writeHead(404).end('{}'))
      const target = other.url.replace('127.0.0.1', 'localhost')
      const location = `${target}/hidden-path?token=HIDDEN`
      const home = await listen((_request, response) =>
        response.writeHead(status, { location }).end(),
      )
      const { events, error } = await ask(create(home.url))
      expect(events).toEqual(['start', 'error setup'])
      expect(error.message).toContain(`redirects to ${target},`)
      expect(error.message).not.toMatch(/hidden/i)
      expect(other.received).toEqual([])
      expect(home.received).toHaveLength(1)
    },
  )

  test('follows redirects within its origin, with method and body', async () => {
    const provider = simulatedProvider({ paceMs: 0, requireKey: false, answer: 'Moved.' })
    let hops = 0
    const home = await listen(async (request, response) => {
      if (hops++ < 2) {
        const location = hops === 1 ? `/moved${request.url}` : `${home.url}/again${request.url}`
        response.writeHead(hops === 1 ? 307 : 308, { location }).end()
        return
      }
      const path = String(request.url).replace('/moved', '').replace('/again', '')
      const { body } = home.received.at(-1) as Received
      const answer = await provider.fetch(`http://provider.test${path}`, { method: 'POST', body })
      response.writeHead(answer.status, { 'content-type': 'text/event-stream' })
      response.end(await answer.text())
    })
    expect((await ask(create(home.url))).events.at(-1)).toBe('complete Moved.')
    expect(home.received.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST'])
    for (const { text } of home.received) {
      expect(text).toContain(apiKey)
      expect(text).toContain('PRIVATE PROMPT')
    }
  })

  test('becomes a GET after status 303, without a body', async () => {
    const home = await listen((request, response) => {
      if (request.method === 'GET') response.writeHead(418).end('{}')
      else response.writeHead(303, { location: '/elsewhere' }).end()
    })
    const { error } = await ask(create(home.url))
    expect(error.status).toBe(418)
    expect(home.received.at(-1)).toMatchObject({ method: 'GET' })
    expect(home.received.at(-1)?.url).toMatch(/^\/elsewhere/)
    expect(home.received.at(-1)?.text).not.toContain('PRIVATE')
  })

  test('gives up after five redirects', async () => {
    const home = await listen((_request, response) =>
      response.writeHead(307, { location: '/loop' }).end(),
    )
    const { events, error } = await ask(create(home.url))
    expect(events).toEqual(['start', 'error setup'])
    expect(error.message).toContain('redirects too often')
    expect(home.received).toHaveLength(6)
  })
})

test('a fetch that follows by itself is found out by where its response came from', async () => {
  const other = await listen((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: [DONE]\n\n'),
  )
  const location = other.url.replace('127.0.0.1', 'localhost')
  const home = await listen((_request, response) => response.writeHead(302, { location }).end())
  const following: typeof fetch = (input, init) => fetch(input, { ...init, redirect: 'follow' })
  const baseURL = home.url
  for (const driver of [
    compatible({ model: 'm', baseURL, fetch: following }),
    openai({ model: 'm', apiKey: 'k', baseURL, fetch: following }),
  ]) {
    expect((await ask(driver)).events).toEqual(['start', 'error setup'])
  }
})

test('a fetch that does not say whether it followed is found out by the address too', async () => {
  const fetch = async (): Promise<Response> =>
    Object.defineProperties(new Response(null, { status: 200 }), {
      redirected: { value: undefined },
      url: { value: 'http://elsewhere.test/' },
    })
  const driver = compatible({ model: 'm', baseURL: 'http://a.test', fetch })
  expect((await ask(driver)).events).toEqual(['start', 'error setup'])
})

test.each(['http://me:SECRET@127.0.0.1/', '//127.0.0.1:0x/', 'data:text/event-stream,x'])(
  'a redirect to %s is not followed',
  async (location) => {
    const fetch = vi.fn(async () => new Response(null, { status: 307, headers: { location } }))
    const driver = compatible({ model: 'm', baseURL: 'http://127.0.0.1/v1', fetch })
    const { events, error } = await ask(driver)
    expect(events).toEqual(['start', 'error setup'])
    expect(error.message).not.toContain('SECRET')
    expect(fetch).toHaveBeenCalledTimes(1)
  },
)

test('a redirect that a browser hides is a setup error', async () => {
  const fetch = async (): Promise<Response> =>
    Object.defineProperty(new Response(null), 'type', { value: 'opaqueredirect' })
  const { events } = await ask(compatible({ model: 'm', baseURL: 'http://a.test', fetch }))
  expect(events).toEqual(['start', 'error setup'])
})

test('a client without an address or a method to follow with fails with a setup error', async () => {
  const error = Object.assign(new Error('302'), {
    status: 302,
    headers: new Headers({ location: '/elsewhere' }),
  })
  const client = {
    chat: { completions: { create: () => ({ asResponse: () => Promise.reject(error) }) } },
  }
  expect((await ask(openai({ model: 'm', client }))).events).toEqual(['start', 'error setup'])
})
