/**
 * The chat server and the gateway as processes of their own, attacked over their sockets.
 */

import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Example } from './child.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

const listening = /(?:localhost:|port: )(\d+)/g
const megabytes = (count: number): string => 'a'.repeat(count * 1_000_000)
const user = { role: 'user', content: 'Hi' }
const tools = (parameters: string): string =>
  `{"model":"gpt-5.5","messages":[${JSON.stringify(user)}],"tools":[{"type":"function","function":{"name":"a","parameters":${parameters}}}]}`
const nested = (depth: number): string =>
  `${'{"properties":{"a":'.repeat(depth)}{}${'}}'.repeat(depth)}`

async function start(file: string, environment: Record<string, string> = {}): Promise<Server> {
  const example = new Example(file, { PORT: '0', ...environment })
  await example.prints(/Listening on|listening/)
  await vi.waitFor(() => expect(example.output).toMatch(listening))
  const port = Number([...example.output.matchAll(listening)].at(-1)?.[1])
  return { example, port, url: `http://127.0.0.1:${port}` }
}

interface Server {
  example: Example
  port: number
  url: string
}

/** In megabytes, the most that the process has ever held. */
function peakMemory({ example }: Server): number {
  const status = readFileSync(`/proc/${example.process.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024
}

let chat: Server
let gateway: Server

beforeAll(async () => {
  ;[chat, gateway] = await Promise.all([start('chat-server/server.ts'), start('gateway/server.ts')])
})
afterAll(async () => {
  await chat.example[Symbol.asyncDispose]()
  await gateway.example[Symbol.asyncDispose]()
})

const paths = { chat: '/openai/sse', gateway: '/v1/chat/completions' } as const
const post = (server: 'chat' | 'gateway', body: BodyInit, headers = {}): Promise<Response> =>
  fetch((server === 'chat' ? chat : gateway).url + paths[server], {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    duplex: 'half',
  } as RequestInit)

describe.each(['chat', 'gateway'] as const)('the %s server', (name) => {
  test.each<[string, number, () => BodyInit]>([
    ['no JSON', 400, () => '{'],
    ['no UTF-8', 400, () => Uint8Array.of(34, 255, 34)],
    ['nothing', 400, () => ''],
    ['100,000 levels', 400, () => '['.repeat(100_000) + ']'.repeat(100_000)],
    ['100,000 levels in a field', 400, () => `{"messages":${'[{"a":'.repeat(100_000)}`],
    [
      'a prototype',
      400,
      () => `{"model":"gpt-5.5","messages":[${JSON.stringify(user)}],"__proto__":{}}`,
    ],
    ['a million objects', 400, () => `{"messages":[${'{},'.repeat(300_000)}{}]}`],
    [
      'too many messages',
      400,
      () =>
        JSON.stringify({ model: 'gpt-5.5', messages: Array.from({ length: 1_001 }, () => user) }),
    ],
    ['30 MB of text', 413, () => megabytes(30)],
  ])('answers %s with status %i', async (_name, status, body) => {
    const response = await post(name, body())
    expect(response.status).toBe(status)
    const sentence = expect.stringMatching(/\S/)
    const error = name === 'chat' ? sentence : { message: sentence }
    expect(await response.json()).toMatchObject({ error })
  })

  test('ends a body without a length and without an end', async () => {
    const { port } = name === 'chat' ? chat : gateway
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    let answer = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text
    })
    // once() would reject for the write that fails.
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write(`POST ${paths[name]} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`)
    const chunk = `f4240\r\n${megabytes(1)}\r\n`
    const send = (): void => {
      if (socket.writable) socket.write(chunk, send)
    }
    send()
    await closed
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('still answers afterwards, within its memory', async () => {
    const body = JSON.stringify({ model: 'gpt-5.5', messages: [user], stream: true })
    expect(await (await post(name, body)).text()).toContain('Every')
    expect(peakMemory(name === 'chat' ? chat : gateway)).toBeLessThan(700)
  })
})

describe('the gateway', () => {
  test.each([
    ['a key of a schema library', tools('{"~standard":{"vendor":"a","version":1}}')],
    ['a deep schema', tools(nested(60))],
    ['a very deep schema', tools(nested(100_000))],
    [
      'an output of a schema library',
      `{"model":"gpt-5.5","messages":[${JSON.stringify(user)}],"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"~standard":1}}}}`,
    ],
    [
      'a call without a result',
      `{"model":"gpt-5.5","messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"b","arguments":""}}]}]}`,
    ],
  ])('answers %s with status 400', async (_name, body) => {
    const response = await post('gateway', body)
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('error'),
    ])
    expect(gateway.example.errors).toBe('')
  })

  test('takes a schema of forty levels', async () => {
    expect((await post('gateway', tools(nested(40)))).status).toBe(200)
  })

  test('refuses web pages while it has no key', async () => {
    const body = JSON.stringify({ model: 'gpt-5.5', messages: [user] })
    expect((await post('gateway', body, { origin: 'https://evil.test' })).status).toBe(403)
  })

  test('listens at 127.0.0.1 only', () => {
    expect(gateway.example.output).toContain("address: '127.0.0.1'")
  })
})

