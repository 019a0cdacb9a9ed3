/**
 * The combinators in each other, in any order.
 */

import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createStream, fallback, hedge, retry, StreamError, timeout } from '../../src/index.js'
import type { Driver, StreamEvent } from '../../src/types.js'
import { collect, outline } from '../support/collect.js'
import { type CountedDriver, counted, named, shown } from '../support/drivers.js'

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

describe('nested combinators', () => {
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
  test.each(table)('%s', async (_name, driver, expected) => {
    const events = collect(createStream({ driver, prompt: 'p', retry: false }))
    await vi.runAllTimersAsync()
    expect(outline(await events)).toEqual(['start', ...expected])
  })
})

// ---------------------------------------------------------------- at random

type Step = 'text' | 'wait' | 'long wait' | 'chunk'
type End = 'complete' | 'fail' | 'refuse' | 'hang' | 'throw'
type Call = { steps: Step[]; end: End }
type Tree =
  | { kind: 'leaf'; calls: Call[] }
  | {
      kind: 'retry'
      inner: Tree
      maxRetries: number
      delayMs: number
      afterContent: 'restart' | 'continue' | 'fail'
      holdBackMs: number
    }
  | { kind: 'timeout'; inner: Tree; firstChunkMs: number; totalMs: number }
  | { kind: 'fallback'; inner: Tree[] }
  | { kind: 'hedge'; inner: [Tree, Tree]; afterMs: number }
  | { kind: 'own'; inner: Tree }

const call: fc.Arbitrary<Call> = fc.record({
  steps: fc.array(fc.constantFrom<Step>('text', 'wait', 'long wait', 'chunk'), { maxLength: 4 }),
  end: fc.constantFrom<End>('complete', 'fail', 'fail', 'refuse', 'hang', 'throw'),
})

const trees = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({
      kind: fc.constant('leaf' as const),
      calls: fc.array(call, { minLength: 1, maxLength: 5 }),
    }),
    fc.record({
      kind: fc.constant('retry' as const),
      inner: tie('tree'),
      maxRetries: fc.nat(2),
      delayMs: fc.nat(20),
      afterContent: fc.constantFrom('restart', 'restart', 'continue', 'fail'),
      holdBackMs: fc.constantFrom(0, 0, 15),
    }),
    fc.record({
      kind: fc.constant('timeout' as const),
      inner: tie('tree'),
      firstChunkMs: fc.integer({ min: 20, max: 200 }),
      totalMs: fc.constantFrom(Infinity, 50, 400),
    }),
    fc.record({
      kind: fc.constant('fallback' as const),
      inner: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('hedge' as const),
      inner: fc.tuple(tie('tree'), tie('tree')),
      afterMs: fc.nat(60),
    }),
    fc.record({ kind: fc.constant('own' as const), inner: tie('tree') }),
  ),
})).tree

/** What the reader does at its n-th event. */
const readings = fc.record({
  pauses: fc.array(fc.constantFrom(0, 0, 0, 30, 500), { maxLength: 12 }),
  leaves: fc.option(
    fc.record({ at: fc.nat(8), how: fc.constantFrom('break', 'cancel', 'signal') }),
  ),
})

interface Grown {
  driver: Driver
  leaves: CountedDriver[]
  /** All answers that were begun. */
  answers: Map<number, { text: string; whole: boolean }>
}

function grow(tree: Tree, grown: Omit<Grown, 'driver'>): Driver {
  switch (tree.kind) {
    case 'leaf': {
      const leaf = counted(leafOf(tree.calls, grown))
      grown.leaves.push(leaf)
      return leaf
    }
    case 'retry':
      return retry(grow(tree.inner, grown), {
        maxRetries: tree.maxRetries,
        minDelayMs: tree.delayMs,
        maxDelayMs: tree.delayMs,
        afterContent: tree.afterContent,
        holdBackMs: tree.holdBackMs,
      })
    case 'timeout': {
      const { firstChunkMs, totalMs } = tree
      return timeout(grow(tree.inner, grown), { firstChunkMs, chunkMs: 150, totalMs })
    }
    case 'fallback':
      return fallback(tree.inner.map((inner) => grow(inner, grown)))
    case 'hedge': {
      const [first, second] = tree.inner
      return hedge(grow(first, grown), grow(second, grown), { afterMs: tree.afterMs })
    }
    case 'own': {
      const inner = grow(tree.inner, grown)
      return { ...inner, stream: (request, context) => inner.stream(request, context) }
    }
  }
}

