import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Completion, Driver } from '../../../src/base/driver.js'
import type { ErrorEvent, RetryEvent, StreamEvent } from '../../../src/base/events.js'
import {
  createStream,
  fallback,
  hedge,
  retry,
  StreamError,
  type StreamErrorCode,
  type StreamOptions,
  timeout,
} from '../../../src/entries/index.js'
import { collect, outline } from '../../support/collect.js'
import { counted, named } from '../../support/drivers.js'

const network = new StreamError('network', 'a: The socket broke.', { provider: 'a' })
const busy = new StreamError('overloaded', 'b: Busy.', { provider: 'b', status: 529 })

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

async function run(driver: Driver, options: Partial<StreamOptions> = {}): Promise<StreamEvent[]> {
  const events = collect(createStream({ driver, prompt: 'p', retry: false, ...options }))
  await vi.runAllTimersAsync()
  return events
}

function retries(events: readonly StreamEvent[]): RetryEvent[] {
  return events.filter((event) => event.type === 'retry')
}

describe('fallback()', () => {
  test('fallback() behaves like its first driver while that succeeds', async () => {
    const second = counted(named('b', ['b']))
    const driver = fallback(named('a', ['Hi']), second)
    expect(driver).toMatchObject({ provider: 'a', model: 'a-model' })
    const events = await run(driver)
    expect(outline(events)).toEqual(['start', 'text Hi', 'complete Hi'])
    expect(events[0]).toMatchObject({ provider: 'a', model: 'a-model' })
    expect(events.at(-1)).toMatchObject({ provider: 'a', model: 'a-model', attempts: 1 })
    expect(second.asked).toEqual([])
  })

  test('fallback() calls the next driver at once after a failure before content, and announces it', async () => {
    const events = await run(fallback(named('a', [network]), named('b', ['Hi'])))
    expect(events.slice(1)).toEqual([
      {
        type: 'retry',
        attempt: 2,
        maxAttempts: 2,
        delayMs: 0,
        mode: 'restart',
        provider: 'b',
        model: 'b-model',
        error: network,
      },
      expect.objectContaining({ type: 'content', text: 'Hi' }),
      expect.objectContaining({ type: 'complete', text: 'Hi', provider: 'b', model: 'b-model' }),
    ])
  })

  test('fallback() calls the next driver after a failure after content, which is discarded', async () => {
    const events = await run(fallback(named('a', ['Hel', network]), named('b', ['Hello'])))
    expect(outline(events)).toEqual([
      'start',
      'text Hel',
      'retry 2/2 restart network',
      'text Hello',
      'complete Hello',
    ])
  })

  const codes: StreamErrorCode[] = [
    'timeout',
    'network',
    'interrupted',
    'rate-limit',
    'quota',
    'overloaded',
    'server',
    'auth',
    'permission',
    'not-found',
    'invalid-request',
    'context-length',
    'content-filter',
    'protocol',
    'unknown',
  ]
  test.each(codes)('fallback() calls the next driver after %s', async (code) => {
    const error = new StreamError(code, 'It failed.')
    const events = await run(fallback(named('a', [error]), named('b', ['Hi'])))
    expect(outline(events).at(-1)).toBe('complete Hi')
  })

  test('fallback() does not call the next driver after aborted', async () => {
    const second = counted(named('b', ['Hi']))
    const aborted = new StreamError('aborted', 'Enough.')
    const events = await run(fallback(named('a', ['x', aborted]), second))
    expect(outline(events)).toEqual(['start', 'text x', 'error aborted'])
    expect(second.asked).toEqual([])
  })

  test('fallback() calls no further driver after the reader has disconnected, and ends the current one', async () => {
    const first = counted(named('a', ['x', { hang: true }]))
    const second = counted(named('b', ['Hi']))
    const stream = createStream({ driver: fallback(first, second), prompt: 'p' })
    for await (const event of stream) if (event.type === 'content') break
    expect(first.open()).toBe(0)
    expect(second.asked).toEqual([])
  })

  test('fallback() calls all drivers in order, with increasing attempt numbers', async () => {
    const driver = fallback(named('a', [network]), named('b', ['x', busy]), named('c', ['Hi']))
    const events = await run(driver)
    expect(outline(events)).toEqual([
      'start',
      'retry 2/3 restart network',
      'text x',
      'retry 3/3 restart overloaded',
      'text Hi',
      'complete Hi',
    ])
    expect(events.at(-1)).toMatchObject({ provider: 'c', attempts: 3 })
  })

  test('fallback() with one driver behaves like that driver', async () => {
    expect((await run(fallback(named('a', [network])))).at(-1)).toMatchObject({ error: network })
  })

  test('a failed fallback reports the last error, with the others in its cause', async () => {
    const broken = new StreamError('auth', 'b: Bad key.', { status: 401, provider: 'b' })
    const events = await run(fallback([named('a', [network]), named('b', [broken])]))
    const { error } = events.at(-1) as ErrorEvent
    expect(error).toMatchObject({ code: 'auth', status: 401, provider: 'b' })
    expect(error.message).toBe('b: Bad key. (before that: a: The socket broke.)')
    expect(error.cause).toBeInstanceOf(AggregateError)
    expect((error.cause as AggregateError).errors).toEqual([network, broken])
    expect(JSON.stringify(error)).not.toContain('socket')
  })

  test('a failed fallback is retryable if one of its errors is, after the shortest wait', async () => {
    const later = (retryAfterMs: number) =>
      new StreamError('rate-limit', 'Later.', { retryAfterMs })
    const broken = new StreamError('auth', 'Bad key.')
    const errorOf = async (...errors: StreamError[]) => {
      const driver = fallback(errors.map((error) => named('x', [error])))
      return ((await run(driver)).at(-1) as ErrorEvent).error
    }
    expect(await errorOf(later(9000), later(4000))).toMatchObject({ retryAfterMs: 4000 })
    expect(await errorOf(later(9000), broken)).toMatchObject({
      code: 'auth',
      retryable: true,
      retryAfterMs: 9000,
    })
    expect(await errorOf(later(9000), busy)).not.toHaveProperty('retryAfterMs')
    expect(await errorOf(broken, broken)).toMatchObject({ retryable: false })
  })

  test('shouldFallback receives the error and the driver that failed', async () => {
    const shouldFallback = vi.fn((error: StreamError) => error.retryable)
    const a = named('a', [network])
    const refused = new StreamError('invalid-request', 'Odd.')
    const b = named('b', [refused])
    const events = await run(fallback([a, b, named('c', ['Hi'])], { shouldFallback }))
    expect(outline(events)).toEqual(['start', 'retry 2/3 restart network', 'error invalid-request'])
    expect(shouldFallback.mock.calls).toEqual([
      [network, a],
      [refused, b],
    ])
  })

  test('an error that shouldFallback throws ends the stream', async () => {
    const shouldFallback = () => {
      throw new RangeError('my bug')
    }
    const events = await run(fallback([named('a', [network]), named('b', [])], { shouldFallback }))
    expect(events.at(-1)).toMatchObject({ error: { code: 'unknown', message: 'my bug' } })
  })

  test('each driver of a fallback has its own timeouts, so one that stalls does not end the stream', async () => {
    const first = counted(named('a', [{ hang: true }]))
    const driver = fallback(first, named('b', [{ waitMs: 90 }, 'Hi', { waitMs: 40 }, '!']))
    const began = performance.now()
    const events = await run(driver, { timeout: { firstChunkMs: 100, chunkMs: 50 } })
    expect(outline(events)).toEqual([
      'start',
      'retry 2/2 restart timeout',
      'text Hi',
      'text !',
      'complete Hi!',
    ])
    expect(retries(events)[0]?.error).toMatchObject({ provider: 'a' })
    expect(first.open()).toBe(0)
    expect(performance.now() - began).toBeLessThan(100 * 1.25 + 90 + 40 + 10)
  })

  test('totalMs limits a fallback with all of its drivers', async () => {
    const second = counted(named('b', [{ hang: true }]))
    const driver = fallback(named('a', [{ hang: true }]), second)
    const events = await run(driver, { timeout: { firstChunkMs: 100, totalMs: 180 } })
    expect(outline(events)).toEqual(['start', 'retry 2/2 restart timeout', 'error timeout'])
    expect(events.at(-1)).toMatchObject({ error: { retryable: false } })
    expect(second.open()).toBe(0)
  })

  test('fallback() calls the next driver after the totalMs of an inner timeout()', async () => {
    const slow = timeout(named('a', ['x', { hang: true }]), { totalMs: 100 })
    const events = await run(fallback(slow, named('b', ['Hi'])))
    expect(outline(events).slice(1)).toEqual([
      'text x',
      'retry 2/2 restart timeout',
      'text Hi',
      'complete Hi',
    ])
  })

  test('fallback() reports the usage of failed attempts', async () => {
    const wasting: Driver = {
      ...named('a', []),
      async *stream() {
        yield { type: 'content', kind: 'text', index: 0, text: '12345678' }
        throw network
      },
    }
    const events = await run(fallback(wasting, named('b', ['Hi'])))
    expect(events.at(-1)).toMatchObject({ wasted: { outputTokens: 2, estimated: true } })
  })

  test('fallback() continues answers in the way that all of its drivers support', () => {
    const taking = (continuation: 'prefill' | 'request' | 'none' | undefined): Driver =>
      continuation === undefined
        ? named('x', [])
        : { ...named('x', []), continuation: () => continuation }
    const common = (...drivers: Driver[]) => fallback(drivers).continuation?.({ prompt: 'p' })
    expect(common(taking('prefill'), taking('prefill'))).toBe('prefill')
    expect(common(taking('prefill'), taking(undefined))).toBe('request')
    expect(common(taking('prefill'), taking('none'), taking('request'))).toBe('none')
    expect(hedge(taking('prefill'), taking('none'), { afterMs: 1 }).continuation?.({})).toBe('none')
  })

  test('fallback() can be read as a generator', async () => {
    const driver = fallback(named('a', ['x', network]), named('b', ['Hi']))
    const own: Driver = {
      provider: 'own',
      model: 'm',
      async *stream(request, context): ReturnType<Driver['stream']> {
        return yield* driver.stream(request, context)
      },
    }
    const events = await run(retry(own))
    expect(outline(events)).toEqual([
      'start',
      'text x',
      'retry 2/2 restart network',
      'text Hi',
      'complete Hi',
    ])
    expect(events.at(-1)).toMatchObject({ provider: 'b', attempts: 2 } satisfies Partial<
      Completion & { attempts: number }
    >)
  })
})

