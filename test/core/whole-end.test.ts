import { createStream, fallback, hedge, ndjson, sse, toResponse } from 'sluice'
import { Accumulator, readStream } from 'sluice/client'
import { type HttpDriverOptions, httpDriver } from 'sluice/driver'
import { simulatedProvider } from 'sluice/testing'
import { describe, expect, test } from 'vitest'
import type { StreamEvent } from '../../src/base/events.js'
import { collect } from '../support/collect.js'
import { everyDriver } from '../support/every-driver.js'

const limits = { 'x-ratelimit-remaining-tokens': '399', 'retry-after-ms': '5', 'set-cookie': 'a=b' }

/** A driver for lines of JSON, whose decoder knows what the provider said at the end. */
function lines(answer: () => Response, more: Partial<HttpDriverOptions> = {}) {
  return httpDriver({
    provider: 'mine',
    model: 'm',
    framing: 'ndjson',
    send: async () => answer(),
    decoder: () => {
      let usage: unknown
      let done = false
      return {
        responseId: 'resp_1',
        decode(line, _event, out) {
          const frame = JSON.parse(line)
          usage = frame.usage ?? usage
          done = frame.done ?? done
          if (frame.text) out.push({ type: 'content', kind: 'text', index: 0, text: frame.text })
        },
        finished: () => (done ? { finishReason: 'stop', usage: {} } : undefined),
        raw: () => ({ usage }),
      }
    },
    ...more,
  })
}

const body = (...frames: object[]) => frames.map((frame) => `${JSON.stringify(frame)}\n`).join('')
const whole = body({ text: 'Hi', usage: { cost: 0.01 } }, { done: true })
const answered =
  (text: string, status = 200) =>
  () =>
    new Response(text, { status, headers: { ...limits, 'x-request-id': 'req_1' } })

const response = {
  id: 'resp_1',
  requestId: 'req_1',
  headers: {
    'x-ratelimit-remaining-tokens': '399',
    'retry-after-ms': '5',
    'x-request-id': 'req_1',
  },
}

describe('the end of a stream has the provider’s own words and the response', () => {
  test('of a whole answer, with an allow-list of headers', async () => {
    const end = await createStream({ driver: lines(answered(whole)), prompt: 'p' }).final()
    expect(end).toMatchObject({ raw: { usage: { cost: 0.01 } } })
    expect(end.response).toEqual(response)
  })

  test('of an answer that broke off, as far as it came', async () => {
    const driver = lines(answered(body({ text: 'Hi', usage: { cost: 0.01 } })))
    const events = await collect(createStream({ driver, prompt: 'p', retry: false }))
    expect(events.at(-1)).toMatchObject({
      type: 'error',
      error: { code: 'interrupted' },
      raw: { usage: { cost: 0.01 } },
      response,
    })
  })

  test('of a request that was refused', async () => {
    const driver = lines(answered('{}', 429))
    const events = await collect(createStream({ driver, prompt: 'p', retry: false }))
    expect(events.at(-1)).toMatchObject({ error: { code: 'rate-limit' }, response })
  })

  test('of the driver that answered, behind layers', async () => {
    const broken = lines(answered('{}', 500))
    const good = lines(answered(whole))
    for (const driver of [fallback([broken, good]), hedge(good, broken, { afterMs: 1_000 })]) {
      const end = await createStream({ driver, prompt: 'p', retry: false }).final()
      expect(end).toMatchObject({ raw: { usage: { cost: 0.01 } }, response })
    }
  })

  test('reaches onEnd, without the words', async () => {
    const ends: unknown[] = []
    const onEnd = (end: object) => ends.push(end)
    await createStream({ driver: lines(answered(whole)), prompt: 'p', onEnd }).final()
    expect(ends).toEqual([expect.objectContaining({ response })])
    expect(ends[0]).not.toHaveProperty('raw')
  })

  test.each(everyDriver)('of each driver: $name', async ({ driver, model }) => {
    const provider = simulatedProvider({ answer: { text: 'Hi', rawUsage: { cost: 0.01 } } })
    const { fetch } = provider
    const end = await createStream({ driver: driver({ fetch, model }), prompt: 'p' }).final()
    expect(end.raw).toMatchObject({ usage: { cost: 0.01 } })
    expect(end.response?.id).toBe(end.responseId)
  })
})

describe('what goes to a client', () => {
  const read = async (format: ReturnType<typeof sse>): Promise<StreamEvent | undefined> => {
    const stream = createStream({ driver: lines(answered(whole)), prompt: 'p' })
    return (await collect(readStream(await toResponse(stream, format)))).at(-1)
  }

  test.each([
    ['sse', sse],
    ['ndjson', ndjson],
  ])('%s leaves both out unless exposeRaw is set', async (_name, format) => {
    const hidden = await read(format())
    expect(hidden?.type).toBe('complete')
    expect(hidden).not.toHaveProperty('raw')
    expect(hidden).not.toHaveProperty('response')
    expect(await read(format({ exposeRaw: true }))).toMatchObject({
      raw: { usage: { cost: 0.01 } },
      response,
    })
  })
})

test('a block that comes whole replaces its beginning at the same place', () => {
  const answer = new Accumulator()
  const block = {
    type: 'content',
    kind: 'provider',
    index: 0,
    name: 'search',
    origin: 'o',
  } as const
  answer.add({ ...block, data: { query: '' }, partial: true })
  answer.add({ type: 'content', kind: 'text', index: 1, text: 'Found.' })
  const before = answer.message()
  expect(before.content[0]).toMatchObject({ data: { query: '' }, partial: true })
  answer.add({ ...block, data: { query: 'tides' } })
  expect(answer.message().content).toEqual([
    { type: 'provider', name: 'search', origin: 'o', data: { query: 'tides' } },
    { type: 'text', text: 'Found.' },
  ])
  expect(before.content[0]).toMatchObject({ data: { query: '' } })
})
