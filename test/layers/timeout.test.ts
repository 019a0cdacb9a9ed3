import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { StreamEvent } from '../../src/base/events.js'
import {
  createStream,
  retry,
  StreamError,
  type TimeoutOptions,
  timeout,
} from '../../src/entries/index.js'
import { scripted } from '../../src/entries/testing.js'
import { collect, outline } from '../support/collect.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

/** Reads a stream to its end, and returns its events and its duration. */
async function timed(driver: Driver, limits: number | TimeoutOptions) {
  const began = performance.now()
  let elapsed = 0
  const events = collect(createStream({ driver, prompt: 'p', retry: false, timeout: limits })).then(
    (all) => {
      elapsed = performance.now() - began
      return all
    },
  )
  await vi.runAllTimersAsync()
  return { events: await events, elapsed }
}

const retryEvent = {
  type: 'retry',
  attempt: 2,
  maxAttempts: 2,
  mode: 'restart',
  provider: 'p',
  model: 'm',
} as const

function messagesOf(events: readonly StreamEvent[]): string[] {
  return events.flatMap((event) => ('error' in event ? [event.error.message] : []))
}

/** Sends bytes without content every so often, as a server that pings does. */
function pinging(everyMs: number): Driver {
  const ping: Driver['stream'] = async function* (_request, context) {
    while (!context.signal.aborted) {
      context.onBytes()
      await new Promise((resolve) => setTimeout(resolve, everyMs))
      yield []
    }
    throw context.signal.reason
  }
  return { provider: 'p', model: 'm', stream: ping }
}

describe('timeouts fire after 1 to 1.25 times their value', () => {
  const cases: [string, Driver, TimeoutOptions, number, string[]][] = [
    [
      'firstChunkMs',
      scripted([{ hang: true }]),
      { firstChunkMs: 1000 },
      1000,
      ['start', 'error timeout'],
    ],
    [
      'chunkMs',
      scripted(['a', { hang: true }]),
      { chunkMs: 800 },
      800,
      ['start', 'text a', 'error timeout'],
    ],
    [
      'firstChunkMs despite pings',
      pinging(10),
      { firstChunkMs: 1000, silenceMs: 100 },
      1000,
      ['start', 'error timeout'],
    ],
    [
      'silenceMs after the first byte',
      pinging(5000),
      { silenceMs: 400 },
      400,
      ['start', 'error timeout'],
    ],
    [
      'totalMs',
      scripted(['a', { hang: true }]),
      { totalMs: 300 },
      300,
      ['start', 'text a', 'error timeout'],
    ],
  ]
  test.each(cases)(
    'the timeout of %s fires after 1 to 1.25 times its value',
    async (name, driver, options, value, expected) => {
      const { events, elapsed } = await timed(driver, options)
      expect(outline(events)).toEqual(expected)
      expect(elapsed).toBeGreaterThanOrEqual(value)
      expect(elapsed).toBeLessThanOrEqual(value * 1.25)
      const clock = name.split(' ')[0] as string
      expect(events.at(-1)).toMatchObject({
        error: {
          message: expect.stringContaining(`timeout.${clock}`),
          retryable: clock !== 'totalMs',
        },
      })
    },
  )
})

