import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { compatible } from '../../src/entries/compatible.js'
import {
  createStream,
  type RetryEvent,
  StreamError,
  type StreamEvent,
} from '../../src/entries/index.js'
import { partialJson } from '../../src/entries/partial-json.js'
import { type Script, scripted, simulatedProvider } from '../../src/entries/testing.js'
import { everyDriver } from '../support/every-driver.js'
import { growth } from '../support/growth.js'

const fast = { minDelayMs: 0, maxDelayMs: 0 }
const network = new StreamError('network', 'gone')

const streamOf = (...answers: Script[]) =>
  createStream({ driver: scripted(answers), prompt: 'p', retry: fast })

async function collect(elements: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const element of elements) all.push(element)
  return all
}

async function* eventsOf(pieces: Iterable<string>): AsyncGenerator<StreamEvent, void, void> {
  for (const text of pieces) yield { type: 'content', index: 0, kind: 'text', text }
}

function toolCall(input: string) {
  return { type: 'content', kind: 'tool-call', index: 0, id: 'c', name: 'save', input } as const
}

describe('the elements of an array', () => {
  test('each element comes once, in order, until the stream ends', async () => {
    const stream = streamOf([
      '{"name": "Soup", "steps": ["Bo',
      'il", "Stir"',
      ', "Wa',
      'it"], "n": 1}',
    ])
    expect(await collect(partialJson(stream).elements('steps'))).toEqual(['Boil', 'Stir', 'Wait'])
    expect((await stream.final()).finishReason).toBe('stop')
  })

  test.each([
    ['', '[1, [2], {"a": 3}]', [1, [2], { a: 3 }]],
    ['recipe.steps', '{"recipe": {"steps": [1, 2]}, "steps": [3]}', [1, 2]],
    ['rows', '{"rows": [[1, 2], [], [3]]}', [[1, 2], [], [3]]],
    ['rows.*', '{"rows": [[1, 2], [], [3]]}', [1, 2, 3]],
    ['*.cells', '[{"cells": [1]}, {"other": [2]}, {"cells": [3]}]', [1, 3]],
    ['a.*.b', '{"a": [{"b": [1]}, 2, null, {"b": 3}, {"b": [4]}, [[5]]]}', [1, 4]],
  ])('the path %j leads to the elements of %s', async (path, text, elements) => {
    expect(await collect(partialJson(streamOf([...text])).elements(path))).toEqual(elements)
  })

  test('without a path, the elements are those of the answer itself', async () => {
    expect(await collect(partialJson(streamOf(['[1, 2]'])).elements())).toEqual([1, 2])
  })

  test.each([
    ['null', '{"steps": null}'],
    ['an object', '{"steps": {"steps": [1]}}'],
    ['absent', '{}'],
    ['within a string', '{"a": "{\\"steps\\": [1]}"}'],
  ])('there are no elements if the array is %s', async (_name, text) => {
    expect(await collect(partialJson(streamOf([text])).elements('steps'))).toEqual([])
  })

  test('an element comes with the character that makes it whole', async () => {
    const text = '{"s": [1, -2e3 ,true,"a]" ,{"b": [1]}, [[]],null]}'
    let read = ''
    async function* events(): AsyncGenerator<StreamEvent, void, void> {
      for (const piece of text) {
        read += piece
        yield { type: 'content', index: 0, kind: 'text', text: piece }
      }
    }
    const arrivals: [unknown, string][] = []
    for await (const element of partialJson(events()).elements('s')) {
      arrivals.push([element, read.slice(-4)])
      if (element === null) break
    }
    expect(arrivals).toEqual([
      [1, ' [1,'],
      [-2000, 'e3 ,'],
      [true, 'rue,'],
      ['a]', '"a]"'],
      [{ b: [1] }, '[1]}'],
      [[[]], '[[]]'],
      [null, 'ull]'],
    ])
  })

  test('an element never changes after it was yielded', async () => {
    const text = JSON.stringify(Array.from({ length: 20 }, (_, n) => ({ n, list: [n, { n }] })))
    const elements: unknown[] = []
    const early: string[] = []
    for await (const element of partialJson(streamOf([...text])).elements()) {
      elements.push(element)
      early.push(JSON.stringify(element))
    }
    expect(elements.map((element) => JSON.stringify(element))).toEqual(early)
    expect(new Set(elements).size).toBe(20)
  })

  test('the elements are the same in a fence, after prose and in the arguments of a tool, in any pieces', async () => {
    // Without escapes: JSON.parse() of V8 13.6 may take one escaped key for another.
    const stringUnit = fc.constantFrom(...'ab []{},:\u{e9}\u{1f600}')
    const list = fc.array(fc.jsonValue({ maxDepth: 3, stringUnit }), { maxLength: 6 })
    const around = fc.constantFrom(
      ['', ''],
      ['```json\n', '\n```'],
      ['Here it is:\n```\n', '\n```\nBye {}'],
    )
    const places = fc.array(fc.nat(), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(list, around, places, async (items, [before = '', after = ''], at) => {
        const cut = (text: string): string[] => {
          const all = at.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b)
          return [0, ...all].map((start, index) => text.slice(start, all[index] ?? text.length))
        }
        const text = JSON.stringify({ a: { list: items } }, null, 1)
        const { a } = JSON.parse(text)
        const answer = partialJson(streamOf(cut(before + text + after)))
        expect(await collect(answer.elements('a.list'))).toEqual(a.list)
        const call = partialJson(streamOf(cut(text).map(toolCall)), { tool: 'save' })
        expect(await collect(call.elements('a.list'))).toEqual(a.list)
      }),
      { numRuns: 200 },
    )
  })
})

