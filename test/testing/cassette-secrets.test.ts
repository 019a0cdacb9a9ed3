/**
 * No key is in a cassette, wherever it went and however it was written.
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Cassette, CassetteChunk } from '../../src/testing/cassette/cassette-file.js'
import { bytesOf } from '../../src/testing/cassette/cassette-file.js'
import { record } from '../../src/testing/cassette/record.js'
import { replay } from '../../src/testing/cassette/replay.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secrets-'))
})
afterAll(() => rm(folder, { recursive: true }))

const key = 'sk-Se/cret"Key0123456789'
const plain = 'sk-SecretKey0123456789'
const url = 'https://api.example/v1/chat'
const bearer = { authorization: `Bearer ${plain}` }

type Body = ConstructorParameters<typeof Response>[0]

interface Exchange {
  address?: string
  headers?: Record<string, string>
  body?: string
  answer?: Body | Error | ((init: RequestInit) => Body)
  answerHeaders?: [string, string][]
}

let count = 0

/** The cassette of requests one after the other, and everything that can be read from it. */
async function recorded(...exchanges: Exchange[]) {
  const file = join(folder, `${count++}.json`)
  const upcoming = [...exchanges]
  const recording = record(async () => {
    const { answer = 'ok', answerHeaders = [] } = upcoming.shift() ?? {}
    if (answer instanceof Error) throw answer
    const body = typeof answer === 'function' ? answer({}) : answer
    return new Response(body, { headers: answerHeaders })
  }, file)
  for (const { address = url, headers = {}, body = 'b' } of exchanges) {
    const sent = recording(address, { method: 'POST', headers, body })
    await sent.then((response) => response.text()).catch(() => {})
  }
  await recording.saved()
  const text = await readFile(file, 'utf8')
  const { interactions } = JSON.parse(text) as Cassette
  const bodies = interactions.map(({ response }) => joinedText(response?.chunks ?? []))
  return { text: [text, ...bodies].join('\n'), bodies, interactions, file }
}

function joinedText(chunks: readonly CassetteChunk[]): string {
  return Buffer.concat(chunks.map(bytesOf)).toString('latin1')
}

function inChunks(text: string, size: number): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) {
        controller.enqueue(bytes.slice(at, at + size))
      }
      controller.close()
    },
  })
}

test.each([
  'authorization',
  'api-key',
  'x-goog-api-key',
  'cf-aig-authorization',
  'x-portkey-config',
  'x-unheard-of',
  'cookie',
])('the value of the header %s is not in the file', async (name) => {
  const { text, interactions } = await recorded({ headers: { [name]: plain } })
  expect(text).not.toContain('SecretKey')
  expect(interactions[0]?.request.headers[name]).toBe('[scrubbed]')
})

test.each(['key', 'access_token', 'X-Amz-Signature', 'sig', 'code', 'unheard-of'])(
  'the value of the parameter %s is not in the file',
  async (name) => {
    const address = `${url}?alt=sse&${name}=${plain}#${plain}`
    const { text, interactions } = await recorded({ address })
    expect(text).not.toContain('SecretKey')
    expect(interactions[0]?.request.url).toBe(`${url}?alt=sse&${name}=[scrubbed]`)
  },
)

test('harmless headers and parameters are kept', async () => {
  const headers = { 'content-type': 'application/json', 'anthropic-version': '2026-10-21' }
  const { interactions } = await recorded({
    address: `${url}?alt=sse&api-version=2026-01-01`,
    headers,
    answerHeaders: [
      ['content-type', 'text/event-stream'],
      ['retry-after', '3'],
      ['x-request-id', 'req_1'],
      ['x-ratelimit-remaining-tokens', '12'],
    ],
  })
  expect(interactions[0]?.request).toMatchObject({
    url: `${url}?alt=sse&api-version=2026-01-01`,
    headers,
  })
  expect(interactions[0]?.response?.headers).toEqual({
    'content-type': 'text/event-stream',
    'retry-after': '3',
    'x-request-id': 'req_1',
    'x-ratelimit-remaining-tokens': '12',
  })
})

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe.each<[string, string, string]>([
  ['as it is', plain, `key ${plain}.`],
  ['in part, from its beginning', plain, `key ${plain.slice(0, 14)}.`],
  ['in part, to its end', plain, `key ${plain.slice(4)}.`],
  ['with its middle masked', plain, `key ${plain.slice(0, 7)}****${plain.slice(-4)}.`],
  ['escaped as JSON', key, JSON.stringify({ message: `key ${key}` }).replace('/', '\\/')],
  ['escaped as JSON in JSON', key, JSON.stringify(JSON.stringify({ key }))],
  ['escaped as code points', plain, `"${plain.replace('S', '\\u0053').replace('K', '\\u004b')}"`],
  ['escaped as in a URL', key, `?key=${encodeURIComponent(key)}&a=b`],
  ['in base64', plain, base64(plain)],
  ['in base64 after one byte', plain, base64(`:${plain}:`)],
  ['in base64 after two bytes', plain, base64(`a:${plain}`)],
  ['in the base64 of URLs', `${key}??>>~~`, Buffer.from(`${key}??>>~~`).toString('base64url')],
])('a key that is repeated %s', (_name, secret, repeated) => {
  const headers = { 'x-api-key': secret }
  /** Parts of eight characters, and what base64 holds. */
  const traces = (text: string): string[] => {
    const readable = [...text.matchAll(/[\w+/-]{12,}/g)].map(([run]) =>
      Buffer.from(run, 'base64').toString('latin1'),
    )
    const all = [text, ...readable].join('\n')
    return [secret.slice(0, 9), secret.slice(4, 13), secret.slice(-9)].filter(
      (part) => all.includes(part) || all.includes(JSON.stringify(part).slice(1, -1)),
    )
  }

  test.each([Infinity, 1, 5])('is not in an answer in chunks of %d bytes', async (size) => {
    const { text, bodies } = await recorded({ headers, answer: () => inChunks(repeated, size) })
    expect(traces(text)).toEqual([])
    expect(bodies[0]).toContain('[scrubbed]')
  })

  test('is not in a request, a failure or a later answer', async () => {
    const { text, interactions } = await recorded(
      { body: repeated, answer: new TypeError(`Failed: ${repeated}`) },
      { headers, answer: () => repeated, answerHeaders: [['server', `x ${plain}`]] },
      { answer: () => repeated },
    )
    expect(traces(text)).toEqual([])
    expect(interactions).toHaveLength(3)
    expect(interactions[0]?.failure).toContain('[scrubbed]')
  })
})

