import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { readStream } from '../../src/entries/client.js'
import { compatible } from '../../src/entries/compatible.js'
import {
  type CompleteEvent,
  createStream,
  type Driver,
  fallback,
  ndjson,
  type OutputSchema,
  retry,
  StreamError,
  sse,
  toResponse,
} from '../../src/entries/index.js'
import { type Answer, type Script, scripted, simulatedProvider } from '../../src/entries/testing.js'
import { collect, outline } from '../support/collect.js'
import { everyDriver } from '../support/every-driver.js'

const Recipe = z.object({ name: z.string(), minutes: z.int().positive() })
const soup = { name: 'Soup', minutes: 20 }
const soupText = JSON.stringify(soup)
const List = z.array(z.string())

const fast = { minDelayMs: 0, maxDelayMs: 0 }

type Fetch = typeof globalThis.fetch
const drivers: Record<string, (fetch: Fetch) => Driver> = {
  ...Object.fromEntries(
    everyDriver.map(({ name, driver, model }) => [
      name,
      (fetch: Fetch) => driver({ fetch, model }),
    ]),
  ),
  'compatible, JSON objects': (fetch) => compatible('deepseek', { model: 'm', apiKey: 'k', fetch }),
  'compatible, instructions': (fetch) => compatible('groq', { model: 'm', apiKey: 'k', fetch }),
}
const objectsOnly = Object.keys(drivers).filter((name) => !/gemini|instructions/.test(name))

function answering(name: string, answer: Answer | Answer[]): Driver {
  const provider = simulatedProvider({ paceMs: 0, answer })
  return drivers[name]?.((input, init) => provider.fetch(input, init)) as Driver
}

const streamOf = (answers: readonly Script[], output: OutputSchema = Recipe, more: object = {}) =>
  createStream({ driver: scripted(answers), prompt: 'p', output, retry: fast, ...more })

describe.each(Object.keys(drivers))('structured output with %s', (name) => {
  test('the answer is parsed and validated', async () => {
    const driver = answering(name, soupText)
    const complete = await createStream({ driver, prompt: 'p', output: Recipe }).final()
    expect(complete.output).toEqual(soup)
    expect(complete.text).toBe(soupText)
    expect(complete.attempts).toBe(1)
  })

  test('a withheld answer is an error with its usage and its response', async () => {
    const finishReason = name === 'anthropic' ? 'refusal' : 'content_filter'
    const driver = answering(name, { text: 'I would rather not.', finishReason })
    const end = (await collect(createStream({ driver, prompt: 'p', output: Recipe }))).at(-1)
    expect(end).toMatchObject({
      type: 'error',
      error: { code: 'content-filter', retryable: false },
      attempts: 1,
      usage: { inputTokens: expect.any(Number) },
      response: { id: expect.any(String) },
    })
    expect(end).not.toHaveProperty('usage.estimated')
  })

  test('retries an answer that does not match its schema', async () => {
    const driver = answering(name, ['{"name": "Soup"}', 'Sorry!', soupText])
    const stream = createStream({ driver, prompt: 'p', output: Recipe, retry: fast })
    const events = await collect(stream)
    const retries = events.flatMap((event) => (event.type === 'retry' ? [event.error] : []))
    expect(retries.map(({ code }) => code)).toEqual(['protocol', 'protocol'])
    expect(retries[0]?.message).toMatch(/does not match its schema: minutes: /)
    expect(retries[1]?.message).toMatch(/is not valid JSON: Sorry!/)
    expect(events.at(-1)).toMatchObject({ type: 'complete', output: soup, attempts: 3 })
  })

  test('an answer that reaches the token limit fails at once, with advice', async () => {
    const finishReason = name === 'anthropic' ? 'max_tokens' : 'length'
    const driver = answering(name, { text: '{"name": "So', finishReason })
    const stream = createStream({ driver, prompt: 'p', output: Recipe, retry: fast })
    const events = await collect(stream)
    expect(events.at(-1)).toMatchObject({
      type: 'error',
      attempts: 1,
      error: {
        code: 'protocol',
        retryable: false,
        message: expect.stringContaining('maxOutputTokens'),
      },
    })
  })

  test('an answer that calls a tool has no output', async () => {
    const toolCalls = [{ name: 'weather', input: {} }]
    const driver = answering(name, { text: 'Let me see.', toolCalls })
    const tools = { weather: { parameters: { type: 'object', properties: {} } } }
    const complete = await createStream({ driver, prompt: 'p', tools, output: Recipe }).final()
    expect(complete.finishReason).toBe('tool-calls')
    expect(complete).not.toHaveProperty('output')
  })

  test('without a schema there is no output, and the answer is not parsed', async () => {
    const complete = await createStream({ driver: answering(name, soupText), prompt: 'p' }).final()
    expect(complete).not.toHaveProperty('output')
  })
})

