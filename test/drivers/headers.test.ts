/**
 * Headers from a function, for tokens that expire.
 */

import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { ErrorEvent } from '../../src/base/events.js'
import { anthropic } from '../../src/entries/anthropic.js'
import { compatible } from '../../src/entries/compatible.js'
import { type GeminiOptions, gemini } from '../../src/entries/gemini.js'
import { createStream, type StreamOptions } from '../../src/entries/index.js'
import { openai } from '../../src/entries/openai.js'
import { type SimulatedProvider, simulatedProvider } from '../../src/entries/testing.js'
import { collect, outline } from '../support/collect.js'

afterEach(() => vi.unstubAllEnvs())

type Options = Partial<Pick<GeminiOptions, 'apiKey' | 'fetch' | 'headers'>>

const baseURL = 'http://provider.test/v1'
const drivers: [string, (options: Options) => Driver][] = [
  ['compatible', (options) => compatible({ model: 'm', baseURL, ...options })],
  ['gemini', (options) => gemini({ model: 'm', baseURL, ...options })],
  ['openai', (options) => openai({ model: 'm', baseURL, ...options })],
  ['openai Responses', (options) => openai({ api: 'responses', model: 'm', baseURL, ...options })],
  [
    'anthropic',
    (options) => anthropic({ model: 'm', baseURL: 'http://provider.test', ...options }),
  ],
]

const run = (driver: Driver, options: Partial<StreamOptions> = {}) =>
  collect(createStream({ driver, prompt: 'p', retry: false, ...options }))

describe.each(drivers)('%s', (_name, create) => {
  let provider: SimulatedProvider
  beforeEach(() => {
    provider = simulatedProvider({ paceMs: 0, answer: 'ok' })
  })

  test('calls the function for each request, retries included, and awaits it', async () => {
    let count = 0
    const headers = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      return { authorization: `Bearer t${++count}`, 'x-simulated-fault': 'status=503; once=a' }
    }
    const driver = create({ apiKey: 'k', headers, fetch: provider.fetch })
    const retry = { minDelayMs: 0, maxDelayMs: 0 }
    expect((await run(driver, { retry })).at(-1)?.type).toBe('complete')
    await run(driver)
    const sent = provider.requests.map((request) => request.headers.authorization)
    expect(sent).toEqual(['Bearer t1', 'Bearer t2', 'Bearer t3'])
    expect(provider.requests[0]?.headers['content-type']).toMatch(/^application\/json/)
  })

  test('may get them without waiting', async () => {
    const headers = () => ({ 'X-Tenant': 'a' })
    await run(create({ apiKey: 'k', headers, fetch: provider.fetch }))
    expect(provider.requests[0]?.headers['x-tenant']).toBe('a')
  })

  test('go with each request, and what a fetch adds to them goes with its request only', async () => {
    let count = 0
    const fetch: typeof globalThis.fetch = (url, init) => {
      const headers = init?.headers as Headers
      headers.append('x-trace', String(++count))
      return provider.fetch(url, init)
    }
    let key = 0
    const driver = create({ apiKey: () => `k${++key}`, headers: { 'X-Tenant': 'a' }, fetch })
    await run(driver)
    await run(driver)
    const sent = provider.requests.map(({ headers }) => [headers['x-trace'], headers['x-tenant']])
    expect(sent).toEqual([
      ['1', 'a'],
      ['2', 'a'],
    ])
    const keys = provider.requests.map(({ headers }) => /k\d/.exec(JSON.stringify(headers))?.[0])
    expect(keys).toEqual(['k1', 'k2'])
  })

  const rejections: [string, () => unknown][] = [
    ['an error', () => new Error('The token service is away.')],
    ['a mistake', () => new TypeError('x is not a function')],
    ['a status', () => Object.assign(new Error('No.'), { status: 403 })],
    ['a failed connection', () => new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } })],
    ['no error', () => undefined],
  ]
  test.each(rejections)(
    'fails as a rejected key does if it rejects with %s',
    async (_what, make) => {
      const reject = async (): Promise<never> => {
        throw make()
      }
      const failureOf = async (driver: Driver): Promise<ErrorEvent['error']> => {
        const events = await run(driver)
        expect(outline(events)).toHaveLength(2)
        return (events.at(-1) as ErrorEvent).error
      }
      const { fetch } = provider
      const byHeaders = await failureOf(create({ apiKey: 'k', headers: reject, fetch }))
      const byKey = await failureOf(compatible({ model: 'm', baseURL, apiKey: reject, fetch }))
      expect([byHeaders.code, byHeaders.retryable]).toEqual([byKey.code, byKey.retryable])
      expect(provider.requests).toEqual([])
    },
  )

  test.each<[string, unknown]>([
    ['a line break', { authorization: 'Bearer SECRET\n' }],
    ['no value', { authorization: undefined }],
    ['a name that is none', { 'SE CRET': 'x' }],
    ['nothing', undefined],
    ['null', null],
    ['a string', 'Bearer SECRET'],
  ])('is a setup error that quotes nothing for %s', async (_what, value) => {
    const headers = (async () => value) as never
    const events = await run(create({ apiKey: 'k', headers, fetch: provider.fetch }), {
      retry: { maxRetries: 2, minDelayMs: 0 },
    })
    expect(outline(events)).toEqual(['start', 'error setup'])
    const everything = inspect(events, { depth: 30, showHidden: true, maxStringLength: null })
    expect(everything).not.toMatch(/SE ?CRET/)
    expect(provider.requests).toEqual([])
  })

  test('refuses what is neither an object nor a function at the call, unquoted', () => {
    const headers = 'Bearer SECRET' as never
    expect(() => create({ apiKey: 'k', headers })).toThrow('headers" has an invalid value')
    expect(() => create({ apiKey: 'k', headers })).not.toThrow('SECRET')
  })
})

test('gemini reaches Vertex AI by an address and a token, and sends no key', async () => {
  vi.stubEnv('GEMINI_API_KEY', 'from-environment')
  const provider = simulatedProvider({ paceMs: 0, answer: 'ok', requireKey: false })
  const server = await provider.listen()
  const path = '/v1/projects/p/locations/us-central1/publishers/google'
  let count = 0
  const headers = async () => ({ authorization: `Bearer t${++count}` })
  for (const slash of ['', '/']) {
    const driver = gemini({
      model: 'gemini-2.5-pro',
      baseURL: server.url + path + slash,
      headers,
    })
    expect(outline(await run(driver))).toEqual(['start', 'text ok', 'complete ok'])
  }
  await server.close()
  expect(provider.requests.map((request) => request.path)).toEqual(
    Array(2).fill(`${path}/models/gemini-2.5-pro:streamGenerateContent?alt=sse`),
  )
  for (const [index, request] of provider.requests.entries()) {
    expect(request.headers.authorization).toBe(`Bearer t${index + 1}`)
    expect(request.headers['x-goog-api-key']).toBeUndefined()
  }
})
