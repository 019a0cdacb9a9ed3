/**
 * Keys, headers and addresses that no request can carry: an error before anything is sent, which
 * does not quote them.
 */

import { inspect } from 'node:util'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import { anthropic } from '../../src/entries/anthropic.js'
import { compatible } from '../../src/entries/compatible.js'
import { gemini } from '../../src/entries/gemini.js'
import { createStream, sse, toResponse } from '../../src/entries/index.js'
import { openai } from '../../src/entries/openai.js'
import { collect, outline } from '../support/collect.js'

afterEach(() => vi.unstubAllEnvs())

const fetch = vi.fn(async () => new Response(null, { status: 500 }))
const baseURL = 'http://provider.test/v1'

const drivers: [string, string, (options: object) => Driver][] = [
  ['compatible', '', (options) => compatible({ model: 'm', baseURL, fetch, ...options })],
  ['groq', 'GROQ_API_KEY', (options) => compatible('groq', { model: 'm', fetch, ...options })],
  ['gemini', 'GEMINI_API_KEY', (options) => gemini({ model: 'm', fetch, ...options })],
  ['openai', 'OPENAI_API_KEY', (options) => openai({ model: 'm', fetch, ...options })],
  ['anthropic', 'ANTHROPIC_API_KEY', (options) => anthropic({ model: 'm', fetch, ...options })],
]

const secrets: [string, string][] = [
  ['a line break inside', 'sk-SECRET\nKEY'],
  ['a line break at its end', 'sk-SECRET-KEY\n'],
  ['a carriage return', 'sk-SECRET\rKEY'],
  ['a NUL', 'sk-SECRET\0KEY'],
  ['a delete character', 'sk-SECRET\x7fKEY'],
  ['a character beyond Latin-1', 'sk-SECRET-KEY…'],
  ['half a surrogate pair', 'sk-SECRET-KEY\ud83d'],
]

/** Expects a setup error that holds no secret, after no request. */
async function expectSetup(create: () => Driver, ...words: string[]): Promise<void> {
  fetch.mockClear()
  const retry = { maxRetries: 2, minDelayMs: 0, maxDelayMs: 0 }
  const events = await collect(createStream({ driver: create(), prompt: 'p', retry }))
  expect(outline(events)).toEqual(['start', 'error setup'])
  const everything = inspect(events, { depth: 30, showHidden: true, maxStringLength: null })
  expect(everything).not.toContain('SECRET')
  for (const word of words) expect(everything).toContain(word)
  expect(fetch).not.toHaveBeenCalled()
  const exposed = sse({ exposeErrors: true })
  const response = await toResponse(createStream({ driver: create(), prompt: 'p', retry }), exposed)
  expect(await response.text()).not.toContain('SECRET')
}

describe.each(drivers)('%s', (_name, variable, create) => {
  describe.each(secrets)('with %s', (_what, secret) => {
    test('in its key', () => expectSetup(() => create({ apiKey: secret }), 'The API key'))

    test('in the key of a function', () =>
      expectSetup(() => create({ apiKey: async () => secret }), 'The API key'))

    test('in a header', () =>
      expectSetup(() => create({ apiKey: 'k', headers: { 'x-tenant': secret } }), '"x-tenant"'))

    // The system itself cuts variables at a NUL.
    if (variable !== '' && !secret.includes('\0')) {
      test('in the environment', async () => {
        vi.stubEnv(variable, secret)
        await expectSetup(() => create({}), 'The API key')
      })
    }
  })

  test.each([undefined, null])('a header that is %s', (value) =>
    expectSetup(() => create({ apiKey: 'k', headers: { 'x-tenant': value } }), '"x-tenant"'),
  )

  test('a name of a header that is not one', () =>
    expectSetup(() => create({ apiKey: 'k', headers: { 'sk SECRET': 'x' } })))

  test.each([undefined, '', ' ', 5])('a function that returns %o for a key', (key) =>
    expectSetup(() => create({ apiKey: () => key }), 'The API key'),
  )

  test.each([
    'http://me:SECRET@provider.test/v1',
    'http:me:SECRET@provider.test/v1',
    'http:\\\\me:SECRET@provider.test/v1',
    'http://me:SEC/RET-SECRET@provider.test/v1',
    '//me:SECRET@provider.test',
  ])('refuses the address %s at the call without quoting it', (address) => {
    expect(() => create({ baseURL: address })).toThrow(TypeError)
    expect(() => create({ baseURL: address })).not.toThrow(/SECRET|SEC\//)
  })
})

describe.each<[string, (options: object) => Driver]>([
  ['openai', (options) => openai({ model: 'm', client: new OpenAI({ fetch, ...options }) })],
  [
    'anthropic',
    (options) => anthropic({ model: 'm', client: new Anthropic({ fetch, ...options }) }),
  ],
])('%s with a client of the caller', (_name, create) => {
  // `Headers` trims the one and accepts the other.
  const accepted = ['a line break at its end', 'a delete character']
  test.each(secrets.filter(([what]) => !accepted.includes(what)))(
    'whose key has %s',
    (_what, secret) => expectSetup(() => create({ apiKey: secret }), 'cannot be sent'),
  )

  test('whose address has a password', () =>
    expectSetup(() => create({ apiKey: 'k', baseURL: 'http://me:SECRET@provider.test/v1' })))
})

test.each([
  ['OPENAI_BASE_URL', () => openai({ model: 'm', apiKey: 'k', fetch })],
  ['ANTHROPIC_BASE_URL', () => anthropic({ model: 'm', apiKey: 'k', fetch })],
])('a password in %s', async (variable, create) => {
  vi.stubEnv(variable, 'http://me:SECRET@provider.test/v1')
  await expectSetup(create)
})

test('a header may be a number', async () => {
  fetch.mockClear()
  const driver = compatible({ model: 'm', baseURL, fetch, headers: { 'x-n': 5 as never } })
  await collect(createStream({ driver, prompt: 'p', retry: false }))
  expect(fetch).toHaveBeenCalledTimes(1)
})

test.each([
  ['a line break', 'SECRET\nKEY'],
  ['a character beyond Latin-1', 'SECRET…'],
  ['no value', undefined],
])('toResponse() refuses a header with %s without quoting it', async (_name, value) => {
  const driver = compatible({ model: 'm', baseURL, fetch })
  const respond = toResponse(createStream({ driver, prompt: 'p' }), sse(), {
    headers: { 'x-mine': value as string },
  })
  const error: unknown = await respond.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(TypeError)
  expect(inspect(error, { showHidden: true })).toContain('"init.headers.x-mine"')
  expect(inspect(error, { showHidden: true })).not.toContain('SECRET')
})
