import { describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { StreamEvent } from '../../src/base/events.js'
import { compatible } from '../../src/entries/compatible.js'
import { createConversation, memoryStore } from '../../src/entries/conversation.js'
import {
  createStream,
  fallback,
  hedge,
  retry,
  StreamError,
  type StreamHooks,
  type StreamOptions,
} from '../../src/entries/index.js'
import { scripted, simulatedProvider } from '../../src/entries/testing.js'
import { collect, outline } from '../support/collect.js'
import { named } from '../support/drivers.js'

const down = new StreamError('server', 'Down.')
const soon = { maxRetries: 2, minDelayMs: 0, maxDelayMs: 0 }

/** Reads a stream and records the calls of its hooks, in order. */
async function watch(driver: Driver, options: Partial<StreamOptions> = {}) {
  const told: { hook: string; about: Record<string, unknown> }[] = []
  const hear = (hook: string) => (about: object) => {
    told.push({ hook, about: { ...about } })
  }
  const hooks: Required<StreamHooks> = {
    onAttempt: hear('onAttempt'),
    onRetry: hear('onRetry'),
    onEnd: hear('onEnd'),
  }
  const stream = createStream({ driver, prompt: 'p', retry: soon, ...hooks, ...options })
  const events = await collect(stream)
  return { events, told }
}

const timing = { firstContentMs: expect.any(Number), durationMs: expect.any(Number) }

describe('hooks of a stream', () => {
  test('hooks receive each attempt, each retry and the end, with the id of the stream', async () => {
    const driver = scripted([
      [down],
      ['Hi', { finishReason: 'length', usage: { inputTokens: 3 }, responseId: 'r' }],
    ])
    const { events, told } = await watch(driver)
    const [start] = events
    const id = start?.type === 'start' ? start.id : ''
    const who = { provider: 'scripted', model: 'script' }
    expect(told).toEqual([
      { hook: 'onAttempt', about: { id, attempt: 1, ...who, request: { prompt: 'p' } } },
      {
        hook: 'onRetry',
        about: { id, attempt: 2, maxAttempts: 3, delayMs: 0, mode: 'restart', ...who, error: down },
      },
      { hook: 'onAttempt', about: { id, attempt: 2, ...who, request: { prompt: 'p' } } },
      {
        hook: 'onEnd',
        about: {
          id,
          ...who,
          attempts: 2,
          finishReason: 'length',
          responseId: 'r',
          usage: { inputTokens: 3 },
          timing,
        },
      },
    ])
  })

  test('hooks receive the next driver of a fallback, and the one that answered', async () => {
    const slow = named('a', [{ hang: true }])
    const broken = named('b', [down])
    const driver = fallback(broken, hedge(slow, named('c', ['Hi']), { afterMs: 0 }))
    const { told } = await watch(driver)
    const asked = told.flatMap(({ hook, about }) =>
      hook === 'onAttempt' ? [[about.attempt, about.provider, about.model].join(' ')] : [],
    )
    expect(asked).toEqual(['1 b b-model', '2 a a-model', '3 c c-model'])
    expect(told.at(-1)).toMatchObject({ hook: 'onEnd', about: { provider: 'c', attempts: 3 } })
  })

  test('onEnd receives an error with the usage of all attempts and the driver that was called last', async () => {
    const driver = fallback(named('a', ['12345678', down]), named('b', [down]))
    const { events, told } = await watch(driver, { retry: false })
    const last = events.at(-1)
    expect(told.at(-1)).toEqual({
      hook: 'onEnd',
      about: {
        id: expect.any(String),
        provider: 'b',
        model: 'b-model',
        attempts: 2,
        error: last?.type === 'error' ? last.error : undefined,
        usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3, estimated: true },
        timing,
      },
    })
  })

  test.each(['break', 'cancel', 'signal'])(
    'onEnd is called when the reader ends the stream by %s',
    async (how) => {
      const onEnd = vi.fn()
      const controller = new AbortController()
      const { signal } = controller
      const driver = scripted(['a', { hang: true }])
      const stream = createStream({ driver, prompt: 'p', onEnd, signal })
      for await (const event of stream) {
        if (event.type !== 'content') continue
        if (how === 'break') break
        if (how === 'cancel') stream.cancel()
        else controller.abort()
      }
      await Promise.resolve()
      expect(onEnd.mock.calls).toEqual([
        [expect.objectContaining({ error: expect.objectContaining({ code: 'aborted' }) })],
      ])
    },
  )

  test('onEnd is called for a stream that was cancelled before any driver was called', async () => {
    const hooks = { onAttempt: vi.fn(), onEnd: vi.fn() }
    const stream = createStream({ driver: scripted(['a']), prompt: 'p', ...hooks })
    stream.cancel()
    const [start] = await collect(stream)
    expect(hooks.onAttempt).not.toHaveBeenCalled()
    expect(hooks.onEnd.mock.calls).toEqual([
      [
        {
          id: start?.type === 'start' ? start.id : '',
          provider: 'scripted',
          model: 'script',
          attempts: 1,
          error: expect.objectContaining({ code: 'aborted' }),
          usage: {},
          timing: { firstContentMs: null, durationMs: 0 },
        },
      ],
    ])
  })

  test('onAttempt is called when the request is sent, not when the start is read', async () => {
    const onAttempt = vi.fn()
    const driver = scripted(['a'])
    const options = { driver, prompt: 'p', onAttempt, retry: false, timeout: false } as const
    const iterator = createStream(options)[Symbol.asyncIterator]()
    await iterator.next()
    await new Promise((resolve) => setImmediate(resolve))
    expect(onAttempt).not.toHaveBeenCalled()
    await iterator.next()
    expect(onAttempt).toHaveBeenCalledOnce()
    await iterator.return?.()
  })

  test('hooks are called before the reader receives the event', async () => {
    const order: string[] = []
    const driver = scripted([[down], ['a']])
    const stream = createStream({
      driver,
      prompt: 'p',
      retry: soon,
      onRetry: () => order.push('onRetry'),
      onEnd: () => order.push('onEnd'),
    })
    for await (const event of stream) if (event.type !== 'content') order.push(event.type)
    expect(order).toEqual(['start', 'onRetry', 'retry', 'onEnd', 'complete'])
  })

  test('hooks are not called for content, and may be undefined', async () => {
    const onAttempt = vi.fn()
    const steps = Array.from({ length: 1000 }, () => 'a')
    await collect(createStream({ driver: scripted(steps), prompt: 'p', onAttempt }))
    expect(onAttempt).toHaveBeenCalledOnce()
  })

  const failures: [string, () => unknown][] = [
    [
      'throw',
      () => {
        throw new Error('my bug')
      },
    ],
    ['reject', () => Promise.reject(new Error('my bug'))],
    ['never settle', () => new Promise(() => {})],
  ]
  test.each(failures)('hooks that %s do not affect the stream', async (_how, hook) => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    process.on('uncaughtException', unhandled)
    const driver = scripted([['x', down], ['Hi']])
    const hooks = { onAttempt: hook, onRetry: hook, onEnd: hook }
    const events = await collect(createStream({ driver, prompt: 'p', retry: soon, ...hooks }))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    process.off('uncaughtException', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
    expect(outline(events)).toEqual([
      'start',
      'text x',
      'retry 2/3 restart server',
      'text Hi',
      'complete Hi',
    ])
  })

  test('a hook may cancel the stream, which leaves nothing running', async () => {
    const provider = simulatedProvider({
      paceMs: 0,
      answer: { fault: { kind: 'stall', afterEvents: 0 } },
    })
    const server = await provider.listen()
    const leaf = compatible({ model: 'm', apiKey: 'k', baseURL: `${server.url}/v1` })
    const driver = retry(fallback(leaf, leaf))
    const stream = createStream({
      driver,
      prompt: 'p',
      onAttempt() {
        stream.cancel('too dear')
      },
    })
    expect(outline(await collect(stream))).toEqual(['start', 'error aborted'])
    for (const request of provider.requests) expect(await request.closed).toBe('aborted')
    await server.close()
  })

  test('hooks of a custom driver receive its single attempt and the retries that it yields', async () => {
    const inner = retry(scripted([[down], ['Hi']]), soon)
    const own: Driver = {
      provider: 'own',
      model: 'm',
      stream: (request, context) => inner.stream(request, context),
    }
    const { told } = await watch(own)
    expect(told.map(({ hook, about }) => `${hook} ${String(about.provider)}`)).toEqual([
      'onAttempt own',
      'onRetry scripted',
      'onEnd own',
    ])
  })

  test('hooks of a turn of a conversation receive the request to the model and the emitted end', async () => {
    const store = memoryStore()
    vi.spyOn(store, 'write').mockRejectedValue(new Error('The disk is full.'))
    const conversation = createConversation({ id: 'c', driver: scripted(['Hi']), store })
    const [onAttempt, onEnd] = [vi.fn(), vi.fn()]
    await collect(conversation.send('Hello?', { onAttempt, onEnd }))
    // The question cannot be stored, so the model is not asked.
    expect(onAttempt).not.toHaveBeenCalled()
    expect(onEnd.mock.calls).toEqual([
      [expect.objectContaining({ error: expect.objectContaining({ code: 'store' }) })],
    ])
  })

  test.each(['onAttempt', 'onRetry', 'onEnd'])('%s must be a function', (name) => {
    const create = (): AsyncIterable<StreamEvent> =>
      createStream({ driver: scripted([]), prompt: 'p', [name]: 'log' })
    expect(create).toThrow(`Option "${name}" is "log". Allowed: a function.`)
  })
})
