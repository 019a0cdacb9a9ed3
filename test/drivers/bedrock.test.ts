/**
 * The Messages API on Bedrock, Vertex AI and Foundry, by the real clients against a real socket.
 */

import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { AnthropicBedrock, AnthropicBedrockMantle } from '@anthropic-ai/bedrock-sdk'
import { AnthropicFoundry } from '@anthropic-ai/foundry-sdk'
import Anthropic from '@anthropic-ai/sdk'
import { AnthropicVertex } from '@anthropic-ai/vertex-sdk'
import { afterEach, describe, expect, test } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { ErrorEvent } from '../../src/base/events.js'
import { anthropic } from '../../src/entries/anthropic.js'
import { createStream } from '../../src/entries/index.js'
import {
  chunk,
  eventStreamType,
  exception,
  framesOf,
  join,
  messageEvents,
} from '../support/aws-frames.js'
import { collect, outline } from '../support/collect.js'

type Client = NonNullable<Parameters<typeof anthropic>[0]['client']>
type Answer = (response: ServerResponse, request: IncomingMessage) => unknown

interface Received {
  method: string | undefined
  url: string | undefined
  headers: IncomingHttpHeaders
  body: Record<string, unknown>
}

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function listen(answer: Answer) {
  const received: Received[] = []
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = ''
    for await (const piece of request) body += piece
    const { method, url, headers } = request
    received.push({ method, url, headers, body: JSON.parse(body || '{}') })
    answer(response, request)
  }
  const server = createServer((...exchange) => void serve(...exchange)).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((resolve) => server.once('listening', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

const aws = { 'content-type': eventStreamType, 'x-amzn-requestid': 'aws-1' }
const words = ['Hello ', 'Zoë ', '🌊']

const frames = (response: ServerResponse, parts: readonly Uint8Array[]): ServerResponse => {
  response.writeHead(200, aws)
  for (const part of parts) response.write(part)
  return response
}
const answerInFrames: Answer = (response) => frames(response, framesOf(words)).end()

const answerInEvents: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const each of messageEvents(words)) {
    response.write(`event: ${(each as { type: string }).type}\ndata: ${JSON.stringify(each)}\n\n`)
  }
  response.end()
}

const model = 'anthropic.claude-sonnet-4-20250514-v1:0'
const secrets = { awsAccessKey: 'AKID', awsSecretKey: 'SECRET-KEY', awsSessionToken: 'TOKEN' }

const bedrock = (baseURL: string): Client =>
  new AnthropicBedrock({ baseURL, awsRegion: 'eu-west-1', ...secrets, apiKey: null })

const driverAt = (url: string, create: (baseURL: string) => Client = bedrock): Driver =>
  anthropic({ model, client: create(url) })

const run = (driver: Driver) => collect(createStream({ driver, prompt: 'p', retry: false }))

const whole = ['start', ...words.map((word) => `text ${word}`), `complete ${words.join('')}`]

async function failureAt(url: string, create?: (baseURL: string) => Client) {
  const events = await run(driverAt(url, create))
  expect(events.at(-1)?.type).toBe('error')
  return events.at(-1) as ErrorEvent
}

/** The Messages API at any address, whose client leaves the body as it is. */
const plain = (baseURL: string): Client => new Anthropic({ baseURL, apiKey: 'k' })

