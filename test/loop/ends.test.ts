import { getEventListeners } from 'node:events'
import {
  createStream,
  type Message,
  StreamError,
  type StreamOptions,
  ToolError,
  tool,
} from 'sluice'
import { compatible } from 'sluice/compatible'
import type { Driver } from 'sluice/driver'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Accumulator } from '../../src/base/accumulator.js'
import type { StreamEvent } from '../../src/base/events.js'
import { openStream } from '../../src/core/create-stream.js'
import { collect } from '../support/collect.js'
import { calling, parameters, playing, readTurn, saying, turn, usage } from '../support/turns.js'

const signingKey = 'a key of at least sixteen characters'
const ok = tool({ parameters, run: () => 'ok' })
const never = () => new Promise<never>(() => {})
const soon = () => new Promise((resolve) => setImmediate(resolve))

const unhandled = vi.fn()
beforeEach(() => {
  unhandled.mockClear()
  process.on('unhandledRejection', unhandled)
})
afterEach(async () => {
  await soon()
  process.off('unhandledRejection', unhandled)
  expect(unhandled.mock.calls).toEqual([])
})

/** Reads until something is shown, and cancels then. */
async function cancelledAt(
  stream: ReturnType<typeof createStream>,
  isIt: (event: StreamEvent) => boolean,
) {
  const events: StreamEvent[] = []
  for await (const event of stream) {
    events.push(event)
    if (!isIt(event)) continue
    await soon()
    stream.cancel()
  }
  return readTurn(events, [])
}

const isResult = (event: StreamEvent) => event.type === 'content' && event.kind === 'tool-result'

describe('a turn that is cancelled', () => {
  test('leaves no preliminary result behind that passes for the result', async () => {
    const f = tool({
      parameters,
      async *run() {
        yield 'half'
        await never()
      },
    })
    const { driver } = playing(calling(['a', 'f']))
    const stream = createStream({ driver, prompt: 'Hi', tools: { f } })
    const { parts } = await cancelledAt(stream, isResult)
    expect(parts).toEqual([{ type: 'tool-call', id: 'a', name: 'f', input: {} }])
  })

  test('runs a call again whose preliminary result a reader sends back', async () => {
    const run = vi.fn(() => 'whole')
    const messages: Message[] = [
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        id: 'm',
        content: [
          { type: 'tool-call', id: 'a', name: 'f', input: {} },
          { type: 'tool-result', id: 'a', name: 'f', output: 'half', preliminary: true },
        ],
      },
    ]
    const { parts } = await turn([saying('Done.')], { tools: { f: { parameters, run } }, messages })
    expect(run).toHaveBeenCalledTimes(1)
    expect(parts).toMatchObject([{ output: 'whole' }, { text: 'Done.' }])
  })

  test('shows a preliminary result as such while it runs', () => {
    const answer = new Accumulator()
    const event = { type: 'content', index: 0, kind: 'tool-result', id: 'a', name: 'f' } as const
    answer.add({ ...event, output: 1, preliminary: true })
    expect(answer.message().content).toMatchObject([{ output: 1, preliminary: true }])
    answer.add({ ...event, output: 2 })
    expect(answer.message().content).toEqual([
      { type: 'tool-result', id: 'a', name: 'f', output: 2 },
    ])
  })

  test('keeps the seals of its calls, also those that the reader has not received', async () => {
    const { driver } = playing(calling(['a', 'f'], ['b', 'f']))
    const tools = { f: { parameters, run: never } }
    const stream = createStream({ driver, prompt: 'Hi', tools, signingKey })
    const isSeal = (event: StreamEvent) => event.type === 'content' && 'seal' in event
    const { events, parts } = await cancelledAt(stream, isSeal)
    expect(events.filter(isSeal)).toHaveLength(1)
    expect(parts).toMatchObject([{ seal: expect.any(String) }, { seal: expect.any(String) }])
    expect(parts[0]).not.toHaveProperty('error')
  })

  test('keeps the result of a run that has ended before its end was reported', async () => {
    const f = tool({ parameters, run: () => 'paid' })
    const { driver } = playing(calling(['a', 'f']))
    const stream: ReturnType<typeof createStream> = createStream({
      driver,
      prompt: 'Hi',
      tools: { f },
      onToolEnd: () => stream.cancel(),
    })
    const { parts } = readTurn(await collect(stream), [])
    expect(parts).toMatchObject([{ id: 'a' }, { id: 'a', output: 'paid' }])
  })

  test.each([
    ['beforeStep', { beforeStep: never }],
    ['approve', { tools: { f: { parameters, run: vi.fn(), approve: never } } }],
    ['validate', { tools: { f: { parameters, run: vi.fn(), validate: never } } }],
  ] as [string, Partial<StreamOptions>][])(
    'ends at once although %s never settles',
    async (_name, options) => {
      const { driver } = playing(calling(['a', 'f']))
      const stream = createStream({ driver, prompt: 'Hi', maxSteps: 3, ...options })
      const reading = collect(stream)
      for (let count = 0; count < 5; count++) await soon()
      stream.cancel()
      expect((await reading).at(-1)).toMatchObject({ error: { code: 'aborted' } })
    },
  )

  test.each(['break', 'cancel', 'abort', 'time limit'] as const)(
    'aborts its tools and leaves nothing behind: %s',
    async (how) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
      const signals: AbortSignal[] = []
      const f = tool({
        parameters,
        async *run(_input, { signal }) {
          signals.push(signal)
          yield 'begun'
          await never()
        },
      })
      const { driver, requests } = playing(calling(['a', 'f'], ['b', 'f']))
      const controller = new AbortController()
      const { signal } = controller
      const timeout = how === 'time limit' ? { totalMs: 50 } : {}
      const stream = createStream({ driver, prompt: 'Hi', tools: { f }, signal, timeout })
      let shown = 0
      for await (const event of stream) {
        if (!isResult(event) || ++shown < 2) continue
        if (how === 'break') break
        if (how === 'cancel') stream.cancel()
        if (how === 'abort') controller.abort()
        if (how === 'time limit') vi.advanceTimersByTime(60)
      }
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
      await soon()
      expect(vi.getTimerCount()).toBe(0)
      vi.useRealTimers()
      expect(getEventListeners(signal, 'abort')).toHaveLength(0)
      expect(requests).toHaveLength(1)
    },
  )

  test('ignores what its tools return afterwards', async () => {
    const late = Promise.withResolvers<string>()
    const { driver, requests } = playing(calling(['a', 'f']))
    const started = Promise.withResolvers<void>()
    const stream = createStream({
      driver,
      prompt: 'Hi',
      tools: { f: { parameters, run: () => late.promise } },
      onToolStart: () => started.resolve(),
    })
    const reading = collect(stream)
    await started.promise
    await soon()
    stream.cancel()
    late.resolve('too late')
    const events = await reading
    await soon()
    expect(events.filter(isResult)).toEqual([])
    expect(requests).toHaveLength(1)
  })
})

