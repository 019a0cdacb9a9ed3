import { expect, test } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { StreamRequest } from '../../src/base/request.js'
import { toWellFormed, toWellFormedJson } from '../../src/base/well-formed-json.js'
import { anthropic } from '../../src/entries/anthropic.js'
import { compatible } from '../../src/entries/compatible.js'
import { gemini } from '../../src/entries/gemini.js'
import { createStream } from '../../src/entries/index.js'
import { openai } from '../../src/entries/openai.js'

const high = '\ud83d'
const low = '\ude00'

test('lone halves of surrogate pairs become U+FFFD, and nothing else changes', () => {
  const text = `${high}a${high}${low}b${low}${high}`
  expect(toWellFormedJson([text, { [high]: 1 }])).toBe('["\ufffda😀b\ufffd\ufffd",{"\ufffd":1}]')
  // Text about escapes is not an escape.
  const literal = ['\\ud83d', '\\\\ud83d', '\n\\"\\ude00', '\\']
  expect(JSON.parse(toWellFormedJson([...literal, low]))).toEqual([...literal, '\ufffd'])
  expect(toWellFormedJson(undefined)).toBeUndefined()
})

test('a body is copied only if it has to be changed', () => {
  const fine = { text: '😀 \\ud83d' }
  expect(toWellFormed({ fine }).fine).toEqual(fine)
  const plain = { text: '😀' }
  expect(toWellFormed(plain)).toBe(plain)
  expect(toWellFormed({ text: high })).toEqual({ text: '\ufffd' })
})

const request: StreamRequest = {
  system: `system ${high}`,
  messages: [
    { role: 'system', content: `more ${low}` },
    { role: 'user', content: [{ type: 'text', text: `user ${high}` }] },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: `text ${high}` },
        { type: 'tool-call', id: `i${high}`, name: `f${high}`, input: { [`k${low}`]: high } },
      ],
    },
    {
      role: 'tool',
      content: [
        { type: 'tool-result', id: `i${high}`, name: `f${high}`, output: { deep: [`x${low}y`] } },
      ],
    },
    { role: 'user', content: `last ${high}` },
  ],
  stopSequences: [`stop ${low}`],
  tools: {
    [`f${high}`]: {
      description: `does ${high}`,
      parameters: { type: 'object', properties: { a: { description: low } } },
    },
  },
  output: { type: 'object', properties: {}, description: `answer ${low}` },
  providerOptions: Object.fromEntries(
    ['openai', 'anthropic', 'gemini', 'compatible'].map((name) => [
      name,
      { metadata: { user: high } },
    ]),
  ),
}

/** Lone halves in a value, in its keys, and in strings that hold JSON themselves. */
function loneHalves(value: unknown): string[] {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) return [value]
    try {
      const inner: unknown = JSON.parse(value)
      return typeof inner === 'object' ? loneHalves(inner) : []
    } catch {
      return []
    }
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap((entry) => entry.flatMap(loneHalves))
}

const options = { model: 'm', apiKey: 'k' }
type Fetch = typeof globalThis.fetch
const drivers: Record<string, (fetch: Fetch) => Driver> = {
  'openai chat': (fetch) => openai({ ...options, fetch }),
  'openai responses': (fetch) => openai({ ...options, fetch, api: 'responses' }),
  anthropic: (fetch) => anthropic({ ...options, fetch }),
  gemini: (fetch) => gemini({ ...options, fetch }),
  compatible: (fetch) => compatible('groq', { ...options, fetch }),
}

test.each(Object.entries(drivers))('%s sends well-formed strings only', async (_, driverWith) => {
  const bodies: string[] = []
  const fetch: Fetch = async (_url, init) => {
    bodies.push(init?.body as string)
    return new Response('', { status: 400 })
  }
  for await (const event of createStream({ driver: driverWith(fetch), ...request, retry: false })) {
    expect(['start', 'error']).toContain(event.type)
  }
  expect(bodies).toHaveLength(1)
  expect(bodies[0]).toContain('user \ufffd')
  expect(loneHalves(JSON.parse(bodies[0] as string))).toEqual([])
})