/** Every answer has a text of its own, so that one cannot be taken for another, nor two for one. */
function leafOf(calls: readonly Call[], { answers }: Omit<Grown, 'driver'>): Driver {
  let count = 0
  return {
    provider: 'leaf',
    model: 'm',
    async *stream(_request, { signal }) {
      const script = calls[Math.min(count++, calls.length - 1)] as Call
      const id = answers.size
      const answer = { text: '', whole: false }
      answers.set(id, answer)
      const next = () => {
        const text = `<${id}.${answer.text.length}>`
        answer.text += text
        return { type: 'content', kind: 'text', index: 0, text } as const
      }
      for (const step of script.steps) {
        if (step === 'text') yield next()
        else if (step === 'chunk') yield [next(), next()]
        else await pause(step === 'wait' ? 10 : 90, signal)
      }
      if (script.end === 'hang') await pause(Infinity, signal)
      if (script.end === 'fail') throw down
      if (script.end === 'refuse') throw refused
      if (script.end === 'throw') throw new RangeError('A bug.')
      answer.whole = true
      return { finishReason: 'stop', usage: {} }
    },
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = ms === Infinity ? undefined : setTimeout(resolve, ms)
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

test('whatever is nested in whatever fails however, the events keep their grammar and tell the truth', async () => {
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  let completed = 0
  const property = fc.asyncProperty(trees, readings, async (tree, { pauses, leaves }) => {
    const grown: Omit<Grown, 'driver'> = { leaves: [], answers: new Map() }
    const driver = grow(tree, grown)
    const controller = new AbortController()
    const stream = createStream({
      driver,
      prompt: 'p',
      retry: { maxRetries: 1, ...soon },
      timeout: { firstChunkMs: 300, chunkMs: 300, totalMs: 20_000 },
      signal: controller.signal,
    })
    const events: StreamEvent[] = []
    let broke = false
    const reading = (async () => {
      for await (const event of stream) {
        const position = events.push(event) - 1
        const pauseMs = pauses[position] ?? 0
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
        if (position !== leaves?.at) continue
        if (leaves.how === 'cancel') stream.cancel()
        else if (leaves.how === 'signal') controller.abort()
        else {
          broke = true
          break
        }
      }
    })()
    await vi.runAllTimersAsync()
    await reading
    checkGrammar(events, broke)
    if (!broke) checkTruth(events, grown, holds(tree, carriesOn))
    if (events.at(-1)?.type === 'complete') completed++
    const asked = grown.leaves.flatMap((leaf) => leaf.asked)
    if (!holds(tree, (one) => one.kind === 'own')) expect(new Set(asked).size).toBe(asked.length)
    expect(grown.leaves.map((leaf) => leaf.open())).toEqual(grown.leaves.map(() => 0))
    expect(vi.getTimerCount()).toBe(0)
  })
  await fc.assert(property, { numRuns: 2000 })
  process.off('unhandledRejection', unhandled)
  expect(unhandled).not.toHaveBeenCalled()
  // That it is about something.
  expect(completed).toBeGreaterThan(200)
}, 60_000)

function checkGrammar(events: readonly StreamEvent[], broke: boolean): void {
  const types = events.map(({ type }) => type)
  expect(types[0]).toBe('start')
  expect(types.filter((type) => type === 'start')).toHaveLength(1)
  const ends = types.flatMap((type, position) =>
    type === 'complete' || type === 'error' ? [position] : [],
  )
  if (broke) expect(ends.filter((position) => position < events.length - 1)).toEqual([])
  else expect(ends).toEqual([events.length - 1])
  let attempt = 1
  for (const event of events) {
    if (event.type === 'retry') {
      expect(event.attempt).toBeGreaterThan(attempt)
      expect(event.maxAttempts).toBeGreaterThanOrEqual(event.attempt)
      attempt = event.attempt
    }
    if (event.type === 'complete' || event.type === 'error') {
      expect(event.attempts).toBeGreaterThanOrEqual(attempt)
    }
  }
}

/** @param joined - the answer may be made of several */
function checkTruth(
  events: readonly StreamEvent[],
  { answers }: Omit<Grown, 'driver'>,
  joined: boolean,
): void {
  const last = events.at(-1)
  const text = shown(events)
  if (last?.type === 'complete') {
    expect(last.text).toBe(text)
    if (joined) return
    const whole = [...answers.values()].filter((answer) => answer.whole)
    expect(whole.map((answer) => answer.text)).toContain(text)
  }
  if (last?.type === 'error') {
    const parts = typeof last.partial.content === 'string' ? [] : last.partial.content
    expect(parts.map((part) => (part.type === 'text' ? part.text : '')).join('')).toBe(text)
    if (joined) return
    expect(
      [...answers.values()].some((answer) => answer.text.startsWith(text)) || text === '',
    ).toBe(true)
  }
}

function holds(tree: Tree, wanted: (tree: Tree) => boolean): boolean {
  if (wanted(tree)) return true
  if (tree.kind === 'leaf') return false
  return [tree.inner].flat().some((inner) => holds(inner, wanted))
}

function carriesOn(tree: Tree): boolean {
  return tree.kind === 'retry' && tree.afterContent === 'continue'
}