describe('a step that ends', () => {
  const providerBlock = {
    type: 'content',
    index: 0,
    kind: 'provider',
    name: 'server_tool',
    origin: 'scripted',
    data: {},
  } as const

  test('with tool-calls but without a call ends the turn, and does not spin', async () => {
    const script = [providerBlock, { finishReason: 'tool-calls', usage } as const]
    const { complete, requests } = await turn([script, script], { tools: { ok } })
    expect(requests).toHaveLength(1)
    expect(complete).toMatchObject({ type: 'complete', finishReason: 'tool-calls' })
    expect(complete.waiting).toBeUndefined()
  })

  test.each(['stop', 'pause'] as const)(
    'with %s although it calls tools runs them',
    async (end) => {
      const script = [calling(['a', 'ok'])[0] as never, { finishReason: end, usage } as const]
      const { complete, requests } = await turn([script, saying('Done.')], { tools: { ok } })
      expect(requests).toHaveLength(2)
      expect(complete).toMatchObject({ finishReason: 'stop', text: 'Done.' })
      expect(complete.message.content).toHaveLength(3)
    },
  )

  test('with calls of the client at the last step hands them to the client', async () => {
    const pickDate = tool({ parameters })
    const scripts = [calling(['a', 'pickDate'], ['b', 'ok'], ['c', 'unknown'])]
    const { complete } = await turn(scripts, { tools: { pickDate, ok }, maxSteps: 1 })
    expect(complete.waiting).toMatchObject([
      { id: 'a', for: 'client' },
      { id: 'b', for: 'steps' },
      { id: 'c', for: 'steps' },
    ])
  })

  test('by another driver is reported under its name', async () => {
    const other = playing(saying('Hi'))
    const driver: Driver = { ...other.driver, provider: 'other', model: 'small' }
    const { complete } = await turn([calling(['a', 'ok'])], {
      tools: { ok },
      beforeStep: ({ step }) => (step === 2 ? { driver } : undefined),
    })
    expect(complete).toMatchObject({ provider: 'other', model: 'small' })
    expect(complete.steps?.map(({ model }) => model)).toEqual(['script', 'small'])
  })

  test('whole, but is read too slowly for the time limit, is complete', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const bodies = [
      '{"tool_calls":[{"index":0,"id":"a","function":{"name":"ok","arguments":"{}"}}]}',
      '{"content":"All done."}',
    ]
    // The whole answer is one network chunk.
    const fetch = async () => {
      const delta = bodies.shift()
      const reason = bodies.length > 0 ? 'tool_calls' : 'stop'
      const data = `data: {"choices":[{"delta":${delta},"finish_reason":"${reason}"}]}`
      const headers = { 'content-type': 'text/event-stream' }
      return new Response(`${data}\n\ndata: [DONE]\n\n`, { headers })
    }
    const driver = compatible({ model: 'm', apiKey: 'k', baseURL: 'http://x.test/v1', fetch })
    const stream = createStream({ driver, prompt: 'Hi', tools: { ok }, timeout: 1_000 })
    const events: StreamEvent[] = []
    for await (const event of stream) {
      events.push(event)
      if (event.type === 'content' && event.kind === 'text') vi.advanceTimersByTime(2_000)
    }
    vi.useRealTimers()
    expect(events.at(-1)).toMatchObject({
      type: 'complete',
      text: 'All done.',
      finishReason: 'stop',
      steps: [{ calls: [{ output: 'ok' }] }, { text: 'All done.' }],
    })
  })
})