describe('Bedrock', () => {
  test('gets a signed request with the model in its path', async () => {
    const { url, received } = await listen(answerInFrames)
    expect(outline(await run(driverAt(url)))).toEqual(whole)
    expect(received).toHaveLength(1)
    const [request] = received as [Received]
    expect(request.method).toBe('POST')
    expect(decodeURIComponent(request.url ?? '')).toBe(
      `/model/${model}/invoke-with-response-stream`,
    )
    const { authorization } = request.headers
    expect(authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/bedrock\/aws4_request, SignedHeaders=[\w;-]*host[\w;-]*, Signature=[0-9a-f]{64}$/,
    )
    expect(request.headers).toMatchObject({
      'x-amz-date': expect.stringMatching(/^\d{8}T\d{6}Z$/),
      'x-amz-security-token': 'TOKEN',
    })
    expect(request.headers['anthropic-version']).toBeUndefined()
    const { messages, max_tokens, anthropic_version, ...rest } = request.body
    expect(messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'p' }] }])
    expect(max_tokens).toBeGreaterThan(0)
    expect(anthropic_version).toEqual(expect.any(String))
    expect(rest).toEqual({})
  })

  test('takes an API key in place of credentials', async () => {
    const { url, received } = await listen(answerInFrames)
    const create = (baseURL: string): Client => new AnthropicBedrock({ baseURL, apiKey: 'KEY' })
    expect(outline(await run(driverAt(url, create)))).toEqual(whole)
    expect(received[0]?.headers.authorization).toBe('Bearer KEY')
  })

  test('may answer with server-sent events, as gateways do', async () => {
    const { url } = await listen(answerInEvents)
    expect(outline(await run(driverAt(url)))).toEqual(whole)
  })

  test('is reached by its newer API too, which has neither frames nor another path', async () => {
    const { url, received } = await listen(answerInEvents)
    const create = (baseURL: string): Client =>
      new AnthropicBedrockMantle({
        baseURL,
        awsRegion: 'eu-west-1',
        awsAccessKey: 'AKID',
        awsSecretAccessKey: 'SECRET-KEY',
      })
    expect(outline(await run(driverAt(url, create)))).toEqual(whole)
    expect(received[0]).toMatchObject({ url: '/v1/messages', body: { model, stream: true } })
    expect(received[0]?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 /)
  })

  test.each<[string, (baseURL: string) => Client]>([
    ['its client', bedrock],
    ['a client that leaves the frames to us', plain],
  ])('loses its socket when the reader stops, by %s', async (_what, create) => {
    let closed = (): void => {}
    const over = new Promise<void>((resolve) => {
      closed = resolve
    })
    const { url } = await listen((response) => {
      frames(response, framesOf(words).slice(0, 3))
      response.on('close', () => closed())
    })
    const controller = new AbortController()
    const stream = createStream({
      driver: driverAt(url, create),
      prompt: 'p',
      signal: controller.signal,
    })
    const events: string[] = []
    for await (const event of stream) {
      events.push(event.type)
      if (event.type === 'content') controller.abort()
      if (event.type === 'error') expect(event.error.code).toBe('aborted')
    }
    expect(events).toEqual(['start', 'content', 'error'])
    await over
  })

  test.each<[string, (baseURL: string) => Client]>([
    ['its client', bedrock],
    ['a client that leaves the frames to us', plain],
  ])(
    'whose connection is cut is a retryable failure after what came, by %s',
    async (_what, create) => {
      const [first, second, third, fourth] = framesOf(words) as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ]
      const ends: [string, Answer, RegExp][] = [
        ['at a frame', (response) => response.end(), /^interrupted$/],
        // The client reports half a frame as an error of the connection.
        [
          'in a frame',
          (response) => response.end(fourth.subarray(0, 30)),
          /^(interrupted|network)$/,
        ],
        [
          'by a reset',
          (response) => {
            response.write(fourth.subarray(0, 30))
            setTimeout(() => response.socket?.resetAndDestroy(), 20)
          },
          /^network$/,
        ],
      ]
      for (const [what, end, code] of ends) {
        const { url } = await listen((response, request) => {
          end(frames(response, [first, second, third]), request)
        })
        const events = await run(driverAt(url, create))
        expect(outline(events).slice(0, -1), what).toEqual(['start', 'text Hello '])
        const { error } = events.at(-1) as ErrorEvent
        expect(error.code, what).toMatch(code)
        expect(error.retryable, what).toBe(true)
      }
    },
  )

  const exceptions: [string, object, string, boolean][] = [
    ['throttlingException', { message: 'Too many tokens, please wait.' }, 'rate-limit', true],
    [
      'modelStreamErrorException',
      { message: 'Failed.', originalStatusCode: 500, originalMessage: 'x' },
      'server',
      true,
    ],
    ['validationException', { message: 'Malformed input request.' }, 'invalid-request', false],
    [
      'validationException',
      { message: 'Input is too long for requested model.' },
      'context-length',
      false,
    ],
    ['internalServerException', { message: 'Failed.' }, 'server', true],
    ['serviceUnavailableException', { message: 'Try later.' }, 'overloaded', true],
    ['modelTimeoutException', { message: 'Took too long.' }, 'timeout', true],
    ['accessDeniedException', { message: 'No access.' }, 'permission', false],
    ['resourceNotFoundException', { message: 'No such thing.' }, 'not-found', false],
    ['serviceQuotaExceededException', { message: 'Quota.' }, 'quota', false],
  ]
  describe.each<[string, (baseURL: string) => Client]>([
    ['its client', bedrock],
    ['a client that leaves the frames to us', plain],
  ])('fails inside a stream, by %s,', (_what, create) => {
    test.each(exceptions)('with %s %o as %s', async (type, payload, code, retryable) => {
      const { url } = await listen((response) => {
        frames(response, [...framesOf(words).slice(0, 3), exception(type, payload)]).end()
      })
      const { error, partial } = await failureAt(url, create)
      expect(error).toMatchObject({ code, retryable })
      expect(error.message).toContain((payload as { message: string }).message)
      expect(error.message).toContain(type)
      expect(partial).toMatchObject({ content: [{ type: 'text', text: 'Hello ' }] })
    })
  })

  test('an exception in place of an answer has the id of its request', async () => {
    const { url } = await listen((response) => {
      frames(response, [exception('throttlingException', { message: 'Slow down.' })]).end()
    })
    const { error } = await failureAt(url, plain)
    expect(error).toMatchObject({ code: 'rate-limit', requestId: 'aws-1' })
  })

  test.each<[number, string, object, string, boolean]>([
    [
      429,
      'ThrottlingException',
      { message: 'Too many requests, please wait.' },
      'rate-limit',
      true,
    ],
    [
      400,
      'ValidationException',
      { message: 'max_tokens: Field required' },
      'invalid-request',
      false,
    ],
    [403, 'AccessDeniedException', { message: 'You have no access.' }, 'permission', false],
    [
      403,
      'UnrecognizedClientException',
      { message: 'The security token included in the request is invalid.' },
      'auth',
      false,
    ],
    [404, 'ResourceNotFoundException', { message: 'Model not found.' }, 'not-found', false],
    [408, 'ModelTimeoutException', { message: 'Too slow.' }, 'timeout', true],
    [424, 'ModelErrorException', { message: 'The model failed.' }, 'server', true],
    [503, 'ServiceUnavailableException', { message: 'Try later.' }, 'overloaded', true],
  ])('refuses with status %i %s', async (status, type, body, code, retryable) => {
    const { url, received } = await listen((response) => {
      response.writeHead(status, {
        'content-type': 'application/json',
        'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
        'x-amzn-requestid': 'aws-1',
      })
      response.end(JSON.stringify(body))
    })
    const failure = await failureAt(url)
    expect(failure.error).toMatchObject({ code, status, retryable, requestId: 'aws-1' })
    expect(inspect(failure, { depth: 30, showHidden: true })).not.toContain('SECRET-KEY')
    // Not once more by the client itself.
    expect(received).toHaveLength(1)
  })

  test('that redirects to another origin gets nothing sent there', async () => {
    const elsewhere = await listen(answerInFrames)
    const { url, received } = await listen((response) => {
      response.writeHead(307, { location: `${elsewhere.url}/model/m/invoke` }).end()
    })
    const { error } = await failureAt(url)
    expect(error).toMatchObject({ code: 'setup', retryable: false })
    expect([received.length, elsewhere.received.length]).toEqual([1, 0])
  })

  test.each<[string, (baseURL: string) => Client]>([
    ['Bedrock', bedrock],
    ['Vertex AI', vertex],
  ])('a redirect of %s is not followed, as the body has no model', async (_name, create) => {
    const { url, received } = await listen((response, request) => {
      response.writeHead(307, { location: `/moved${request.url}` }).end()
    })
    const { error } = await failureAt(url, create)
    expect(error).toMatchObject({ code: 'setup', retryable: false })
    expect(error.message).toContain('Set the final address.')
    expect(received).toHaveLength(1)
  })
})

