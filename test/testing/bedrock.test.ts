import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import { describe, expect, test } from 'vitest'
import type { ErrorEvent } from '../../src/base/events.js'
import { type AnthropicClient, anthropic } from '../../src/entries/anthropic.js'
import { createStream } from '../../src/entries/index.js'
import {
  type Fault,
  type SimulatedProvider,
  type SimulatedProviderOptions,
  simulatedProvider,
} from '../../src/entries/testing.js'
import { awsFrame } from '../../src/testing/providers/aws-frame.js'
import { eventStreamType, frame } from '../support/aws-frames.js'
import { collect, outline } from '../support/collect.js'

const model = 'anthropic.claude-sonnet-4-20250514-v1:0'

test('a frame is that of the codec of AWS', () => {
  const headers = { ':message-type': 'event', long: 'ü'.repeat(300) }
  expect(awsFrame(headers, '{"a":"🌊"}')).toEqual(new Uint8Array(frame(headers, '{"a":"🌊"}')))
  expect(awsFrame({}, '')).toEqual(new Uint8Array(frame({}, '')))
})

/** A client that signs the request and leaves the frames of the response to the driver. */
function signer({ fetch }: SimulatedProvider): AnthropicClient {
  const post = (given: object, { signal }: { signal: AbortSignal }): Promise<Response> => {
    const { model: _inPath, stream: _inPathToo, ...rest } = given as Record<string, unknown>
    return fetch(`http://bedrock.test/model/${model}/invoke-with-response-stream`, {
      method: 'POST',
      headers: { authorization: 'AWS4-HMAC-SHA256 Credential=AKID' },
      body: JSON.stringify({ ...rest, anthropic_version: 'bedrock-2023-05-31' }),
      signal,
    })
  }
  const create = (body: object, options: { signal: AbortSignal }) => ({
    asResponse: () => post(body, options),
  })
  return { messages: { create } }
}

describe.each(['fetch', 'socket', 'a signer'] as const)('a simulated Bedrock over %s', (way) => {
  /** The events that the driver makes of it, by the client of Bedrock. */
  async function run(options: SimulatedProviderOptions, apiKey: string | null = null) {
    const provider: SimulatedProvider = simulatedProvider({ paceMs: 0, ...options })
    const server = way === 'socket' ? await provider.listen() : undefined
    const official = new AnthropicBedrock({
      baseURL: server?.url ?? 'http://bedrock.test',
      awsRegion: 'us-east-1',
      awsAccessKey: 'AKID',
      awsSecretKey: 'SECRET',
      apiKey,
      ...(server ? {} : { fetch: provider.fetch }),
    })
    const client = way === 'a signer' ? signer(provider) : official
    const stream = createStream({
      driver: anthropic({ model, client }),
      prompt: 'p',
      retry: false,
      timeout: { chunkMs: 100 },
    })
    const events = await collect(stream)
    await server?.close()
    return { events, provider }
  }

  test('answers with text, reasoning, calls and usage', async () => {
    const toolCalls = [{ id: 'toolu_1', name: 'f', input: { city: 'Zürich' } }]
    const answer = { text: 'One 🌊 two', reasoning: 'Hm.', toolCalls }
    const { events, provider } = await run({ answer })
    expect(events.at(-1)).toMatchObject({
      type: 'complete',
      text: 'One 🌊 two',
      finishReason: 'tool-calls',
      usage: { inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
    })
    expect(provider.requests[0]).toMatchObject({ wire: 'anthropic-messages' })
  })

  const faults: [Fault, string, string][] = [
    [{ kind: 'cut', afterEvents: 4 }, 'network', 'One'],
    [{ kind: 'end', afterEvents: 4 }, 'interrupted', 'One'],
    [{ kind: 'stall', afterEvents: 4 }, 'timeout', 'One'],
    [{ kind: 'error', afterEvents: 4 }, 'overloaded', 'One'],
    [
      {
        kind: 'error',
        afterEvents: 4,
        body: { type: 'throttlingException', message: 'Too many tokens.' },
      },
      'rate-limit',
      'One',
    ],
    [{ kind: 'status', status: 429 }, 'rate-limit', ''],
    [{ kind: 'status', status: 400 }, 'invalid-request', ''],
    [{ kind: 'status', status: 503 }, 'overloaded', ''],
  ]
  test.each(faults)('fails as asked for: %o', async (fault, code, text) => {
    const { events } = await run({ answer: { text: 'One two three', fault } })
    const { error } = events.at(-1) as ErrorEvent
    expect(error.code).toBe(code)
    expect(outline(events).filter((line) => line.startsWith('text'))).toEqual(
      text === '' ? [] : [`text ${text}`],
    )
  })

  test('may split its frames anywhere', async () => {
    const fault: Fault = { kind: 'split', chunkBytes: 3 }
    const { events } = await run({ answer: { text: 'One 🌊', fault } })
    expect(outline(events).at(-1)).toBe('complete One 🌊')
  })
})

describe('a request to a simulated Bedrock', () => {
  const ask = (body: object, headers: Record<string, string>, path = 'invoke') =>
    simulatedProvider({ paceMs: 0, answer: 'Hi' }).fetch(
      `http://bedrock.test/model/${encodeURIComponent(model)}/${path}`,
      { method: 'POST', body: JSON.stringify(body), headers },
    )
  const authorization = 'Bearer k'
  const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [] }

  test('may ask for a whole answer', async () => {
    const response = await ask(body, { authorization })
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toMatchObject({
      model,
      content: [{ type: 'text', text: 'Hi' }],
    })
  })

  test('has frames that the codec of AWS reads', async () => {
    const response = await ask(body, { authorization }, 'invoke-with-response-stream')
    expect(response.headers.get('content-type')).toBe(eventStreamType)
    const bytes = new Uint8Array(await response.arrayBuffer())
    const codec = new EventStreamCodec(
      (input) => (typeof input === 'string' ? input : new TextDecoder().decode(input)),
      (input) => new TextEncoder().encode(input),
    )
    const types: string[] = []
    for (let at = 0; at < bytes.length; ) {
      const length = new DataView(bytes.buffer).getUint32(at)
      const { headers, body: payload } = codec.decode(bytes.subarray(at, at + length))
      expect(headers[':event-type']?.value).toBe('chunk')
      const { bytes: base64 } = JSON.parse(new TextDecoder().decode(payload))
      types.push(JSON.parse(Buffer.from(base64, 'base64').toString()).type)
      at += length
    }
    expect(types).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
  })

  test.each<[string, object, Record<string, string>, number, string]>([
    ['no signature', body, {}, 403, 'AccessDeniedException'],
    ['a model in its body', { ...body, model }, { authorization }, 400, 'ValidationException'],
    [
      'no max_tokens',
      { ...body, max_tokens: undefined },
      { authorization },
      400,
      'ValidationException',
    ],
  ])('is refused with %s', async (_what, sent, headers, status, type) => {
    const response = await ask(sent, headers)
    expect(response.status).toBe(status)
    expect(response.headers.get('x-amzn-errortype')).toMatch(new RegExp(`^${type}:`))
    expect(await response.json()).toEqual({ message: expect.any(String) })
  })
})