describe('a turn whose own functions fail', () => {
  const timeout = { toolMs: 10 }

  test('goes on with what is known if onUncertain throws', async () => {
    const { complete, parts } = await turn([calling(['a', 'f']), saying('Done.')], {
      tools: { f: { parameters, once: true, run: never } },
      timeout,
      onUncertain: () => {
        throw new Error('No database.')
      },
    })
    expect(complete.type).toBe('complete')
    expect(parts[1]).toMatchObject({ isError: true, output: expect.stringContaining('not known') })
  })

  test('treats an answer of approve that is no boolean as a failure', async () => {
    const run = vi.fn()
    const heard: unknown[] = []
    function* approve() {
      yield true
    }
    for (const wrong of [approve, () => undefined, () => 'no']) {
      const { parts } = await turn([calling(['a', 'f']), saying('Done.')], {
        tools: { f: { parameters, run, approve: wrong as never } },
        onToolEnd: ({ error }) => heard.push(error),
      })
      expect(parts[1]).toMatchObject({ isError: true, output: 'The tool failed.' })
    }
    expect(run).not.toHaveBeenCalled()
    expect(heard).toMatchObject([TypeError, TypeError, TypeError].map(({ name }) => ({ name })))
  })

  test.each([
    [{ message: [] }, 'Unknown option "beforeStep.message"'],
    [{ messages: [{ role: 'user', text: 'Hi' }] }, 'messages[0]'],
    [{ tools: { f: { schema: {} } } }, 'f'],
    [{ driver: 'gpt' }, 'beforeStep.driver'],
  ])('names what beforeStep must not return: %j', async (changes, words) => {
    const { error, requests } = await turn([saying('Hi')], {
      maxSteps: 2,
      beforeStep: () => changes as never,
    })
    expect(error.error.message).toContain(words)
    expect(requests).toHaveLength(0)
  })

  test('lets beforeStep leave out fields by undefined', async () => {
    const { complete, requests } = await turn([saying('Hi')], {
      maxSteps: 2,
      beforeStep: () => ({ messages: undefined, driver: undefined }) as never,
    })
    expect(complete.text).toBe('Hi')
    expect(requests[0]?.messages).toHaveLength(1)
  })

  test.each(['started', 'ended'] as const)(
    'lets the other runs end and keeps their results if the ledger fails: %s',
    async (where) => {
      const { driver, requests } = playing(calling(['a', 'f'], ['b', 'f']))
      const fail = (on: typeof where, { id }: { id: string }): true => {
        if (on === where && id === 'a') throw new StreamError('store', 'No disk.')
        return true
      }
      const ledger = {
        find: () => undefined,
        started: (run: { id: string }) => fail('started', run),
        ended: (run: { id: string }) => void fail('ended', run),
      }
      const run = vi.fn(async (_input: object, { id }: { id: string }) => {
        if (id === 'b') for (let count = 0; count < 3; count++) await soon()
        return `did ${id}`
      })
      const stream = openStream(
        { driver, prompt: 'Hi', tools: { f: { parameters, run } } },
        {
          stored: { conversationId: 'c', trusted: true, ledger },
          begun: Promise.resolve(true),
          begin: async (request) => request,
          end: async (end) => end,
        },
      )
      const { error, parts } = readTurn(await collect(stream), requests)
      expect(error.error).toMatchObject({ code: 'store' })
      const outputs = parts.slice(2).map((part) => (part as { output: string }).output)
      expect(outputs.toSorted()).toEqual(where === 'ended' ? ['did a', 'did b'] : ['did b'])
      expect(run).toHaveBeenCalledTimes(outputs.length)
    },
  )
})