describe('the chat server', () => {
  const body = JSON.stringify({ messages: [user] })

  test('listens at 127.0.0.1, and prints it with the pages that may use it', () => {
    expect(chat.example.output).toContain('It listens at 127.0.0.1 (HOST).')
    expect(chat.example.output).toContain('Pages of any origin may use the server (CORS_ORIGINS).')
  })

  test('listens where HOST says', async () => {
    await using other = (await start('chat-server/server.ts', { HOST: '127.0.0.2' })).example
    expect(other.output).toContain('It listens at 127.0.0.2 (HOST).')
    const port = /Listening on http:\/\/localhost:(\d+)/.exec(other.output)?.[1]
    expect((await fetch(`http://127.0.0.2:${port}/`)).status).toBe(200)
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
  })

  test('answers pages of any origin while its providers are simulated', async () => {
    const response = await post('chat', body, { origin: 'https://a.test' })
    expect(response.status).toBe(200)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    await response.body?.cancel()
  })

  test('with a key, refuses all pages but those of localhost and of CORS_ORIGINS', async () => {
    // Nothing listens at the address, so nothing is sent to anybody.
    const environment = {
      OPENAI_API_KEY: 'key',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
      CORS_ORIGINS: 'https://a.test, https://b.test:8443',
    }
    const { example, url } = await start('chat-server/server.ts', environment)
    await using server = example
    expect(server.output).toContain('Pages of localhost, https://a.test, https://b.test:8443 may')
    const ask = async (origin: string, method = 'POST') => {
      const path = method === 'POST' ? '/gemini/basic' : '/'
      const headers = { origin, 'access-control-request-method': 'POST' }
      const init = method === 'POST' ? { body: '{"prompt":"Hi"}' } : {}
      const response = await fetch(url + path, { method, headers, ...init })
      await response.body?.cancel()
      return [response.status, response.headers.get('access-control-allow-origin')]
    }
    for (const origin of [
      'https://a.test',
      'https://b.test:8443',
      'http://localhost:5173',
      'http://127.0.0.1:3000',
      'http://[::1]:3000',
    ]) {
      expect(await ask(origin)).toEqual([200, origin])
      expect(await ask(origin, 'OPTIONS')).toEqual([204, origin])
    }
    for (const origin of [
      'https://evil.test',
      'http://a.test',
      'https://a.test.evil.test',
      'null',
      'http://localhost.evil.test',
      'https://b.test',
      'file://localhost',
    ]) {
      expect([origin, ...(await ask(origin))]).toEqual([origin, 403, null])
      expect(await ask(origin, 'OPTIONS')).toEqual([403, null])
    }
  })

  test('refuses a list of origins that is none', async () => {
    await using server = new Example('chat-server/server.ts', { CORS_ORIGINS: 'a.test' })
    expect(await server.ended()).toBe(1)
    expect(server.errors).toContain('CORS_ORIGINS has "a.test".')
  })
})