describe.each(everyDriver)('with $name', (row) => {
  test('an answer that is an array yields its elements, wrapped by the provider or not', async () => {
    const steps = [{ text: 'Boil' }, { text: 'Stir and wait' }]
    const provider = simulatedProvider({
      paceMs: 0,
      // A provider that takes objects only was sent one with this property.
      answer: ({ body }) =>
        JSON.stringify(JSON.stringify(body).includes('"value":{') ? { value: steps } : steps),
    })
    const driver = row.driver({ fetch: (input, init) => provider.fetch(input, init) })
    const output = z.array(z.object({ text: z.string() }))
    const stream = createStream({ driver, prompt: 'p', output })
    expect(await collect(partialJson(stream).elements())).toEqual(steps)
    expect((await stream.final()).output).toEqual(steps)
  })
})

describe('a restart', () => {
  const answers = (): Script[] => [['{"s": ["a", "b', network], ['{"s": ["a2", "b2"]}']]

  test('a restart after elements fails with retracted and closes the stream', async () => {
    const stream = streamOf(...answers())
    const elements: unknown[] = []
    const read = async (): Promise<void> => {
      for await (const element of partialJson(stream).elements('s')) elements.push(element)
    }
    await expect(read()).rejects.toMatchObject({
      code: 'retracted',
      message: expect.stringContaining('onRestart'),
      cause: { code: 'network' },
    })
    expect(elements).toEqual(['a'])
    await expect(stream.final()).rejects.toMatchObject({ code: 'aborted' })
  })

  test('a restart calls onRestart between the elements of the two attempts', async () => {
    let elements: unknown[] = []
    const retries: RetryEvent[] = []
    const onRestart = async (retry: RetryEvent | undefined): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve))
      expect(elements).toEqual(['a'])
      if (retry !== undefined) retries.push(retry)
      elements = []
    }
    for await (const element of partialJson(streamOf(...answers())).elements('s', { onRestart })) {
      elements.push(element)
    }
    expect(elements).toEqual(['a2', 'b2'])
    expect(retries).toMatchObject([{ type: 'retry', attempt: 2, error: { code: 'network' } }])
  })

  test('a restart without new elements calls onRestart', async () => {
    let elements: unknown[] = []
    const onRestart = (): void => {
      elements = []
    }
    const stream = streamOf(['["a", ', network], ['[]'])
    for await (const element of partialJson(stream).elements('', { onRestart }))
      elements.push(element)
    expect(elements).toEqual([])
  })

  test('a restart before the first element does not call onRestart', async () => {
    let calls = 0
    const stream = streamOf(['{"s": ["a', network], ['{"s": ["b"]}'])
    const all = partialJson(stream).elements('s', { onRestart: () => calls++ })
    expect(await collect(all)).toEqual(['b'])
    expect(calls).toBe(0)
  })

  test('an answer that is not JSON restarts the elements', async () => {
    const output = z.array(z.string())
    const driver = scripted([['["a", oops', ']'], ['["b"]']])
    const stream = createStream({ driver, prompt: 'p', output, retry: fast })
    let elements: unknown[] = []
    const onRestart = (): void => {
      elements = []
    }
    for await (const element of partialJson(stream).elements('', { onRestart }))
      elements.push(element)
    expect(elements).toEqual(['b'])
  })

  test('an onRestart that throws ends the iteration with its error and closes the stream', async () => {
    const stream = streamOf(...answers())
    const onRestart = (): never => {
      throw new RangeError('no')
    }
    await expect(collect(partialJson(stream).elements('s', { onRestart }))).rejects.toThrow(
      RangeError,
    )
    await expect(stream.final()).rejects.toMatchObject({ code: 'aborted' })
  })
})