describe('fallback() and hedge() with invalid arguments', () => {
  const a = named('a', [])
  const cases: [string, () => unknown, string][] = [
    ['no driver', () => fallback([]), '"fallback" is []'],
    ['no driver in a list', () => fallback([a, undefined as never]), '"fallback[1]" is undefined'],
    [
      'options after drivers',
      () => fallback(a, { shouldFallback: () => true } as never),
      '"fallback[1]" is {}. Allowed: a driver, such as openai({ model }); options come after a list of drivers',
    ],
    ['a misspelt option', () => fallback([a], { breakers: 1 } as never), 'fallback.breakers'],
    [
      'a shouldFallback that is not a function',
      () => fallback([a], { shouldFallback: true as never }),
      'shouldFallback',
    ],
    [
      'one breaker for all',
      () => fallback([a], { breaker: { execute() {} } as never }),
      '"fallback.breaker" is {}. Allowed: a function that makes one for each driver',
    ],
    ['no breaker', () => fallback([a], { breaker: () => ({}) as never }), 'execute()'],
    ['no options', () => fallback([a], null as never), 'an object'],
    [
      'hedge() with one driver',
      () => hedge(a, { afterMs: 1 } as never, undefined as never),
      'hedge[1]',
    ],
    ['hedge() without options', () => hedge(a, a, undefined as never), 'an object with afterMs'],
    ['hedge() without afterMs', () => hedge(a, a, {} as never), 'hedge.afterMs'],
    [
      'hedge() with an invalid afterMs',
      () => hedge(a, a, { afterMs: -1 }),
      '"hedge.afterMs" is -1',
    ],
    ['hedge() with a misspelt option', () => hedge(a, a, { after: 1 } as never), 'hedge.after'],
  ]
  test.each(cases)('a TypeError is thrown for %s', (_name, create, words) => {
    expect(create).toThrow(TypeError)
    expect(create).toThrow(words)
  })
})