describe('timeouts of a stream', () => {
  test('timeouts do not end a stream that keeps sending, however long it takes', async () => {
    const steps = Array.from({ length: 50 }, () => [{ waitMs: 90 }, 'a']).flat()
    const { events } = await timed(scripted(steps), {
      firstChunkMs: 100,
      chunkMs: 100,
      silenceMs: 100,
    })
    expect(events.at(-1)?.type).toBe('complete')
  })

  test('timeouts do not run while the reader does not wait', async () => {
    const stream = createStream({
      driver: scripted(['a', 'b', 'c']),
      prompt: 'p',
      retry: false,
      timeout: { firstChunkMs: 100, chunkMs: 100, silenceMs: 100 },
    })
    const events: StreamEvent[] = []
    const reading = (async () => {
      for await (const event of stream) {
        events.push(event)
        await new Promise((resolve) => setTimeout(resolve, 60_000))
      }
    })()
    await vi.runAllTimersAsync()
    await reading
    expect(outline(events)).toEqual(['start', 'text a', 'text b', 'text c', 'complete abc'])
  })

  test('timeouts do not run when a layer has read ahead of a slow reader', async () => {
    const stream = createStream({
      driver: scripted(['a', { waitMs: 600 }, 'b']),
      prompt: 'p',
      retry: { holdBackMs: 10 },
      timeout: { firstChunkMs: 50, chunkMs: 50, silenceMs: 50 },
    })
    const events: StreamEvent[] = []
    const reading = (async () => {
      for await (const event of stream) {
        events.push(event)
        await new Promise((resolve) => setTimeout(resolve, 60_000))
      }
    })()
    await vi.runAllTimersAsync()
    await reading
    expect(outline(events)).toEqual(['start', 'text a', 'text b', 'complete ab'])
  })

  test('timeouts do not count the time in which the process was paused', async () => {
    const driver = scripted([{ waitMs: 700 }, 'a'])
    const limits = { firstChunkMs: 1000, chunkMs: 1000, silenceMs: 1000 }
    const events = collect(createStream({ driver, prompt: 'p', retry: false, timeout: limits }))
    await vi.advanceTimersByTimeAsync(500)
    // All timers are late by this much, as after a long computation or a halt in the debugger.
    const now = performance.now.bind(performance)
    const late = vi.spyOn(performance, 'now').mockImplementation(() => now() + 60_000)
    await vi.runAllTimersAsync()
    late.mockRestore()
    expect(outline(await events)).toEqual(['start', 'text a', 'complete a'])
  })

  test('the timeout of an attempt is retryable, and that of the whole stream is not', async () => {
    const script: Parameters<typeof scripted>[0] = [[{ hang: true }], ['a']]
    const run = async (limits: TimeoutOptions) => {
      const events = collect(
        createStream({ driver: scripted(script), prompt: 'p', timeout: limits }),
      )
      await vi.runAllTimersAsync()
      return outline(await events)
    }
    expect(await run({ firstChunkMs: 100 })).toEqual([
      'start',
      'retry 2/3 restart timeout',
      'text a',
      'complete a',
    ])
    expect(await run({ totalMs: 100 })).toEqual(['start', 'error timeout'])
  })

  test('timeouts end a driver that ignores its signal', async () => {
    const stream: Driver['stream'] = async function* () {
      yield []
      return await new Promise<never>(() => {})
    }
    const deaf: Driver = { provider: 'p', model: 'm', stream }
    const { events } = await timed(deaf, { firstChunkMs: 100 })
    expect(outline(events)).toEqual(['start', 'error timeout'])
  })

  test('a reader that returns after totalMs receives the timeout', async () => {
    const stream = createStream({ driver: scripted(['a', 'b']), prompt: 'p', timeout: 100 })
    const iterator = stream[Symbol.asyncIterator]()
    await iterator.next()
    await iterator.next()
    await vi.advanceTimersByTimeAsync(200)
    expect((await iterator.next()).value).toMatchObject({
      type: 'error',
      error: { code: 'timeout' },
    })
  })

  test('timeouts around retries restart with each attempt', async () => {
    const stalling = scripted([['a', { hang: true }], [{ hang: true }], ['b']])
    const driver = timeout(retry(stalling, { minDelayMs: 5000 }), {
      firstChunkMs: 300,
      chunkMs: 100,
    })
    const { events } = await timed(driver, { totalMs: 60_000 })
    expect(outline(events)).toEqual([
      'start',
      'text a',
      'retry 2/3 restart timeout',
      'retry 3/3 restart timeout',
      'text b',
      'complete b',
    ])
    expect(messagesOf(events)).toEqual([
      'scripted: No more content came for 100 ms (timeout.chunkMs).',
      'scripted: No content came for 300 ms (timeout.firstChunkMs).',
    ])
  })

  test('timeouts restart, after the wait, with each retry event of a custom driver', async () => {
    const error = new StreamError('overloaded', 'Busy.')
    const retrying = (delayMs: number): Driver =>
      scripted([
        'a',
        { ...retryEvent, delayMs, error },
        { waitMs: delayMs },
        { waitMs: 250 },
        'b',
        { hang: true },
      ])
    const { events } = await timed(retrying(5000), { firstChunkMs: 300, chunkMs: 100 })
    expect(outline(events)).toEqual([
      'start',
      'text a',
      'retry 2/2 restart overloaded',
      'text b',
      'error timeout',
    ])
  })

  test('of two timeouts for an attempt, the shorter one applies', async () => {
    const stalling = scripted(['a', { hang: true }])
    const inside = await timed(timeout(stalling, { chunkMs: 100 }), { chunkMs: 10_000 })
    expect(inside.elapsed).toBeLessThanOrEqual(125)
    const outside = await timed(timeout(stalling, { chunkMs: 10_000 }), { chunkMs: 100 })
    expect(outside.elapsed).toBeLessThanOrEqual(125)
  })

  test('timeouts that are longer than the defaults apply if the stream has none', async () => {
    const slow = scripted([{ waitMs: 600_000 }, 'a'])
    const stream = createStream({ driver: timeout(slow, { firstChunkMs: 900_000 }), prompt: 'p' })
    const events = collect(stream)
    await vi.runAllTimersAsync()
    expect(outline(await events)).toEqual(['start', 'text a', 'complete a'])
  })
})