describe('what a tool gives that is odd', () => {
  async function outputOf(run: (...given: never[]) => unknown, more: object = {}) {
    const f = { parameters, run, ...more } as never
    const { parts } = await turn([calling(['a', 'f', { list: [1] }]), saying('Done.')], {
      tools: { f },
    })
    return parts[1]
  }

  test('a method keeps its object', async () => {
    class Weather {
      parameters = parameters
      readonly #sky = 'clear'
      run() {
        return this.#sky
      }
      approve() {
        return this.#sky.length === 0
      }
    }
    const { parts } = await turn([calling(['a', 'f']), saying('Done.')], {
      tools: { f: new Weather() },
    })
    expect(parts[1]).toMatchObject({ output: 'clear' })
  })

  test('arguments that it changes stay as they were in the messages', async () => {
    const run = (input: { list: number[] }) => {
      input.list.push(2)
      return input.list
    }
    const { requests, complete } = await turn(
      [calling(['a', 'f', { list: [1] }]), saying('Done.')],
      { tools: { f: { parameters, run } } },
    )
    expect(requests[1]?.messages?.at(-1)).toMatchObject({
      content: [{ input: { list: [1] } }, { output: [1, 2] }],
    })
    expect(complete.steps?.[0]?.calls[0]).toMatchObject({ input: { list: [1] } })
  })

  test('a value that is nested too deeply for readers goes as text', async () => {
    let value: unknown = 1
    for (let depth = 0; depth < 2_000; depth++) value = [value]
    expect(await outputOf(() => value)).toMatchObject({ output: expect.stringMatching(/^\[\[\[/) })
  })

  test('a result of another copy of the package is one', async () => {
    const result = { output: 'red', content: [{ type: 'text', text: 'It is red.' }] }
    const copy = Object.defineProperty(result, Symbol.for('sluice.ToolResult'), { value: true })
    expect(await outputOf(() => copy)).toMatchObject(result)
  })

  test.each([
    ['no part', null],
    ['a part of another type', { type: 'audio', data: 'x' }],
    ['an image without data', { type: 'image' }],
  ])('content with %s is a failure', async (_name, part) => {
    const content = [part]
    const copy = Object.defineProperty({ content }, Symbol.for('sluice.ToolResult'), {
      value: true,
    })
    expect(await outputOf(() => copy)).toMatchObject({ isError: true, output: 'The tool failed.' })
  })

  test('a generator whose end throws does not hide why it was stopped', async () => {
    const f = {
      parameters,
      run: () => ({
        [Symbol.iterator]: () => undefined,
        next: () => never(),
        return: () => {
          throw new ToolError('A bug.')
        },
      }),
    }
    const { parts } = await turn([calling(['a', 'f']), saying('Done.')], {
      tools: { f: f as never },
      timeout: { toolMs: 10 },
    })
    expect(parts[1]).toMatchObject({ output: 'The tool took too long.' })
  })

  test('a tool by the name of __proto__ is a tool', async () => {
    const run = vi.fn(() => 'ok')
    const tools = JSON.parse('{"__proto__":{}}') as Record<string, unknown>
    Object.defineProperty(tools, '__proto__', {
      value: { parameters, run },
      enumerable: true,
      configurable: true,
      writable: true,
    })
    const { parts } = await turn([calling(['a', '__proto__']), saying('Done.')], {
      tools: tools as never,
    })
    expect(run).toHaveBeenCalledTimes(1)
    expect(parts[1]).toMatchObject({ output: 'ok' })
  })

  test('arguments that are nested too deeply are refused, and the turn goes on', async () => {
    const input = `{"a":${'['.repeat(3_000)}${']'.repeat(3_000)}}`
    const run = vi.fn()
    const { complete, parts } = await turn([calling(['a', 'f', input]), saying('Done.')], {
      tools: { f: { parameters, run } },
    })
    expect(run).not.toHaveBeenCalled()
    expect(complete).toMatchObject({ type: 'complete', text: 'Done.' })
    expect(parts[1]).toMatchObject({ isError: true })
  })
})