describe.each(objectsOnly)('with %s, which requires an object as root', (name) => {
  test('output that is not an object has no wrapper in output and text', async () => {
    const driver = answering(name, '{"value": ["salt and {pepper}", "}"]}')
    const stream = createStream({ driver, prompt: 'p', output: List })
    const events = await collect(stream)
    const complete = events.at(-1) as CompleteEvent
    expect(complete.output).toEqual(['salt and {pepper}', '}'])
    expect(complete.text).toBe('["salt and {pepper}", "}"]')
    expect(outline(events).find((line) => /^text ./.test(line))).toMatch(/^text \[/)
    expect(complete.message.content).toMatchObject([{ type: 'text', text: complete.text }])
  })

  test('a number that may be cut off fails', async () => {
    const cut = {
      text: '{"value": 12',
      finishReason: name === 'anthropic' ? 'max_tokens' : 'length',
    }
    const stream = createStream({ driver: answering(name, cut), prompt: 'p', output: z.number() })
    await expect(stream.final()).rejects.toMatchObject({ code: 'protocol', retryable: false })
  })
})

describe('structured output that is requested in the instructions', () => {
  const asked = (answer: string, output: OutputSchema = Recipe) =>
    createStream({
      driver: answering('compatible, JSON objects', answer),
      prompt: 'p',
      output,
    }).final()

  test.each([
    `\`\`\`json\n${soupText}\n\`\`\``,
    `Here is the recipe:\n\n\`\`\`\n${soupText}\n\`\`\`\nEnjoy!`,
    `<think>They want {"name"}…\n</think>\n${soupText}`,
    `Of course.\n${soupText}\nEnjoy!`,
  ])('JSON is extracted from %j', async (answer) => {
    const complete = await asked(answer)
    expect(complete.output).toEqual(soup)
    expect(complete.text).toBe(answer)
  })

  test('a wrapper inside a fence is removed', async () => {
    expect((await asked('```json\n{"value": ["a"]}\n```', List)).output).toEqual(['a'])
  })

  test('an answer with text around its JSON fails if the provider enforces the schema', async () => {
    const driver = answering('openai chat', `\`\`\`json\n${soupText}\n\`\`\``)
    const stream = createStream({ driver, prompt: 'p', output: Recipe, retry: false })
    await expect(stream.final()).rejects.toMatchObject({ code: 'protocol', retryable: true })
  })
})

describe('schema libraries', () => {
  const answer = [['{"name": "Soup", "minutes": "20"}']]

  test('a zod schema transforms the output', async () => {
    const output = z.object({ name: z.string(), minutes: z.coerce.number() })
    expect((await streamOf(answer, output).final()).output).toEqual(soup)
  })

  test('a valibot schema validates the output', async () => {
    const minutes = v.pipe(v.string(), v.transform(Number))
    const output = toStandardJsonSchema(v.object({ name: v.string(), minutes }))
    expect((await streamOf(answer, output).final()).output).toEqual(soup)
    const wrong = streamOf([['{"name": 1, "minutes": "20"}']], output, { retry: false })
    await expect(wrong.final()).rejects.toThrow(/name: /)
  })

  test('an arktype schema validates the output', async () => {
    const output = type({ name: 'string', minutes: 'string.integer.parse' })
    expect((await streamOf(answer, output).final()).output).toEqual(soup)
    const wrong = streamOf([['{"name": "a", "minutes": "b"}']], output, { retry: false })
    await expect(wrong.final()).rejects.toThrow(/minutes: /)
  })

  test('a plain JSON Schema only parses the output', async () => {
    const output = { type: 'object', properties: { name: { type: 'number' } } }
    expect((await streamOf(answer, output).final()).output).toEqual({ name: 'Soup', minutes: '20' })
  })

  test('an asynchronous validation is awaited', async () => {
    const output = Recipe.refine(async ({ name }) => {
      await new Promise((resolve) => setImmediate(resolve))
      return name === 'Soup'
    }, 'Only soup.')
    const stream = streamOf([['{"name": "Stew", "minutes": 9}'], [soupText]], output)
    const events = await collect(stream)
    expect(outline(events).filter((line) => !line.startsWith('text'))).toEqual([
      'start',
      'retry 2/3 restart protocol',
      `complete ${soupText}`,
    ])
    expect(events.at(-1)).toMatchObject({ output: soup })
  })

  test('a validation that throws ends the stream with its error', async () => {
    const broken = Recipe.refine(() => {
      throw new RangeError('broken')
    })
    const error = await streamOf([[soupText]], broken)
      .final()
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'unknown', cause: expect.any(RangeError) })
  })

  test('the issues of a validation are the cause of the error', async () => {
    const stream = streamOf([['{"name": 1, "minutes": 2}']], Recipe, { retry: false })
    await expect(stream.final()).rejects.toMatchObject({ cause: [{ path: ['name'] }] })
  })
})

