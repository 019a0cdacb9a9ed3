/** Randomly nested layers around drivers that show every behavior of drivers. */

import * as fc from 'fast-check'
import type { Driver } from '../../src/base/driver.js'
import {
  type CircuitBreaker,
  fallback,
  hedge,
  retry,
  StreamError,
  timeout,
} from '../../src/entries/index.js'
import { type CountedDriver, counted } from '../support/drivers.js'

const down = new StreamError('server', 'Down.')
const refused = new StreamError('auth', 'Bad key.')

type Step = 'text' | 'wait' | 'long wait' | 'chunk'
type End = 'complete' | 'fail' | 'refuse' | 'hang' | 'throw'
type Call = { steps: Step[]; end: End }
export type Tree =
  | { kind: 'leaf'; calls: Call[] }
  | {
      kind: 'retry'
      inner: Tree
      maxRetries: number
      delayMs: number
      afterContent: 'restart' | 'continue' | 'fail'
      holdBackMs: number
      budgetMs: number
    }
  | { kind: 'timeout'; inner: Tree; firstChunkMs: number; totalMs: number }
  | { kind: 'fallback'; inner: Tree[]; breaker: boolean }
  | { kind: 'hedge'; inner: [Tree, Tree]; afterMs: number }
  | { kind: 'own'; inner: Tree }

const call: fc.Arbitrary<Call> = fc.record({
  steps: fc.array(fc.constantFrom<Step>('text', 'wait', 'long wait', 'chunk'), { maxLength: 4 }),
  end: fc.constantFrom<End>('complete', 'fail', 'fail', 'refuse', 'hang', 'throw'),
})

export const trees = fc.letrec<{ tree: Tree }>((tie) => ({
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
      budgetMs: fc.constantFrom(Infinity, Infinity, 100),
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
      breaker: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('hedge' as const),
      inner: fc.tuple(tie('tree'), tie('tree')),
      afterMs: fc.nat(60),
    }),
    fc.record({ kind: fc.constant('own' as const), inner: tie('tree') }),
  ),
})).tree

/** The action of the reader at its n-th event. */
export const readings = fc.record({
  pauses: fc.array(fc.constantFrom(0, 0, 0, 30, 500), { maxLength: 12 }),
  leaves: fc.option(
    fc.record({ at: fc.nat(8), how: fc.constantFrom('break', 'cancel', 'signal') }),
  ),
})

/** The known facts about the leaves of a tree. */
export interface Grown {
  leaves: CountedDriver[]
  /** All answers that have started. */
  answers: Map<number, { text: string; whole: boolean }>
}

export function grow(tree: Tree, grown: Grown): Driver {
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
        budgetMs: tree.budgetMs,
      })
    case 'timeout': {
      const { firstChunkMs, totalMs } = tree
      return timeout(grow(tree.inner, grown), { firstChunkMs, chunkMs: 150, totalMs })
    }
    case 'fallback':
      return fallback(
        tree.inner.map((inner) => grow(inner, grown)),
        tree.breaker ? { breaker: tripping } : {},
      )
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

/** Open for good after the first failure. */
function tripping(): CircuitBreaker {
  let isOpen = false
  return {
    execute(run) {
      if (isOpen) return Promise.reject(new Error('open'))
      return run().catch(() => {
        isOpen = true
      })
    },
  }
}

/** Every answer has a unique text, so that answers cannot be confused or merged unnoticed. */
function leafOf(calls: readonly Call[], { answers }: Grown): Driver {
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

/** Whether a part of the tree satisfies a predicate. */
export function holds(tree: Tree, wanted: (tree: Tree) => boolean): boolean {
  if (wanted(tree)) return true
  if (tree.kind === 'leaf') return false
  return [tree.inner].flat().some((inner) => holds(inner, wanted))
}

export function carriesOn(tree: Tree): boolean {
  return tree.kind === 'retry' && tree.afterContent === 'continue'
}
