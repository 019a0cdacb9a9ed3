import { createStream, ToolError, tool, toolResult } from 'sluice'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import type { ToolResultContent } from '../../src/base/content-kinds.js'
import type { StreamEvent } from '../../src/base/events.js'
import { collect } from '../support/collect.js'
import { calling, parameters, playing, readTurn, saying, turn } from '../support/turns.js'

/** A promise that the test settles. */
const gate = () => Promise.withResolvers<unknown>()

type Call = readonly [id: string, name: string, input?: unknown]

/** The results in a turn, in the order of its message. */
async function resultsOf(
  calls: readonly Call[],
  tools: Record<string, unknown>,
  options: object = {},
) {
  const { parts } = await turn([calling(...calls), saying('Done.')], {
    tools: tools as never,
    ...options,
  })
  return parts.filter((part) => (part as { type: string }).type === 'tool-result')
}

describe('what a tool gives', () => {
  test.each([
    ['a string', () => 'text', 'text'],
    ['JSON', () => ({ a: [1, null] }), { a: [1, null] }],
    ['nothing', () => undefined, null],
    ['a promise', async () => 1, 1],
    ['a date, as JSON writes it', () => new Date(0), '1970-01-01T00:00:00.000Z'],
    ['half a surrogate pair', () => 'a\ud800', 'a\ufffd'],
  ])('%s', async (_name, run, output) => {
    expect(await resultsOf([['a', 'f']], { f: { parameters, run } })).toEqual([
      { type: 'tool-result', id: 'a', name: 'f', output },
    ])
  })

  test('images and files, as base64', async () => {
    const run = () =>
      toolResult({
        output: 'A screenshot.',
        content: [
          { type: 'text', text: 'It is red.' },
          { type: 'image', data: new Uint8Array([1, 2, 3]), mediaType: 'image/png' },
        ],
      })
    expect(await resultsOf([['a', 'f']], { f: { parameters, run } })).toMatchObject([
      {
        output: 'A screenshot.',
        content: [{ text: 'It is red.' }, { data: 'AQID', mediaType: 'image/png' }],
      },
    ])
  })

  test.each([
    ['a ToolError, in its words', new ToolError('No such city.'), 'No such city.'],
    ['any other error, in a fixed sentence', new Error('secret'), 'The tool failed.'],
    ['anything else that is thrown', 'secret', 'The tool failed.'],
  ])('%s', async (_name, thrown, output) => {
    const ends: object[] = []
    const run = () => {
      throw thrown
    }
    const onToolEnd = (end: object) => ends.push(end)
    const results = await resultsOf([['a', 'f']], { f: { parameters, run } }, { onToolEnd })
    expect(results).toMatchObject([{ output, isError: true }])
    expect(ends).toMatchObject([{ error: thrown }])
  })

  test.each([
    ['a value that JSON cannot hold', () => 1n],
    [
      'a value that holds itself',
      () => {
        const value: Record<string, unknown> = {}
        value.self = value
        return value
      },
    ],
  ])('%s is a failure', async (_name, run) => {
    expect(await resultsOf([['a', 'f']], { f: { parameters, run } })).toMatchObject([
      { output: 'The tool failed.', isError: true },
    ])
  })

  test('a result that is too long is cut, and says so', async () => {
    const run = () => ({ text: 'x'.repeat(500) })
    const [result] = await resultsOf(
      [['a', 'f']],
      { f: { parameters, run } },
      {
        maxResultCharacters: 20,
      },
    )
    const { output } = result as { output: string }
    expect(output).toMatch(
      /^\{"text":"x{11}\n\(Cut off: the result has 511 characters, and the limit is 20\.\)$/,
    )
  })
})

describe('preliminary results', () => {
  test('come at the place of the result, each replacing the last', async () => {
    const steps = [gate(), gate()]
    const f = tool({
      parameters,
      async *run() {
        yield 'one'
        await steps[0]?.promise
        yield 'two'
        await steps[1]?.promise
        return 'three'
      },
    })
    const { driver } = playing(calling(['a', 'f']), saying('Done.'))
    const outputs: unknown[] = []
    for await (const event of createStream({ driver, prompt: 'Hi', tools: { f } })) {
      if (event.type !== 'content' || event.kind !== 'tool-result') continue
      outputs.push([event.index, event.output, event.preliminary ?? false])
      steps[outputs.length - 1]?.resolve(0)
    }
    expect(outputs).toEqual([
      [1, 'one', true],
      [1, 'two', true],
      [1, 'three', false],
    ])
  })

  test('the last one is the result of a generator that returns nothing', async () => {
    function* run() {
      yield 1
      yield 2
    }
    expect(await resultsOf([['a', 'f']], { f: { parameters, run } })).toMatchObject([{ output: 2 }])
  })

  test('do not pile up behind a reader that does not read', async () => {
    const done = gate()
    async function* run() {
      for (let at = 0; at < 10_000; at++) yield at
      done.resolve(0)
    }
    const { driver } = playing(calling(['a', 'f']), saying('Done.'))
    const stream = createStream({ driver, prompt: 'Hi', tools: { f: { parameters, run } } })
    const events: StreamEvent[] = []
    for await (const event of stream) {
      events.push(event)
      if (event.type === 'content' && event.kind === 'tool-result') await done.promise
    }
    const shown = events.filter((event) => 'kind' in event && event.kind === 'tool-result')
    expect(shown.length).toBeLessThan(10)
    expect((shown.at(-1) as ToolResultContent).output).toBe(9_999)
  })

  test('a generator that throws has failed', async () => {
    const closed = vi.fn()
    async function* run() {
      try {
        yield 1
        throw new ToolError('Halfway.')
      } finally {
        closed()
      }
    }
    expect(await resultsOf([['a', 'f']], { f: { parameters, run } })).toMatchObject([
      { output: 'Halfway.', isError: true },
    ])
    expect(closed).toHaveBeenCalledTimes(1)
  })
})

describe('calls of one step', () => {
  test('run at once, and each is shown when it is done', async () => {
    const gates = { a: gate(), b: gate() }
    const f = tool({ parameters, run: (_input, { id }) => gates[id as 'a' | 'b'].promise })
    const { driver, requests } = playing(calling(['a', 'f'], ['b', 'f']), saying('Done.'))
    const shown: unknown[] = []
    gates.b.resolve('second')
    for await (const event of createStream({ driver, prompt: 'Hi', tools: { f } })) {
      if (event.type !== 'content' || event.kind !== 'tool-result') continue
      shown.push(event.output)
      gates.a.resolve('first')
    }
    expect(shown).toEqual(['second', 'first'])
    expect(requests[1]?.messages?.at(-1)).toMatchObject({ role: 'assistant' })
  })

  test('no more of them at a time than toolConcurrency', async () => {
    let now = 0
    let most = 0
    const run = async () => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setImmediate(resolve))
      now--
    }
    const calls = ['a', 'b', 'c', 'd', 'e'].map((id): Call => [id, 'f'])
    const results = await resultsOf(calls, { f: { parameters, run } }, { toolConcurrency: 2 })
    expect(results).toHaveLength(5)
    expect(most).toBe(2)
  })

  test('may have the same id: each has a result and a key of its own', async () => {
    const keys: string[] = []
    const run = ({ at }: { at: number }, { key }: { key: string }) => {
      keys.push(key)
      return at
    }
    const calls: [string, string, object][] = [
      ['a', 'f', { at: 1 }],
      ['a', 'f', { at: 2 }],
    ]
    const { parts, id, complete } = await turn([calling(...calls), saying('Done.')], {
      tools: { f: { parameters, run } },
    })
    expect(keys).toEqual([`${id}/a`, `${id}/a/1`])
    expect(parts.slice(2, 4)).toMatchObject([{ output: 1 }, { output: 2 }])
    expect(complete.steps?.[0]?.calls).toMatchObject([{ output: 1 }, { output: 2 }])
  })
})