function vertex(baseURL: string): Client {
  const authClient = {
    projectId: 'my-project',
    getRequestHeaders: async () => new Headers({ authorization: 'Bearer GOOGLE' }),
  }
  return new AnthropicVertex({ baseURL, region: 'europe-west1', authClient: authClient as never })
}

test('Vertex AI gets a request in its own shape', async () => {
  const { url, received } = await listen(answerInEvents)
  const driver = anthropic({ model: 'claude-sonnet-4@20250514', client: vertex(url) })
  expect(outline(await run(driver))).toEqual(whole)
  expect(received).toHaveLength(1)
  const [request] = received as [Received]
  expect(decodeURIComponent(request.url ?? '')).toBe(
    '/projects/my-project/locations/europe-west1/publishers/anthropic/models/claude-sonnet-4@20250514:streamRawPredict',
  )
  expect(request.headers.authorization).toBe('Bearer GOOGLE')
  expect(request.headers['anthropic-version']).toBeUndefined()
  expect(request.body).toMatchObject({ stream: true, anthropic_version: expect.any(String) })
  expect(request.body.model).toBeUndefined()
})

test.each<[string, object, object]>([
  ['a key', { apiKey: 'AZURE' }, { 'x-api-key': 'AZURE' }],
  [
    'a token of Entra',
    { azureADTokenProvider: async () => 'ENTRA' },
    { authorization: 'Bearer ENTRA' },
  ],
])('Foundry gets a request with %s', async (_what, credentials, headers) => {
  const { url, received } = await listen(answerInEvents)
  const create = (baseURL: string): Client =>
    new AnthropicFoundry({ baseURL: `${baseURL}/anthropic`, ...credentials })
  expect(outline(await run(driverAt(url, create)))).toEqual(whole)
  expect(received).toMatchObject([
    { url: '/anthropic/v1/messages', headers, body: { model, stream: true } },
  ])
})