test('an answer that is continued has its elements once', async () => {
  const resumed = {
    type: 'retry',
    attempt: 2,
    maxAttempts: 2,
    delayMs: 0,
    mode: 'continue',
    provider: 'p',
    model: 'm',
    error: network,
  } as const
  const stream = streamOf(['["a", "b', resumed, '2", "c"]'])
  expect(await collect(partialJson(stream).elements())).toEqual(['a', 'b2', 'c'])
})

describe('the end of the elements', () => {
  const read = async (elements: AsyncIterable<unknown>): Promise<[unknown[], unknown]> => {
    const all: unknown[] = []
    try {
      for await (const element of elements) all.push(element)
    } catch (error) {
      return [all, error]
    }
    return [all, undefined]
  }

  test('a failed stream throws its error and does not yield the element that was cut off', async () => {
    for (const cutOff of ['2', '"b"'.slice(0, 2), '{"c": 1', 'nul', '[1, 2']) {
      const stream = streamOf([`["a", ${cutOff}`, new StreamError('auth', 'no')])
      const [elements, error] = await read(partialJson(stream).elements())
      expect(elements).toEqual(['a'])
      expect(error).toMatchObject({ code: 'auth' })
    }
  })

  test('an answer cut off at the token limit fails and names the limit', async () => {
    const stream = streamOf(['["a", 12', { finishReason: 'length', usage: {} }])
    const [elements, error] = await read(partialJson(stream).elements())
    expect(elements).toEqual(['a'])
    expect(error).toMatchObject({
      code: 'protocol',
      message: expect.stringMatching(/maxOutputTokens/),
    })
    expect((await stream.final()).finishReason).toBe('length')
  })

  test('an answer without JSON has no elements if it calls tools, and fails otherwise', async () => {
    const stream = streamOf(['No.', { finishReason: 'tool-calls', usage: {} }])
    expect(await read(partialJson(stream).elements())).toEqual([[], undefined])
    const [, error] = await read(partialJson(streamOf(['No.'])).elements())
    expect(error).toMatchObject({ code: 'protocol' })
  })

  test('a call without arguments has no elements', async () => {
    const stream = streamOf([toolCall(''), { finishReason: 'tool-calls', usage: {} }])
    expect(await read(partialJson(stream, { tool: 'save' }).elements('s'))).toEqual([[], undefined])
  })

  test('events without a terminal event fail with interrupted', async () => {
    const [elements, error] = await read(partialJson(eventsOf(['[1, 2]'])).elements())
    expect(elements).toEqual([1, 2])
    expect(error).toMatchObject({ code: 'interrupted' })
  })
})