describe('calls that cannot run', () => {
  test.each([
    ['an unknown tool', ['a', 'g', {}], 'There is no tool "g". Tools: f.'],
    ['a tool by the name of an inherited property', ['a', 'constructor', {}], 'There is no tool'],
    ['arguments that are no object', ['a', 'f', '[1]'], 'The arguments are not a JSON object.'],
    ['arguments that do not fit the schema', ['a', 'f', { city: 1 }], 'city:'],
  ] as const)('%s: the model is told', async (_name, call, output) => {
    const run = vi.fn()
    const f = { parameters: z.object({ city: z.string() }), run }
    expect(await resultsOf([call], { f })).toMatchObject([
      { isError: true, output: expect.stringContaining(output) },
    ])
    expect(run).not.toHaveBeenCalled()
  })

  test('validated arguments are what the schema makes of them', async () => {
    const run = vi.fn((input: { at: Date }) => input.at.getTime())
    const f = tool({
      parameters: z.object({ at: z.string().transform((text) => new Date(text)) }),
      run,
    })
    const at = '1970-01-01T00:00:01.000Z'
    expect(await resultsOf([['a', 'f', { at }]], { f })).toMatchObject([{ output: 1000 }])
  })

  test('a plain JSON Schema has a function of its own to check arguments', async () => {
    const f = {
      parameters,
      validate: (input: { n?: number }) => {
        if (input.n === undefined) throw new Error('n is missing.')
        return input.n
      },
      run: (n: number) => n + 1,
    }
    expect(
      await resultsOf(
        [
          ['a', 'f', { n: 1 }],
          ['b', 'f', {}],
        ],
        { f },
      ),
    ).toMatchObject([
      { id: 'b', output: 'The arguments are invalid: n is missing.', isError: true },
      { id: 'a', output: 2 },
    ])
  })
})