test('Foundry is followed to another path of its origin', async () => {
  const { url, received } = await listen((response, request) => {
    if (request.url?.startsWith('/moved')) return answerInEvents(response, request)
    return response.writeHead(307, { location: `/moved${request.url}` }).end()
  })
  const create = (baseURL: string): Client => new AnthropicFoundry({ baseURL, apiKey: 'AZURE' })
  expect(outline(await run(driverAt(url, create)))).toEqual(whole)
  expect(received.map((each) => each.body.model)).toEqual([model, model])
})

test('a chunk that is an error of the Messages API fails with its code', async () => {
  const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
  for (const create of [bedrock, plain]) {
    const { url } = await listen((response) => frames(response, [chunk(overloaded)]).end())
    expect((await failureAt(url, create)).error.code).toBe('overloaded')
  }
})

test('the client of Bedrock never turns half a body or a wrong byte into a whole answer', async () => {
  const parts = framesOf(words)
  const bytes = join(...parts)
  const decided = bytes.length - (parts.at(-1) as Uint8Array).length
  const answerOf = async (body: Uint8Array<ArrayBuffer>): Promise<string[]> => {
    const fetch = async () => new Response(body, { headers: aws })
    const options = { awsRegion: 'eu-west-1', ...secrets, apiKey: null, fetch }
    return outline(await run(anthropic({ model, client: new AnthropicBedrock(options) })))
  }
  const isBeginning = (lines: string[]): boolean =>
    lines.every((line, at) => line === whole[at] || at === lines.length - 1)
  for (let at = 0; at < decided; at += 23) {
    const changed = bytes.slice()
    changed[at] = (changed[at] as number) ^ 16
    for (const body of [bytes.slice(0, at), changed]) {
      const lines = await answerOf(body)
      expect(lines.at(-1), `at ${at}`).toMatch(/^error (interrupted|network|protocol)$/)
      expect(isBeginning(lines), lines.join()).toBe(true)
    }
  }
  expect(await answerOf(bytes)).toEqual(whole)
})