test('a key is removed from bytes that are not text', async () => {
  const answer = () => Buffer.concat([Buffer.from([255, 254]), Buffer.from(plain)])
  const { bodies } = await recorded({ headers: bearer, answer })
  expect(bodies[0]).toBe('\xff\xfe[scrubbed]')
})

test('the path of a request and the address of a redirect hold no key', async () => {
  const { text, interactions } = await recorded({
    address: `${url}/${plain}/x`,
    headers: bearer,
    answerHeaders: [['location', `/next?token=${plain}&alt=sse`]],
  })
  expect(text).not.toContain('SecretKey')
  expect(interactions[0]?.request.url).toBe(`${url}/[scrubbed]/x`)
  expect(interactions[0]?.response?.headers.location).toBe('/next?token=[scrubbed]&alt=sse')
})

test('cookies, logins and signatures are secrets by their parts', async () => {
  const login = base64('someone:hidden-password')
  const { text } = await recorded(
    { headers: { cookie: 'a=b; sid=cookie-secret-1' }, answer: () => 'it is cookie-secret-1' },
    { headers: { authorization: `Basic ${login}` }, answer: () => 'it is hidden-password' },
    {
      headers: {
        authorization: 'AWS4-HMAC-SHA256 Credential=AKIDSECRET/x, Signature=feedbeef0123',
      },
      answer: () => 'not feedbeef0123',
    },
    {
      answerHeaders: [
        ['set-cookie', 'sid=cookie-secret-2; Path=/'],
        ['set-cookie', 'b=c'],
      ],
      answer: () => 'it is cookie-secret-2',
    },
    { answer: () => 'it is cookie-secret-2' },
  )
  expect(text).not.toMatch(/cookie-secret|hidden-password|feedbeef|AKIDSECRET/)
})

test('tokens that a body asks for or hands out are secrets', async () => {
  const { text } = await recorded(
    {
      body: 'grant_type=x&client_secret=client-secret-1&scope=y',
      answer: () => inChunks('{"access_token":"handed-out-token","expires_in":3600}', 7),
    },
    { headers: { authorization: 'Bearer handed-out-token' } },
  )
  expect(text).not.toMatch(/client-secret-1|handed-out/)
  expect(text).toContain('expires_in')
})

test('keys of well-known services are removed from texts that no header explains', async () => {
  const known = [
    'sk-proj-abcdefghijklmnopqrstuvwxyz',
    'gsk_abcdefghijklmnopqrstuvwxyz',
    `AIza${'b'.repeat(35)}`,
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijklmn',
  ]
  const { text } = await recorded({ body: known.join(' '), answer: () => `"${known.join('","')}"` })
  for (const each of known) expect(text).not.toContain(each.slice(0, 12))
})

test('models, words and addresses in headers are no secrets', async () => {
  const spoken = 'claude-sonnet-5-5 at https://app.example/chat, a completion'
  const { bodies } = await recorded({
    headers: {
      'x-model': 'claude-sonnet-5-5',
      'http-referer': 'https://app.example/chat',
      'x-kind': 'completion',
    },
    answer: () => spoken,
  })
  expect(bodies).toEqual([spoken])
})

test('a scrubbed cassette keeps its chunks and plays', async () => {
  const answer = () => inChunks(`data: {"a":"${plain}"}\n\ndata: {"b":"Olá 👋"}\n\n`, 9)
  const { interactions, file } = await recorded({ headers: bearer, answer })
  expect(interactions[0]?.response?.chunks).toHaveLength(7)
  const played = await replay(file)(url, { method: 'POST' })
  expect(await played.text()).toBe('data: {"a":"[scrubbed]"}\n\ndata: {"b":"Olá 👋"}\n\n')
})
