import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { ErrorEvent, StreamEvent } from '../../src/base/events.js'
import {
  createStream,
  hedge,
  retry,
  StreamError,
  type StreamOptions,
} from '../../src/entries/index.js'
import { scripted } from '../../src/entries/testing.js'
import { collect, outline } from '../support/collect.js'
import { counted, named } from '../support/drivers.js'

const network = new StreamError('network', 'a: The socket broke.', { provider: 'a' })
const busy = new StreamError('overloaded', 'b: Busy.', { provider: 'b' })

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

/** Reads a stream to its end, and returns its events and its duration. */
async function timed(driver: Driver, options: Partial<StreamOptions> = {}) {
  const began = performance.now()
  let elapsed = 0
  const events = collect(createStream({ driver, prompt: 'p', retry: false, ...options })).then(
    (all) => {
      elapsed = performance.now() - began
      return all
    },
  )
  await vi.runAllTimersAsync()
  return { events: await events, elapsed }
}

describe('hedge()', () => {
  test('hedge() behaves like its first driver while that is fast enough', async () => {
    const second = counted(named('b', ['b']))
    const first = named('a', [{ waitMs: 99 }, 'Hi', { waitMs: 5000 }, '!'])
    const driver = hedge(first, second, { afterMs: 100 })
    expect(driver).toMatchObject({ provider: 'a', model: 'a-model' })
    const { events } = await timed(driver)
    expect(outline(events)).toEqual(['start', 'text Hi', 'text !', 'complete Hi!'])
    expect(events.at(-1)).toMatchObject({ provider: 'a', attempts: 1 })
    expect(second.asked).toEqual([])
  })

  test('hedge() calls the second driver after afterMs, and uses it if it sends content first', async () => {
    const first = counted(named('a', [{ waitMs: 500 }, 'late']))
    const second = counted(named('b', [{ waitMs: 30 }, 'Hi']))
    const { events, elapsed } = await timed(hedge(first, second, { afterMs: 100 }))
    expect(outline(events)).toEqual(['start', 'text Hi', 'complete Hi'])
    expect(events[0]).toMatchObject({ provider: 'a' })
    expect(events.at(-1)).toMatchObject({ provider: 'b', model: 'b-model', attempts: 2 })
    expect(elapsed).toBe(130)
    expect([first.asked, second.asked]).toEqual([[1], [2]])
    expect(first.open()).toBe(0)
  })

  test('hedge() uses the first driver if that sends content first after all, and ends the second one', async () => {
    const second = counted(named('b', [{ hang: true }]))
    const first = named('a', [{ waitMs: 150 }, 'Hi', { waitMs: 50 }, '!'])
    const stream = createStream({ driver: hedge(first, second, { afterMs: 100 }), prompt: 'p' })
    const events: StreamEvent[] = []
    const reading = (async () => {
      for await (const event of stream) {
        events.push(event)
        if (event.type === 'content') expect([second.asked, second.open()]).toEqual([[2], 0])
      }
    })()
    await vi.runAllTimersAsync()
    await reading
    expect(outline(events)).toEqual(['start', 'text Hi', 'text !', 'complete Hi!'])
    expect(events.at(-1)).toMatchObject({ provider: 'a', attempts: 2 })
  })

  test('hedge() calls the second driver at once when the first one fails, and emits a retry', async () => {
    const first = named('a', [{ waitMs: 10 }, network])
    const { events, elapsed } = await timed(hedge(first, named('b', ['Hi']), { afterMs: 100 }))
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
      expect.objectContaining({ text: 'Hi' }),
      expect.objectContaining({ type: 'complete', provider: 'b', attempts: 2 }),
    ])
    expect(elapsed).toBe(10)
  })

  test.each([
    ['first', [{ waitMs: 150 }, network], [{ waitMs: 100 }, 'Hi'], 'b'],
    ['second', [{ waitMs: 300 }, 'Hi'], [{ waitMs: 50 }, network], 'a'],
  ] as const)(
    'hedge() continues with the other driver, without an event, when the %s one fails during the race',
    async (_which, one, other, provider) => {
      const driver = hedge(named('a', one), named('b', other), { afterMs: 100 })
      const { events } = await timed(driver)
      expect(outline(events)).toEqual(['start', 'text Hi', 'complete Hi'])
      expect(events.at(-1)).toMatchObject({ provider, attempts: 2 })
    },
  )

  test.each([
    ['first', [{ waitMs: 150 }, network], [{ waitMs: 100 }, busy], [network, busy]],
    ['second', [{ waitMs: 300 }, network], [{ waitMs: 50 }, busy], [busy, network]],
  ] as const)(
    'a failed hedge reports the last error, with the other in its cause, when the %s driver fails first',
    async (_which, one, other, errors) => {
      const driver = hedge(named('a', one), named('b', other), { afterMs: 100 })
      const { events } = await timed(driver)
      expect(events.map(({ type }) => type)).toEqual(['start', 'error'])
      const { error } = events.at(-1) as ErrorEvent
      expect(error.code).toBe(errors[1].code)
      expect((error.cause as AggregateError).errors).toEqual(errors)
    },
  )

  test('hedge() uses a driver that completes without content', async () => {
    const first = counted(named('a', [{ hang: true }]))
    const empty = named('b', [{ finishReason: 'content-filter', usage: {} }])
    const { events } = await timed(hedge(first, empty, { afterMs: 100 }))
    expect(outline(events)).toEqual(['start', 'complete '])
    expect(events.at(-1)).toMatchObject({ provider: 'b', finishReason: 'content-filter' })
    expect(first.open()).toBe(0)
  })

  test('hedge() calls no other driver after content', async () => {
    const second = counted(named('b', ['Hi']))
    const { events } = await timed(hedge(named('a', ['x', network]), second, { afterMs: 100 }))
    expect(outline(events)).toEqual(['start', 'text x', 'error network'])
    expect(second.asked).toEqual([])
  })

  test('hedge() gives each driver its own timeouts', async () => {
    const stalling = () => named('x', [{ hang: true }])
    const driver = hedge(stalling(), stalling(), { afterMs: 40 })
    const { events, elapsed } = await timed(driver, { timeout: { firstChunkMs: 100 } })
    expect(outline(events)).toEqual(['start', 'error timeout'])
    expect(elapsed).toBeGreaterThanOrEqual(140)
  })

  test('hedge() with afterMs 0 calls both drivers at once, and with Infinity the second only after a failure', async () => {
    const second = counted(named('b', ['Hi']))
    const slow = named('a', [{ waitMs: 1 }, 'Hi'])
    await timed(hedge(slow, second, { afterMs: 0 }))
    expect(second.asked).toEqual([2])
    const { events } = await timed(
      hedge(named('a', [{ waitMs: 3_000_000 }, 'x']), second, { afterMs: Infinity }),
      { timeout: false },
    )
    expect(outline(events)).toEqual(['start', 'text x', 'complete x'])
    expect(second.asked).toEqual([2])
  })

  test('hedge() ends both drivers when the reader disconnects', async () => {
    const first = counted(named('a', [{ hang: true }]))
    const second = counted(named('b', [{ hang: true }]))
    const stream = createStream({ driver: hedge(first, second, { afterMs: 100 }), prompt: 'p' })
    const events = collect(stream)
    await vi.advanceTimersByTimeAsync(150)
    expect([first.open(), second.open()]).toEqual([1, 1])
    stream.cancel()
    expect([first.open(), second.open()]).toEqual([0, 0])
    expect(outline(await events)).toEqual(['start', 'error aborted'])
  })

  test('hedge() restarts afterMs with each attempt of a retry around it', async () => {
    const failing = new StreamError('server', 'It failed.')
    const first = named('a', [[{ waitMs: 200 }, failing], [], [{ waitMs: 90 }, 'Hi']])
    const second = counted(named('b', [[], [{ waitMs: 20 }, failing]]))
    const driver = retry(hedge(first, second, { afterMs: 100 }), { minDelayMs: 0 })
    const { events } = await timed(driver)
    expect(outline(events)).toEqual(['start', 'retry 3/3 restart server', 'text Hi', 'complete Hi'])
    expect(second.asked).toEqual([2])
  })

  test('hedge() forwards the retries of its drivers, and counts the attempts of both', async () => {
    const first = retry(
      named('a', [
        [{ waitMs: 10 }, network],
        [{ waitMs: 500 }, 'late'],
      ]),
      {
        minDelayMs: 0,
        maxDelayMs: 0,
      },
    )
    const second = retry(named('b', [[], [], [{ waitMs: 10 }, busy], ['Hi']]), {
      minDelayMs: 0,
      maxDelayMs: 0,
    })
    const { events } = await timed(hedge(first, second, { afterMs: 100 }))
    expect(outline(events)).toEqual([
      'start',
      'retry 2/3 restart network',
      'retry 4/5 restart overloaded',
      'text Hi',
      'complete Hi',
    ])
    expect(events.at(-1)).toMatchObject({ provider: 'b' })
  })

  test('hedge() pauses afterMs while the reader does not wait', async () => {
    const first = retry(
      named('a', [
        [{ waitMs: 60 }, network],
        [{ waitMs: 30 }, 'Hi'],
      ]),
      {
        minDelayMs: 0,
        maxDelayMs: 0,
      },
    )
    const second = counted(named('b', ['x']))
    const stream = createStream({ driver: hedge(first, second, { afterMs: 100 }), prompt: 'p' })
    const events: StreamEvent[] = []
    const reading = (async () => {
      for await (const event of stream) {
        events.push(event)
        if (event.type === 'retry') await new Promise((resolve) => setTimeout(resolve, 60_000))
      }
    })()
    await vi.runAllTimersAsync()
    await reading
    expect(outline(events)).toEqual([
      'start',
      'retry 2/3 restart network',
      'text Hi',
      'complete Hi',
    ])
    expect(second.asked).toEqual([])
  })

  test('hedge() keeps one answer of the other driver while the reader does not wait, and reads no further', async () => {
    let read = 0
    const first = retry(named('a', [[{ waitMs: 150 }, network], [{ hang: true }]]), {
      minDelayMs: 0,
      maxDelayMs: 0,
    })
    const second: Driver = {
      ...named('b', []),
      async *stream() {
        await new Promise((resolve) => setTimeout(resolve, 100))
        for (const text of ['H', 'i', '!']) {
          read++
          yield { type: 'content', kind: 'text', index: 0, text }
        }
        return { finishReason: 'stop', usage: {} }
      },
    }
    const stream = createStream({ driver: hedge(first, second, { afterMs: 100 }), prompt: 'p' })
    const events: StreamEvent[] = []
    const reading = (async () => {
      for await (const event of stream) {
        events.push(event)
        if (event.type === 'retry') await new Promise((resolve) => setTimeout(resolve, 60_000))
        if (events.length === 3) expect(read).toBe(1)
      }
    })()
    await vi.runAllTimersAsync()
    await reading
    expect(outline(events)).toEqual([
      'start',
      'retry 3/3 restart network',
      'text H',
      'text i',
      'text !',
      'complete Hi!',
    ])
  })

  test('hedge() keeps the events of one chunk together', async () => {
    const driver = hedge(scripted([{ chunk: ['a', 'b'] }, 'c']), scripted([]), { afterMs: 1 })
    const { events } = await timed(driver)
    expect(outline(events).at(-1)).toBe('complete abc')
  })
})
