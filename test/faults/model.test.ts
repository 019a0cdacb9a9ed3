/**
 * Whatever a driver does and however its stream is read: the grammar holds, every way to the answer tells the same, and nothing is
 * left behind.
 */

import { getEventListeners } from 'node:events'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import {
  type CircuitBreaker,
  createStream,
  fallback,
  hedge,
  retry,
  timeout,
} from '../../src/entries/index.js'
import { readers, retries, timeouts } from './model.js'
import { type Attempt, player, scripts, textOf } from './player.js'
import { Reading, timers } from './reading.js'

const unhandled = vi.fn()

beforeEach(() => {
  vi.useFakeTimers({ toFake: [...timers] })
  process.on('unhandledRejection', unhandled)
})

afterEach(() => {
  process.off('unhandledRejection', unhandled)
  vi.useRealTimers()
})

/** How the layers of a driver stand around it. */
const shapes: Record<string, (driver: Driver) => Driver> = {
  'a driver': (driver) => driver,
  'a driver behind its public face': ({ provider, model, stream }) => ({
    provider,
    model,
    stream: (request, context) => stream(request, context),
  }),
  'a retried driver': (driver) => retry(driver, { maxRetries: 1, minDelayMs: 2, maxDelayMs: 2 }),
  'a fallback': (driver) => fallback(driver, driver, driver),
  'a fallback of one that is retried': (driver) =>
    fallback(retry(driver, { maxRetries: 1, minDelayMs: 1, maxDelayMs: 9 }), driver),
  'a fallback with breakers': (driver) => fallback([driver, driver], { breaker: everySecond }),
  'a hedge': (driver) => hedge(driver, driver, { afterMs: 20 }),
  'a hedge at once': (driver) => hedge(driver, driver, { afterMs: 0 }),
  'a hedge in a fallback, timed and retried': (driver) =>
    retry(fallback(hedge(driver, timeout(driver, { totalMs: 80 }), { afterMs: 5 }), driver), {
      maxRetries: 1,
      minDelayMs: 1,
      maxDelayMs: 1,
      afterContent: 'continue',
    }),
  'a timed driver, retried, behind its public face': (driver) => {
    const inner = retry(timeout(driver, { chunkMs: 50, totalMs: 400 }), 1)
    return {
      provider: 'p',
      model: 'm',
      stream: (request, context) => inner.stream(request, context),
    }
  },
}

/** Lets every second request through. */
function everySecond(): CircuitBreaker {
  let count = 0
  return {
    execute: (run) => (count++ % 2 === 0 ? run() : Promise.reject(new Error('open'))),
  }
}

test('the grammar holds whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(
      scripts,
      fc.constantFrom(...Object.keys(shapes)),
      retries,
      timeouts,
      readers,
      async (played, shape, retryOption, timeoutOption, reader) => {
        unhandled.mockClear()
        vi.clearAllTimers()
        const attempts: Attempt[] = []
        const driver = (shapes[shape] as (driver: Driver) => Driver)(player(played, attempts))
        const controller = new AbortController()
        const stream = createStream({
          driver,
          prompt: 'p',
          signal: controller.signal,
          retry: retryOption,
          timeout: timeoutOption,
        })
        const reading = new Reading(stream, controller, reader)
        await reading.run()
        await reading.check()
        if (reading.restartedOnly) {
          const texts = attempts.map(({ number }) => textOf(played, number))
          expect(texts).toContain(reading.wholeText)
        }
        expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
        expect(attempts.filter(({ over, signal }) => !over && !signal.aborted)).toEqual([])
        expect(vi.getTimerCount()).toBe(0)
        expect(unhandled.mock.calls).toEqual([])
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 3_000) },
  )
}, 600_000)
