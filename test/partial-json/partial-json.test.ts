import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { compatible } from '../../src/entries/compatible.js'
import { createStream, StreamError, type StreamEvent } from '../../src/entries/index.js'
import { partialJson } from '../../src/entries/partial-json.js'
import { type Script, scripted, simulatedProvider } from '../../src/entries/testing.js'
import { everyDriver } from '../support/every-driver.js'

const fast = { minDelayMs: 0, maxDelayMs: 0 }

const streamOf = (...answers: Script[]) =>
  createStream({ driver: scripted(answers), prompt: 'p', retry: fast })

/** Each value as it was when it came. */
async function collect(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const value of values) all.push(structuredClone(value))
  return all
}

function cut(text: string, places: readonly number[]): string[] {
  const at = places.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b)
  return [0, ...at].map((start, index) => text.slice(start, at[index] ?? text.length))
}

type Members = Record<string, unknown>

/**
 * Whether a value can be what another one was a moment before: strings are beginnings, arrays and objects have the same elements, of
 * which only the last one may still grow, and everything else is equal.
 */
function isBefore(early: unknown, late: unknown): boolean {
  if (typeof early === 'string') return typeof late === 'string' && late.startsWith(early)
  if (typeof early !== 'object' || early === null) {
    return JSON.stringify(early) === JSON.stringify(late)
  }
  if (typeof late !== 'object' || late === null) return false
  if (Array.isArray(early) !== Array.isArray(late)) return false
  const keys = Object.keys(early)
  if (!keys.every((key) => Object.hasOwn(late, key))) return false
  const same = (key: string): boolean =>
    JSON.stringify((early as Members)[key]) === JSON.stringify((late as Members)[key])
  const growing = keys.filter((key) => !same(key))
  if (Array.isArray(early) && growing.some((key) => key !== keys.at(-1))) return false
  return (
    growing.length <= 1 &&
    growing.every((key) => isBefore((early as Members)[key], (late as Members)[key]))
  )
}

const json = fc
  .tuple(fc.jsonValue(), fc.constantFrom(0, 1))
  .map(([value, indent]) => ({ value, text: JSON.stringify(value, null, indent) }))
const places = fc.array(fc.nat(), { maxLength: 15 })

