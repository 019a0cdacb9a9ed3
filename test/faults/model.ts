/**
 * How a stream may be set up and what a reader may do, drawn at random.
 *
 * @module
 */

import * as fc from 'fast-check'
import type { RetryOptions, TimeoutOptions } from '../../src/entries/index.js'

/** The timers of the caller and the reader: all others are the stream's. */
class OwnTimers {
  readonly #timers = new Set<ReturnType<typeof setTimeout>>()

  set(run: () => void, ms: number): void {
    this.#timers.add(setTimeout(run, ms))
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.set(resolve, ms))
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }
}

export const own = new OwnTimers()

// ---------------------------------------------------------------- how the stream is set up

export const retries: fc.Arbitrary<false | RetryOptions> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<false>(false) },
  {
    weight: 6,
    arbitrary: fc.record(
      {
        maxRetries: fc.nat(3),
        minDelayMs: fc.constantFrom(0, 1, 20),
        maxDelayMs: fc.constantFrom(20, 50),
        budgetMs: fc.constantFrom(0, 30, 500, Infinity),
        afterContent: fc.constantFrom('restart', 'continue', 'fail'),
        holdBackMs: fc.constantFrom(0, 10, 100),
        holdBackChars: fc.constantFrom(0, 4, 12, Infinity),
        shouldRetry: fc.constantFrom<NonNullable<RetryOptions['shouldRetry']>>(
          () => true,
          ({ retryable }) => Promise.resolve(retryable),
          (_error, attempt) => attempt < 2,
          () => {
            throw new Error('a bug of the caller')
          },
          () => own.wait(5).then(() => true),
        ),
      },
      { requiredKeys: [] },
    ),
  },
)

export const timeouts: fc.Arbitrary<false | TimeoutOptions> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<false>(false) },
  {
    weight: 6,
    arbitrary: fc.record(
      {
        firstChunkMs: fc.constantFrom(5, 60, 1_000),
        chunkMs: fc.constantFrom(5, 60, 1_000),
        silenceMs: fc.constantFrom(5, 60, 1_000),
        totalMs: fc.constantFrom(1, 100, 2_000),
      },
      { requiredKeys: [] },
    ),
  },
)

// ---------------------------------------------------------------- what the reader does

/** While it iterates, when it has been given so many events. */
export type Act =
  | { do: 'pause'; ms: number }
  | { do: 'text' | 'final' | 'break' | 'throw' | 'cancel' | 'abort' | 'iterate again' }

export interface Reader {
  how: 'iterate' | 'iterate ahead' | 'dispose' | 'text' | 'final' | 'body' | 'leave body'
  acts: readonly { at: number; act: Act }[]
  /** Once that much time has passed. */
  timed: readonly { atMs: number; act: 'cancel' | 'abort' | 'text' | 'return' }[]
  /** Before anything is read. */
  before: readonly ('cancel' | 'abort' | 'text' | 'final')[]
}

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ do: fc.constant('pause' as const), ms: fc.constantFrom(1, 30, 500) }),
  fc.record({
    do: fc.constantFrom('text', 'final', 'break', 'throw', 'cancel', 'abort', 'iterate again'),
  }),
)

export const readers: fc.Arbitrary<Reader> = fc.record({
  how: fc.constantFrom<Reader['how']>(
    'iterate',
    'iterate',
    'iterate',
    'iterate ahead',
    'dispose',
    'text',
    'final',
    'body',
    'leave body',
  ),
  acts: fc.array(fc.record({ at: fc.integer({ min: 1, max: 10 }), act }), { maxLength: 3 }),
  timed: fc.array(
    fc.record({
      atMs: fc.constantFrom(0, 1, 10, 70, 600),
      act: fc.constantFrom('cancel', 'abort', 'text', 'return'),
    }),
    { maxLength: 2 },
  ),
  before: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    fc.array(fc.constantFrom('cancel', 'abort', 'text', 'final'), { maxLength: 2 }),
  ),
})