describe('the validation of structured output as part of an attempt', () => {
  test('a retry() around a driver retries an answer that does not match the schema', async () => {
    const driver = retry(scripted([['No.'], [soupText]]), fast)
    const complete = await createStream({
      driver,
      prompt: 'p',
      output: Recipe,
      retry: false,
    }).final()
    expect(complete).toMatchObject({ output: soup, attempts: 2 })
  })

  test('fallback() calls the next driver after an answer that does not match the schema', async () => {
    const driver = fallback(
      retry(scripted([['No.']]), { ...fast, maxRetries: 1 }),
      scripted([[soupText]]),
    )
    const events = await collect(
      createStream({ driver, prompt: 'p', output: Recipe, retry: false }),
    )
    expect(outline(events).filter((line) => !line.startsWith('text'))).toEqual([
      'start',
      'retry 2/2 restart protocol',
      expect.stringMatching(/^retry 3\/\d restart protocol$/),
      `complete ${soupText}`,
    ])
    expect(events.at(-1)).toMatchObject({ output: soup })
  })

  test('the usage of an answer that does not match its schema is reported', async () => {
    const usage = { inputTokens: 10, outputTokens: 4 }
    const driver = answering('openai chat', [
      { text: 'No.', usage },
      { text: soupText, usage },
    ])
    const complete = await createStream({
      driver,
      prompt: 'p',
      output: Recipe,
      retry: fast,
    }).final()
    expect(complete).toMatchObject({ output: soup, usage, wasted: usage })
  })

  test('an interrupted answer with a schema is restarted instead of continued', async () => {
    const driver = scripted([['{"name": "Soup"', new StreamError('network', 'gone')], [soupText]])
    const again = { ...fast, afterContent: 'continue' as const }
    const events = await collect(
      createStream({ driver, prompt: 'p', output: Recipe, retry: again }),
    )
    expect(outline(events)).toContain('retry 2/3 restart network')
    expect(events.at(-1)).toMatchObject({ output: soup })
  })

  test('a driver that forwards another driver validates the output once', async () => {
    const validate = vi.spyOn(Recipe['~standard'], 'validate')
    const inner = answering('compatible', soupText)
    const outer: Driver = {
      ...inner,
      async *stream(request, context) {
        return yield* inner.stream(request, context)
      },
    }
    const driver: Driver = { provider: 'outer', model: 'm', stream: outer.stream }
    const complete = await createStream({ driver, prompt: 'p', output: Recipe }).final()
    expect(complete.output).toEqual(soup)
    expect(validate).toHaveBeenCalledTimes(1)
    validate.mockRestore()
  })

  test('content that a nested driver discards is not part of the output', async () => {
    const error = new StreamError('network', 'The socket broke.')
    const again = {
      type: 'retry',
      attempt: 2,
      maxAttempts: 2,
      delayMs: 0,
      mode: 'restart',
      provider: 'p',
      model: 'm',
      error,
    } as const
    const complete = await streamOf([['{"name', again, soupText]]).final()
    expect(complete.output).toEqual(soup)
  })

  test('a stall after the finish reason completes with its output, if that matches the schema', async () => {
    const body = (text: string): string =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text }, finish_reason: 'stop' }] })}\n\n`
    const stalled = (text: string): Promise<CompleteEvent> => {
      const fetch = (): Promise<Response> => {
        const stream = new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode(body(text))),
        })
        const headers = { 'content-type': 'text/event-stream' }
        return Promise.resolve(new Response(stream, { headers }))
      }
      const driver = compatible({ model: 'm', baseURL: 'http://p.test', fetch })
      const timeout = { chunkMs: 20 }
      return createStream({ driver, prompt: 'p', output: Recipe, retry: false, timeout }).final()
    }
    expect((await stalled(soupText)).output).toEqual(soup)
    await expect(stalled('{"name')).rejects.toMatchObject({ code: 'timeout' })
  })

  test('cancelling during a validation ends the stream at once', async () => {
    let release = (): void => {}
    const output = Recipe.refine(
      () =>
        new Promise<boolean>((resolve) => {
          release = () => resolve(true)
        }),
    )
    const stream = streamOf([[soupText]], output)
    const events: string[] = []
    for await (const event of stream) {
      events.push(event.type)
      if (event.type === 'content') setImmediate(() => stream.cancel())
    }
    release()
    expect(events).toEqual(['start', 'content', 'error'])
  })

  test.each(['content-filter', 'pause'] as const)(
    'an answer with finish reason %s completes without output if the request has tools',
    async (finishReason) => {
      for (const tools of [{}, { search: { parameters: {} } }]) {
        const answer = ['I would rather', { finishReason, usage: {} }]
        const complete = await streamOf([answer], Recipe, { tools }).final()
        expect(complete).toMatchObject({ finishReason, text: 'I would rather' })
        expect(complete).not.toHaveProperty('output')
      }
    },
  )

  test.each([
    ['content-filter', 'content-filter', /withheld by a content filter: I would rather not$/],
    ['pause', 'protocol', /it paused \(pass "tools", even \{\}.*\): I would rather not$/],
  ] as const)(
    'an answer with finish reason %s fails with %s if the request has no tools',
    async (finishReason, code, message) => {
      const answer = ['I would rather not', { finishReason, usage: { outputTokens: 4 } }]
      const events = await collect(streamOf([answer, [soupText]]))
      expect(outline(events)).toEqual(['start', 'text I would rather not', `error ${code}`])
      expect(events.at(-1)).toMatchObject({
        error: { message: expect.stringMatching(message), retryable: false, provider: 'scripted' },
        partial: { content: [{ type: 'text', text: 'I would rather not' }] },
      })
    },
  )

  test('an answer that calls a tool the request does not have is retried', async () => {
    const call = { type: 'content', index: 0, kind: 'tool-call', id: 'c', name: 't', input: '{}' }
    const answer = [call, { finishReason: 'tool-calls', usage: {} }] as Script
    const complete = await streamOf([answer, [soupText]]).final()
    expect(complete).toMatchObject({ output: soup, attempts: 2 })
  })

  test('another driver gives the output that the first one withheld', async () => {
    const refusing = scripted([['No.', { finishReason: 'content-filter', usage: {} }]])
    const driver = fallback(refusing, scripted([[soupText]]))
    const complete = await createStream({ driver, prompt: 'p', output: Recipe }).final()
    expect(complete.output).toEqual(soup)
  })

  test('complete JSON at the token limit is accepted, except a number', async () => {
    const finish = { finishReason: 'length', usage: {} } as const
    expect((await streamOf([[soupText, finish]]).final()).output).toEqual(soup)
    await expect(streamOf([['12', finish]], z.number()).final()).rejects.toMatchObject({
      code: 'protocol',
      retryable: false,
    })
  })

  test('text that was buffered for a wrapper is emitted if there is no wrapper', async () => {
    const driver = answering('openai chat', '{"val')
    const stream = createStream({ driver, prompt: 'p', output: List, retry: false })
    expect(outline(await collect(stream))).toEqual(['start', 'text {"val', 'error protocol'])
  })
})

describe.each([
  ['server-sent events', sse],
  ['lines of JSON', ndjson],
] as const)('through %s', (_name, format) => {
  test('a client receives the output', async () => {
    const read = readStream(await toResponse(streamOf([[soupText]]), format()))
    expect((await read.final()).output).toEqual(soup)
  })

  test('output that JSON cannot hold reaches the client as an error', async () => {
    const stream = streamOf([['"12"']], z.string().transform(BigInt))
    const read = await collect(readStream(await toResponse(stream, format())))
    expect(outline(read)).toEqual(['start', 'text "12"', 'error protocol'])
    expect((await stream.final()).output).toBe(12n)
  })
})