describe('whatever the JSON and its pieces', () => {
  const check = (values: readonly unknown[], whole: unknown): void => {
    // Not against JSON.parse(): that of V8 13.6 takes one escaped key for another, once in some million texts.
    expect(JSON.stringify(values.at(-1))).toBe(JSON.stringify(whole))
    for (const [at, value] of values.entries()) {
      const next = at === values.length - 1 ? whole : values[at + 1]
      expect([value, isBefore(value, next)]).toEqual([value, true])
    }
  }

  test('each value is the next one before it grew, and the last is the whole', async () => {
    await fc.assert(
      fc.asyncProperty(json, places, async ({ text, value }, at) => {
        check(await collect(partialJson(streamOf(cut(text, at)))), value)
      }),
      { numRuns: 300 },
    )
  })

  test('so it is in a fence, after prose, and in the arguments of a tool', async () => {
    const around = fc.constantFrom(['```json\n', '\n```'], ['Here it is:\n```\n', '\n```\nBye {}'])
    await fc.assert(
      fc.asyncProperty(
        json,
        around,
        places,
        async ({ text, value }, [before = '', after = ''], at) => {
          check(await collect(partialJson(streamOf(cut(before + text + after, at)))), value)
          const calls = cut(text, at).map((input) => toolCall({ input }))
          check(await collect(partialJson(streamOf(calls), { id: 'call_1' })), value)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('what is no JSON never passes for it', async () => {
    await fc.assert(
      fc.asyncProperty(
        json.filter(({ text }) => /^[{["]/.test(text)),
        places,
        fc.nat(),
        async ({ text }, at, length) => {
          const cutOff = text.slice(0, length % text.length)
          const values = collect(partialJson(streamOf(cut(cutOff, at))))
          await expect(values).rejects.toMatchObject({ code: 'protocol' })
        },
      ),
      { numRuns: 100 },
    )
  })
})

function toolCall(more: { index?: number; id?: string; name?: string; input?: string }) {
  const call = { index: 0, id: 'call_1', name: 'weather', input: '', ...more }
  return { type: 'content', kind: 'tool-call', ...call } as const
}

describe('the work grows with the length of the JSON, and with nothing else', () => {
  /** How often a character is looked at, by the parser and before it. */
  const looksAt = async (pieces: readonly string[]): Promise<number> => {
    const look = vi.spyOn(String.prototype, 'charCodeAt')
    try {
      for await (const value of partialJson(streamOf([...pieces]))) void value
      return look.mock.calls.length
    } finally {
      look.mockRestore()
    }
  }
  const times = (count: number, piece: string): string[] =>
    Array.from({ length: count }, () => piece)

  test.each([
    ['a long string', '["', 'word word ', '"]'],
    ['a long array', '[', '"word", 17, null, ', '1]'],
    ['a number that does not end', '[0.', '3333333333', ']'],
    ['blanks that do not end', '[1,', '          ', '2]'],
    ['a long key', '{"', 'word word ', '":1}'],
    ['escapes', '["', String.raw`\n\u0041\"`, '"]'],
  ])('%s', async (_name, open, piece, close) => {
    const [once, twice] = [
      await looksAt([open, ...times(500, piece), close]),
      await looksAt([open, ...times(1_000, piece), close]),
    ]
    const length = 500 * piece.length
    expect(once).toBeLessThan(6 * length)
    expect(twice).toBeLessThan(2.1 * once)
  })

  test('each character is handed to the parser once', async () => {
    vi.resetModules()
    const handed: string[] = []
    vi.doMock('jsonriver', async (original) => {
      const actual = await original<typeof import('jsonriver')>()
      async function* spy(stream: AsyncIterable<string>): AsyncGenerator<string, void, void> {
        for await (const piece of stream) {
          handed.push(piece)
          yield piece
        }
      }
      return { parse: (stream: AsyncIterable<string>) => actual.parse(spy(stream)) }
    })
    const { partialJson: watched } = await import('../../src/entries/partial-json.js')
    const text = JSON.stringify({ list: times(200, 'word'), number: 12.5 }, null, 2)
    for await (const value of watched(streamOf([...text]))) void value
    expect(handed.join('')).toBe(text)
    const blanks = ['{', ...times(1_000, '   '), '"a"', ':', ...times(1_000, '7'), '}']
    handed.length = 0
    for await (const value of watched(streamOf(blanks))) void value
    expect(handed.join('')).toBe(blanks.join(''))
    expect(handed.length).toBeLessThan(10)
    vi.doUnmock('jsonriver')
  })
})

describe.each(everyDriver)('with $name', (row) => {
  const recipe = { name: 'Soup of the day', steps: ['Boil', 'Stir and wait'] }

  test('the structured output comes as it grows, beside its complete event', async () => {
    const provider = simulatedProvider({ paceMs: 0, answer: JSON.stringify(recipe, null, 1) })
    const driver = row.driver({ fetch: (input, init) => provider.fetch(input, init) })
    const output = z.object({ name: z.string(), steps: z.array(z.string()) })
    const stream = createStream({ driver, prompt: 'p', output })
    const values = await collect(partialJson(stream))
    expect(values.length).toBeGreaterThan(4)
    expect(values.at(-1)).toEqual(recipe)
    expect((await stream.final()).output).toEqual(recipe)
  })

  test('the arguments of a call come by the name of its tool, and by its id', async () => {
    const toolCalls = [
      { id: 'c1', name: 'weather', input: { city: 'Paris' } },
      { id: 'c2', name: 'recipe', input: recipe },
      { id: 'c3', name: 'recipe', input: { name: 'Stew' } },
    ]
    const read = (call: { tool?: string; id?: string }): Promise<unknown[]> => {
      const provider = simulatedProvider({ paceMs: 0, answer: { toolCalls } })
      const driver = row.driver({ fetch: (input, init) => provider.fetch(input, init) })
      const tools = Object.fromEntries(
        ['weather', 'recipe'].map((name) => [name, { parameters: { type: 'object' } }]),
      )
      return collect(partialJson(createStream({ driver, prompt: 'p', tools }), call))
    }
    expect((await read({ tool: 'weather' })).at(-1)).toEqual({ city: 'Paris' })
    expect((await read({ tool: 'recipe' })).at(-1)).toEqual(recipe)
    expect(await read({ tool: 'stranger' })).toEqual([])
    if (row.name !== 'gemini') expect((await read({ id: 'c3' })).at(-1)).toEqual({ name: 'Stew' })
  })
})

describe('attempts', () => {
  const network = new StreamError('network', 'gone')

  test('a restart begins with a new value', async () => {
    const stream = streamOf(['{"name": "So', network], ['{"na', 'me": "Stew"}'])
    const values: unknown[] = []
    for await (const value of partialJson(stream)) values.push(value)
    // Values grow in place, so all of one attempt are one object.
    expect(new Set(values).size).toBe(2)
    expect(values[0]).toEqual({ name: 'So' })
    expect(values.at(-1)).toEqual({ name: 'Stew' })
  })

  test('an answer that goes on goes on', async () => {
    const goesOn = {
      type: 'retry',
      attempt: 2,
      maxAttempts: 2,
      delayMs: 0,
      mode: 'continue',
      provider: 'p',
      model: 'm',
      error: network,
    } as const
    const values = await collect(partialJson(streamOf(['{"name": "So', goesOn, 'up"}'])))
    expect(values.at(-1)).toEqual({ name: 'Soup' })
  })

  test('JSON that cannot be read counts only if no other attempt follows', async () => {
    const output = z.object({ name: z.string() })
    const driver = scripted([['{"name": oops', '}'], ['{"name": 1}'], ['{"name": "Soup"}']])
    const stream = createStream({ driver, prompt: 'p', output, retry: fast })
    expect((await collect(partialJson(stream))).at(-1)).toEqual({ name: 'Soup' })

    const last = createStream({ driver, prompt: 'p', output, retry: false })
    await expect(collect(partialJson(last))).rejects.toThrow(/is not valid JSON/)
  })

  test('the error of the stream is the error of the iteration', async () => {
    const stream = streamOf(['{"name": "So', new StreamError('auth', 'no')])
    const values: unknown[] = []
    const read = async (): Promise<void> => {
      for await (const value of partialJson(stream)) values.push(structuredClone(value))
    }
    await expect(read()).rejects.toMatchObject({ code: 'auth' })
    expect(values).toEqual([{ name: 'So' }])
  })

  test('a number that broke off with its attempt never appears', async () => {
    const values: unknown[] = []
    const stream = streamOf(['[1, 12', network], ['[1, 345', new StreamError('auth', 'no')])
    const read = async (): Promise<void> => {
      for await (const value of partialJson(stream)) values.push(structuredClone(value))
    }
    await expect(read()).rejects.toMatchObject({ code: 'auth' })
    expect(values).toEqual([[1], [1]])
  })
})

describe('an answer that completes', () => {
  const finish = (finishReason: 'length' | 'pause' | 'content-filter' | 'tool-calls') =>
    ({ finishReason, usage: {} }) as const

  test('without JSON fails, unless the model may have had its reason', async () => {
    await expect(collect(partialJson(streamOf(['No.'])))).rejects.toMatchObject({
      code: 'protocol',
      message: expect.stringMatching(/has no JSON/),
    })
    for (const reason of ['pause', 'content-filter', 'tool-calls'] as const) {
      expect(await collect(partialJson(streamOf(['No.', finish(reason)])))).toEqual([])
    }
  })

  test('in the middle of its JSON fails, whatever the reason', async () => {
    for (const reason of ['length', 'pause', 'content-filter', 'tool-calls'] as const) {
      const values = collect(partialJson(streamOf(['{"a": 1', finish(reason)])))
      await expect(values).rejects.toThrow(/is not valid JSON/)
    }
    const call = streamOf([toolCall({ input: '{"city": "Pa' }), finish('length')])
    await expect(collect(partialJson(call, { tool: 'weather' }))).rejects.toThrow(/maxOutputTokens/)
  })

  test('with a call that has no arguments gives an empty object', async () => {
    const stream = streamOf([toolCall({}), finish('tool-calls')])
    expect(await collect(partialJson(stream, { tool: 'weather' }))).toEqual([{}])
  })

  test('with more after the arguments of a call fails', async () => {
    const stream = streamOf([toolCall({ input: '{}{}' }), finish('tool-calls')])
    await expect(collect(partialJson(stream, { tool: 'weather' }))).rejects.toThrow(
      /not valid JSON/,
    )
  })

  test.each(['true', 'false', 'null', '-12.5e3', '"word"', '[]', '{}'])(
    'with %s gives it',
    async (text) => {
      expect((await collect(partialJson(streamOf([...text])))).at(-1)).toEqual(JSON.parse(text))
    },
  )

  test('is not taken from events that end without a last one', async () => {
    async function* events(): AsyncGenerator<StreamEvent, void, void> {
      yield { type: 'content', index: 0, kind: 'text', text: '{"a": 1}' }
    }
    await expect(collect(partialJson(events()))).rejects.toMatchObject({ code: 'interrupted' })
  })

  test('events that throw end the iteration with their error', async () => {
    const cause = new RangeError('mine')
    async function* events(): AsyncGenerator<StreamEvent, void, void> {
      yield { type: 'content', index: 0, kind: 'text', text: '{"a": 1}' }
      throw cause
    }
    const values = collect(partialJson(events()))
    await expect(values).rejects.toMatchObject({ code: 'unknown', message: 'mine', cause })
  })
})

describe('the reader', () => {
  test('who leaves closes the connection to the provider', async () => {
    const provider = simulatedProvider({
      paceMs: 0,
      answer: { text: '{"a": "b c d e f g"}', fault: { kind: 'stall', afterEvents: 6 } },
    })
    const upstream = await provider.listen()
    const driver = compatible({ model: 'm', apiKey: 'k', baseURL: `${upstream.url}/v1` })
    const stream = createStream({ driver, prompt: 'p' })
    for await (const value of partialJson(stream)) {
      expect(value).toEqual({})
      break
    }
    await expect(stream.final()).rejects.toMatchObject({ code: 'aborted' })
    expect(await provider.requests[0]?.closed).toBe('aborted')
    await upstream.close()
  })

  test('who leaves while the provider is silent is let go at once', async () => {
    const stream = streamOf(['{"a": "b', { waitMs: Infinity }])
    const values = partialJson(stream)
    await values.next()
    const next = values.next()
    expect(await values.return?.()).toEqual({ done: true, value: undefined })
    expect(await next).toEqual({ done: true, value: undefined })
    expect(await values.next()).toEqual({ done: true, value: undefined })
    await expect(stream.final()).rejects.toMatchObject({ code: 'aborted' })
  })

  test('who is slow is not run ahead of', async () => {
    let pulled = 0
    async function* events(): AsyncGenerator<StreamEvent, void, void> {
      for (const text of '[1, 2, 3, 4, 5, 6, 7, 8]') {
        pulled++
        yield { type: 'content', index: 0, kind: 'text', text }
      }
    }
    const values = partialJson(events())
    await values.next()
    await new Promise((resolve) => setImmediate(resolve))
    expect(pulled).toBeLessThan(4)
    await values.return?.()
  })

  test('who never asks has nothing sent', async () => {
    const provider = simulatedProvider({ paceMs: 0 })
    const driver = compatible({
      model: 'm',
      apiKey: 'k',
      baseURL: 'http://p.test/v1',
      fetch: provider.fetch,
    })
    partialJson(createStream({ driver, prompt: 'p' }))
    await new Promise((resolve) => setImmediate(resolve))
    expect(provider.requests).toEqual([])
  })

  test('a stream that is already being read is refused', async () => {
    const stream = streamOf(['{"a": 1}'])
    for await (const event of stream) if (event.type === 'start') break
    await expect(partialJson(stream).next()).rejects.toThrow(/already being read/)
    await expect(partialJson(stream).elements('a').next()).rejects.toThrow(/already being read/)
  })

  test('cancelling the stream ends the iteration with its error', async () => {
    const stream = streamOf(['{"a": "b', { waitMs: Infinity }])
    const values = partialJson(stream)
    await values.next()
    const next = values.next()
    stream.cancel()
    await expect(next).rejects.toMatchObject({ code: 'aborted' })
  })
})

test('bad arguments are refused at the call', () => {
  const stream = streamOf(['{}'])
  expect(() => partialJson({} as never)).toThrow(/"events".*stream/)
  expect(() => partialJson(stream, {})).toThrow(/"call".*tool/)
  expect(() => partialJson(stream, { tool: 1 as never })).toThrow(/"call\.tool" is 1/)
  expect(() => partialJson(stream, { name: 'a' } as never)).toThrow(/Unknown option "call.name"/)
})

describe('a turn of several steps', () => {
  const retry = (from?: number): StreamEvent => ({
    type: 'retry',
    attempt: 2,
    maxAttempts: 3,
    delayMs: 0,
    mode: 'restart',
    ...(from === undefined ? {} : { from }),
    provider: 'p',
    model: 'm',
    error: new StreamError('network', 'x'),
  })
  const said = (index: number, text: string): StreamEvent => {
    return { type: 'content', index, kind: 'text', text }
  }
  const call = (index: number, input: string): StreamEvent => {
    return { type: 'content', index, kind: 'tool-call', id: 'c', name: 'f', input }
  }
  const result = (index: number): StreamEvent => {
    return { type: 'content', index, kind: 'tool-result', id: 'c', name: 'f', output: 1 }
  }
  const end: StreamEvent = {
    type: 'complete',
    text: '',
    message: { role: 'assistant', content: [] },
    finishReason: 'stop',
    usage: {},
    provider: 'p',
    model: 'm',
    attempts: 1,
    timing: { firstContentMs: 1, durationMs: 2 },
  }
  async function* of(...events: StreamEvent[]): AsyncGenerator<StreamEvent> {
    yield* events
  }

  test('the output is the text of the last step', async () => {
    const values = await collect(
      partialJson(
        createStream({
          driver: {
            ...scripted(['x']),
            stream: (request, context) => {
              const isSecond = request.messages?.at(-1)?.role === 'assistant'
              const first = ['{"plan": "look"}', call(1, '{}') as never]
              const calls = { finishReason: 'tool-calls', usage: {} } as const
              const script = isSecond ? ['{"sky":', ' "clear"}'] : [...first, calls]
              return scripted(script).stream(request, context)
            },
          },
          prompt: 'p',
          output: z.object({ sky: z.string() }),
          tools: { f: { parameters: { type: 'object' }, run: () => 1 } },
        }),
      ),
    )
    expect(values.at(-1)).toEqual({ sky: 'clear' })
    expect(values).toContainEqual({ plan: 'look' })
  })

  test('a restart of a later step leaves the arguments of a call as they are', async () => {
    const start: StreamEvent = { type: 'start', id: 's', provider: 'p', model: 'm' }
    const turn = [start, call(0, '{"a":'), call(0, '1}'), result(1), said(2, 'x')]
    const once = await collect(partialJson(of(...turn, retry(2), said(2, 'y'), end), { id: 'c' }))
    expect(once).toEqual([{}, { a: 1 }])
    const again = [...turn.slice(0, 3), retry(), call(0, '{"a":2}'), end]
    expect((await collect(partialJson(of(...again), { id: 'c' }))).at(-1)).toEqual({ a: 2 })
  })

  test('a restart of the last step begins with a new value', async () => {
    const start: StreamEvent = { type: 'start', id: 's', provider: 'p', model: 'm' }
    const turn = [start, said(0, 'So.'), call(1, '{}'), result(2)]
    const events = of(...turn, said(3, '{"a":1'), retry(3), said(3, '{"b":2}'), end)
    expect((await collect(partialJson(events))).at(-1)).toEqual({ b: 2 })
  })
})