describe('a tool that takes too long', () => {
  test('is told by its signal, and its call fails', async () => {
    const aborted = vi.fn()
    const f = tool({
      parameters,
      run: (_input, { signal }) =>
        new Promise<never>(() => signal.addEventListener('abort', () => aborted(signal.reason))),
    })
    expect(await resultsOf([['a', 'f']], { f }, { timeout: { toolMs: 20 } })).toMatchObject([
      { isError: true, output: 'The tool took too long.' },
    ])
    expect(aborted).toHaveBeenCalledWith(expect.objectContaining({ code: 'timeout' }))
  })

  test('is not known to have run, if it may run once only', async () => {
    const f = { parameters, once: true, run: () => new Promise<never>(() => {}) }
    const timeout = { toolMs: 20 }
    expect(await resultsOf([['a', 'f']], { f }, { timeout })).toMatchObject([
      { isError: true, output: expect.stringContaining('not known') },
    ])
    const onUncertain = vi.fn(() => ({ output: 'It was paid.' }))
    expect(await resultsOf([['a', 'f']], { f }, { timeout, onUncertain })).toMatchObject([
      { output: 'It was paid.' },
    ])
    expect(onUncertain).toHaveBeenCalledWith(expect.objectContaining({ id: 'a', name: 'f' }))
  })

  test('does not count against the limits of the model', async () => {
    const run = () => new Promise((resolve) => setTimeout(resolve, 60))
    const timeout = { firstChunkMs: 20, chunkMs: 20, silenceMs: 20 }
    expect(await resultsOf([['a', 'f']], { f: { parameters, run } }, { timeout })).toHaveLength(1)
  })

  test('counts against the limit of the whole stream', async () => {
    const run = () => new Promise<never>(() => {})
    const { error } = await turn([calling(['a', 'f'])], {
      tools: { f: { parameters, run } },
      timeout: 30,
    })
    expect(error.error).toMatchObject({ code: 'timeout' })
  })
})

describe('a stream that ends while tools run', () => {
  async function stopped(tools: Record<string, object>) {
    const { driver, requests } = playing(calling(['a', 'f'], ['b', 'g']), saying('Never.'))
    const controller = new AbortController()
    const { signal } = controller
    const events: StreamEvent[] = []
    const started = gate()
    const reading = collect(
      createStream({
        driver,
        prompt: 'Hi',
        tools: tools as never,
        signal,
        onToolStart: ({ call }) => call.id === 'b' && started.resolve(0),
      }),
    )
    await started.promise
    controller.abort()
    events.push(...(await reading))
    return readTurn(events, requests)
  }

  test('aborts their signals, and asks the model nothing more', async () => {
    const reasons: unknown[] = []
    const run = (_input: object, { signal }: { signal: AbortSignal }) =>
      new Promise<never>(() => signal.addEventListener('abort', () => reasons.push(signal.reason)))
    const { error, requests } = await stopped({ f: { parameters, run }, g: { parameters, run } })
    expect(error.error.code).toBe('aborted')
    expect(reasons).toHaveLength(2)
    expect(requests).toHaveLength(1)
  })

  test('says of a tool that may run once only that it is not known whether it ran', async () => {
    const run = () => new Promise<never>(() => {})
    const { parts } = await stopped({ f: { parameters, run, once: true }, g: { parameters, run } })
    expect(parts).toEqual([
      { type: 'tool-call', id: 'a', name: 'f', input: {} },
      { type: 'tool-call', id: 'b', name: 'g', input: {} },
      {
        type: 'tool-result',
        id: 'a',
        name: 'f',
        output: expect.stringContaining('not known'),
        isError: true,
      },
    ])
  })

  test('keeps the results that the reader has not taken', async () => {
    const gates: Record<string, PromiseWithResolvers<unknown>> = { a: gate(), b: gate(), c: gate() }
    const bEnded = gate()
    const { driver } = playing(calling(['a', 'f'], ['b', 'f'], ['c', 'f']), saying('Never.'))
    const f = tool({ parameters, run: (_input, { id }) => gates[id]?.promise })
    const stream = createStream({
      driver,
      prompt: 'Hi',
      tools: { f },
      onToolEnd: ({ call }) => call.id === 'b' && bEnded.resolve(0),
    })
    gates.a?.resolve('paid')
    const events: StreamEvent[] = []
    for await (const event of stream) {
      events.push(event)
      if (event.type !== 'content' || event.kind !== 'tool-result') continue
      // The reader rests on the first result, while the second comes.
      gates.b?.resolve('sent')
      await bEnded.promise
      await new Promise((resolve) => setImmediate(resolve))
      stream.cancel()
    }
    expect(readTurn(events, []).parts.slice(3)).toEqual([
      { type: 'tool-result', id: 'a', name: 'f', output: 'paid' },
      { type: 'tool-result', id: 'b', name: 'f', output: 'sent' },
    ])
  })
})
