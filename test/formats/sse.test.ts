import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StreamEvent } from '../../src/base/events.js'
import { type SseOptions, StreamError, sse } from '../../src/entries/index.js'
import { parseEvent } from '../../src/formats/parse-event.js'
import { ServerSentEventReader } from '../../src/http/sse.js'
import { anyText } from '../support/any-text.js'
import { answer, failed, nasty, pythonLines, text } from './events.js'

const error = new StreamError('rate-limit', 'key sk-secret is over its limit', {
  status: 429,
  provider: 'openai',
  requestId: 'req_1',
  retryAfterMs: 1500,
  cause: new Error('inner words'),
})

function read(bytes: string): StreamEvent[] {
  const events: StreamEvent[] = []
  const reader = new ServerSentEventReader((data) => {
    const event = parseEvent(data)
    if (event !== undefined) events.push(event)
  })
  reader.feed(new TextEncoder().encode(bytes))
  reader.end()
  return events
}

describe('sse()', () => {
  test('writes every event byte for byte as documented', () => {
    const encoder = sse().encoder()
    expect(encoder.encode(answer.slice(0, 1))).toBe(
      'id: 1\nevent: start\ndata: {"type":"start","id":"s","provider":"p","model":"m"}\n\n',
    )
    expect(encoder.encode([text('Hel\r\nlo'), text(' "wörld" 🙂')])).toBe(
      'id: 2\nevent: content\ndata: {"type":"content","index":0,"kind":"text","text":"Hel\\r\\nlo"}\n\n' +
        'id: 3\nevent: content\ndata: {"type":"content","index":0,"kind":"text","text":" \\"wörld\\" 🙂"}\n\n',
    )
    expect(encoder.encode([failed(error)])).toBe(
      'id: 4\nevent: error\ndata: {"type":"error","error":{"code":"rate-limit","message":"Too many requests. Try again later.","retryable":true,"status":429,"retryAfterMs":1500},"partial":{"role":"assistant","content":[]},"attempts":1}\n\n',
    )
  })

  test('numbers the events of a stream that is kept as they are kept, and gives no id to what is not', () => {
    const encoder = sse({ retryMs: 250.4 }).encoder()
    expect(encoder.encode([text('a'), text('b')], 41)).toMatch(
      /^retry: 250\n\nid: 41\n[^]*\nid: 42\n/,
    )
    expect(encoder.encode([failed(error)], null)).toMatch(/^event: error\n/)
    expect(encoder.encode([text('c')])).toMatch(/^id: 43\n/)
  })

  test('asks carriers for a comment after 15 seconds of silence, or as told', () => {
    expect(sse().heartbeat).toEqual({ text: ':\n\n', everyMs: 15_000 })
    expect(sse({ heartbeatMs: 20 }).heartbeat).toEqual({ text: ':\n\n', everyMs: 20 })
    expect(sse({ heartbeatMs: Infinity }).heartbeat).toBeUndefined()
  })

  test.each(nasty)('keeps $name, on one line for every reader', ({ value }) => {
    const bytes = sse()
      .encoder()
      .encode([text(value)])
    expect(pythonLines(bytes)).toHaveLength(3)
    expect(read(bytes)).toEqual([text(value)])
  })

  test('gives any text back', () => {
    fc.assert(
      fc.property(fc.array(anyText()), (texts) => {
        const events = texts.map((each) => text(each))
        expect(read(sse().encoder().encode(events))).toEqual(events)
      }),
    )
  })

  test('lets nothing of an error out but its public words, also of one that is no StreamError', () => {
    const encoder = sse().encoder()
    const retry = {
      type: 'retry',
      attempt: 2,
      maxAttempts: 3,
      delayMs: 5,
      mode: 'restart',
    } as const
    const asked = { provider: 'p', model: 'm' }
    const foreign = { message: 'sk-secret', stack: 'at sk-secret', toJSON: undefined }
    const out = encoder.encode([
      { ...retry, ...asked, error },
      { ...retry, ...asked, error: foreign as never },
      failed(new Error('sk-secret') as never),
    ])
    expect(out).not.toMatch(/sk-secret|inner words|req_1|openai|stack/)
    expect(out.match(/"code":"unknown"/g)).toHaveLength(2)
  })

  test('exposes the message, the provider and its request id when told so, and never a stack or a cause', () => {
    const out = sse({ exposeErrors: true })
      .encoder()
      .encode([failed(error)])
    expect(out).toContain(
      '"error":{"code":"rate-limit","message":"key sk-secret is over its limit","retryable":true,"status":429,"retryAfterMs":1500,"provider":"openai","requestId":"req_1"}',
    )
    expect(out).not.toMatch(/inner words|at .*\.ts/)
    const [event] = read(out)
    expect(event).toMatchObject({
      error: { message: error.message, provider: 'openai', requestId: 'req_1' },
    })
    expect(sse({ exposeErrors: true }).failure(error).body).toContain('key sk-secret')
    expect(sse().failure(error).body).not.toContain('key sk-secret')
  })

  test.each([
    [{ heartbeatMs: 0 }, 'sse.heartbeatMs'],
    [{ heartbeatMs: '1' }, 'sse.heartbeatMs'],
    [{ retryMs: -1 }, 'sse.retryMs'],
    [{ earlyStatus: 1 }, 'sse.earlyStatus'],
    [{ exposeErrors: 'yes' }, 'sse.exposeErrors'],
    [{ heartbeat: 1 }, 'sse.heartbeat'],
    [null, 'sse'],
  ])('refuses %j by the name of the option', (options, name) => {
    expect(() => sse(options as SseOptions)).toThrow(TypeError)
    expect(() => sse(options as SseOptions)).toThrow(`"${name}"`)
  })
})