describe('the reader', () => {
  test('leaving the loop closes the connection to the provider', async () => {
    const provider = simulatedProvider({
      paceMs: 0,
      answer: { text: '["a", "b", "c", "d"]', fault: { kind: 'stall', afterEvents: 4 } },
    })
    const upstream = await provider.listen()
    const driver = compatible({ model: 'm', apiKey: 'k', baseURL: `${upstream.url}/v1` })
    const stream = createStream({ driver, prompt: 'p' })
    for await (const element of partialJson(stream).elements()) {
      expect(element).toBe('a')
      break
    }
    await expect(stream.final()).rejects.toMatchObject({ code: 'aborted' })
    expect(await provider.requests[0]?.closed).toBe('aborted')
    await upstream.close()
  })

  test('return() settles at once while the provider is silent', async () => {
    const elements = partialJson(streamOf(['["a", "b', { waitMs: Infinity }])).elements()
    await elements.next()
    const next = elements.next()
    expect(await elements.return?.()).toEqual({ done: true, value: undefined })
    expect(await next).toEqual({ done: true, value: undefined })
  })

  test('a slow reader of elements holds the events back', async () => {
    let pulled = 0
    function* pieces(): Generator<string, void, void> {
      for (const text of '[1, 2, 3, 4, 5, 6, 7, 8]') {
        pulled++
        yield text
      }
    }
    const elements = partialJson(eventsOf(pieces())).elements()
    await elements.next()
    await new Promise((resolve) => setImmediate(resolve))
    expect(pulled).toBe(3)
    await elements.return?.()
  })

  test('the values and the elements of one stream cannot both be read', async () => {
    const values = partialJson(streamOf(['[1, 2]']))
    expect((await values.next()).done).toBe(false)
    await expect(values.elements().next()).rejects.toThrow(/already being read/)
  })
})

test('elements() refuses invalid arguments at the call', () => {
  const values = partialJson(streamOf(['{}']))
  expect(() => values.elements('a..b')).toThrow(/"path" is "a..b".*recipe.steps/)
  expect(() => values.elements('.')).toThrow(TypeError)
  expect(() => values.elements(['a'] as never)).toThrow(/"path"/)
  expect(() => values.elements('a', { onRestart: 1 as never })).toThrow(/"options.onRestart" is 1/)
  expect(() => values.elements('a', { onrestart: () => {} } as never)).toThrow(/Unknown option/)
})

describe('twice the JSON takes about twice the CPU', () => {
  const repeat = (count: number, piece: string): string[] =>
    Array.from({ length: count }, () => piece)

  test.each<[string, string, (count: number) => string[]]>([
    ['many small elements', '', (n) => ['[', ...repeat(n, '17, "a", '), '0]']],
    [
      'many small elements in one piece',
      '',
      (n) => [['[', ...repeat(3 * n, '17, "a", '), '0]'].join('')],
    ],
    ['many nested arrays', 'rows.*', (n) => ['{"rows": [', ...repeat(n, '[1, 2], '), '[]]}']],
    ['deep nesting', '', (n) => ['[', ...repeat(n, '['), ...repeat(n, ']'), ']']],
    [
      'deep nesting outside of the path',
      'b',
      (n) => ['{"a":', ...repeat(n, '{"b":['), ...repeat(n, ']}'), '}'],
    ],
    ['a long string', '', (n) => ['["', ...repeat(n, 'word word '), '"]']],
    ['a number that does not end', '', (n) => ['[0.', ...repeat(n, '3333333333'), ']']],
    ['blanks that do not end', '', (n) => ['[1,', ...repeat(n, '          '), '2]']],
    ['a long key', 'a', (n) => ['{"', ...repeat(n, 'word word '), '": 1}']],
    ['many keys', 'a', (n) => ['{', ...repeat(n, '"b": [1], '), '"a": []}']],
  ])('%s', { timeout: 60_000 }, async (_name, path, pieces) => {
    const ratio = await growth(10_000, (count) => {
      const script = pieces(count)
      return async () => {
        for await (const element of partialJson(streamOf(script)).elements(path)) void element
      }
    })
    expect(ratio).toBeLessThan(3)
  })
})
