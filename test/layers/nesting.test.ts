/**
 * The combinators in each other, row by row. `random.test.ts` does it at random.
 */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import {
  createStream,
  fallback,
  hedge,
  retry,
  StreamError,
  timeout,
} from '../../src/entries/index.js'
import { collect, outline } from '../support/collect.js'
import { named } from '../support/drivers.js'

const down = new StreamError('server', 'Down.')
const refused = new StreamError('auth', 'Bad key.')
const soon = { minDelayMs: 0, maxDelayMs: 0 }

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const a = () => named('a', ['x', down])
const stalling = () => named('a', [{ hang: true }])
const b = () => named('b', ['Hi'])
/** Fails for the first three attempts of the stream. */
const late = () => named('late', [[down], [down], ['y', down], ['Hi']])

describe('nested layers', () => {
  const table: [string, Driver, string[]][] = [
    [
      'retry(fallback(a, b))',
      retry(fallback(a(), late()), soon),
      [
        'text x',
        'retry 2/2 restart server',
        'retry 3/3 restart server',
        'text x',
        'retry 4/4 restart server',
        'text Hi',
        'complete Hi',
      ],
    ],
    [
      'fallback(retry(a), b)',
      fallback(retry(a(), { ...soon, maxRetries: 1 }), b()),
      [
        'text x',
        'retry 2/2 restart server',
        'text x',
        'retry 3/3 restart server',
        'text Hi',
        'complete Hi',
      ],
    ],
    [
      'fallback(retry(a), retry(b))',
      fallback(retry(a(), { ...soon, maxRetries: 1 }), retry(late(), soon)),
      [
        'text x',
        'retry 2/2 restart server',
        'text x',
        'retry 3/3 restart server',
        'text y',
        'retry 4/5 restart server',
        'text Hi',
        'complete Hi',
      ],
    ],
    [
      'fallback(fallback(a, b), c)',
      fallback(fallback(a(), named('b', [refused])), named('c', ['Hi'])),
      ['text x', 'retry 2/2 restart server', 'retry 3/3 restart auth', 'text Hi', 'complete Hi'],
    ],
    [
      'fallback(a, fallback(b, c))',
      fallback(a(), fallback(named('b', [refused]), named('c', ['Hi']))),
      ['text x', 'retry 2/2 restart server', 'retry 3/3 restart auth', 'text Hi', 'complete Hi'],
    ],
    [
      'timeout(fallback(a, b))',
      timeout(fallback(stalling(), b()), { firstChunkMs: 100 }),
      ['retry 2/2 restart timeout', 'text Hi', 'complete Hi'],
    ],
    [
      'fallback(timeout(a), b)',
      fallback(timeout(stalling(), { firstChunkMs: 100 }), b()),
      ['retry 2/2 restart timeout', 'text Hi', 'complete Hi'],
    ],
    [
      'timeout(retry(fallback(timeout(a), b)))',
      timeout(
        retry(
          fallback(
            timeout(stalling(), { firstChunkMs: 100 }),
            named('b', [[], [down], [], ['x', { hang: true }], [], ['Hi']]),
          ),
          soon,
        ),
        { chunkMs: 50 },
      ),
      [
        'retry 2/2 restart timeout',
        'retry 3/3 restart server',
        'retry 4/4 restart timeout',
        'text x',
        'retry 5/5 restart timeout',
        'retry 6/6 restart timeout',
        'text Hi',
        'complete Hi',
      ],
    ],
    [
      'hedge(fallback(a, b), c)',
      hedge(fallback(a(), b()), named('c', ['c']), { afterMs: 100 }),
      ['text x', 'retry 2/2 restart server', 'text Hi', 'complete Hi'],
    ],
    [
      'fallback(hedge(a, b), c)',
      fallback(
        hedge(named('a', [refused]), named('b', [down]), { afterMs: 100 }),
        named('c', ['Hi']),
      ),
      ['retry 2/2 restart auth', 'retry 3/3 restart server', 'text Hi', 'complete Hi'],
    ],
    [
      'hedge(a, hedge(b, c))',
      hedge(stalling(), hedge(stalling(), named('c', ['Hi']), { afterMs: 20 }), { afterMs: 20 }),
      ['text Hi', 'complete Hi'],
    ],
    [
      'retry(hedge(retry(a), timeout(b)))',
      retry(
        hedge(
          retry(named('a', [[down], [{ waitMs: 70 }, down]]), { ...soon, maxRetries: 1 }),
          timeout(named('b', [[], [], [{ hang: true }], [], ['Hi']]), { firstChunkMs: 100 }),
          { afterMs: 50 },
        ),
        soon,
      ),
      ['retry 2/2 restart server', 'retry 4/4 restart timeout', 'text Hi', 'complete Hi'],
    ],
  ]
  test.each(table)('the layers %s emit the expected events', async (_name, driver, expected) => {
    const events = collect(createStream({ driver, prompt: 'p', retry: false }))
    await vi.runAllTimersAsync()
    expect(outline(await events)).toEqual(['start', ...expected])
  })
})
