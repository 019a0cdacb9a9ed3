/**
 * A driver that plays scripts, and the scripts drawn at random.
 *
 * @module
 */

import * as fc from 'fast-check'
import type { Completion, Driver, DriverContext, DriverYield } from '../../src/base/driver.js'
import type { ContentEvent } from '../../src/base/events.js'
import { StreamError } from '../../src/entries/index.js'

type Step =
  | { do: 'yield'; kinds: readonly Kind[] }
  | { do: 'yield one'; kind: Kind }
  | { do: 'wait'; ms: number }
  | { do: 'bytes' }

type Kind = 'text' | 'reasoning' | 'new text' | 'tool-call' | 'source'

type End =
  | { do: 'complete' }
  | { do: 'fail'; code: StreamError['code']; retryAfterMs?: number }
  | { do: 'throw' }
  | { do: 'hang' }
  /** It hangs and does not listen to its signal. */
  | { do: 'hang deaf' }
  | { do: 'return nothing' }
  | { do: 'yield garbage'; garbage: unknown }

export interface Script {
  steps: readonly Step[]
  end: End
}

const kind = fc.constantFrom<Kind>(
  'text',
  'text',
  'text',
  'reasoning',
  'new text',
  'tool-call',
  'source',
)

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('yield' as const),
    kinds: fc.array(kind, { maxLength: 3 }),
  }),
  fc.record({ do: fc.constant('yield one' as const), kind }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 7, 40, 300) }),
  fc.constant<Step>({ do: 'bytes' }),
)

const notEvents = [
  null,
  undefined,
  42,
  'text',
  {},
  [null],
  { type: 'start' },
  { type: 'retry' },
  { type: 'content' },
  { type: 'content', kind: 'text', index: 0 },
  { type: 'content', kind: 'text', text: 'a' },
  [{ type: 'content', kind: 'text', index: 0, text: 'a' }, 'b'],
]

const end: fc.Arbitrary<End> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<End>({ do: 'complete' }) },
  {
    weight: 12,
    arbitrary: fc.record(
      {
        do: fc.constant('fail' as const),
        code: fc.constantFrom<StreamError['code']>(
          'network',
          'interrupted',
          'overloaded',
          'server',
          'auth',
        ),
        retryAfterMs: fc.constantFrom(0, 3, 90_000),
      },
      { requiredKeys: ['do', 'code'] },
    ),
  },
  fc.constant<End>({ do: 'throw' }),
  fc.constant<End>({ do: 'hang' }),
  fc.constant<End>({ do: 'hang deaf' }),
  fc.constant<End>({ do: 'return nothing' }),
  fc.record({ do: fc.constant('yield garbage' as const), garbage: fc.constantFrom(...notEvents) }),
)

export const scripts: fc.Arbitrary<readonly Script[]> = fc.array(
  fc.record({ steps: fc.array(step, { maxLength: 5 }), end }),
  { minLength: 1, maxLength: 4 },
)

/** One attempt as it went. */
export interface Attempt {
  number: number
  signal: AbortSignal
  over: boolean
}

const completion: Completion = { finishReason: 'stop', usage: {} }

/** A driver that plays the n-th script in the n-th attempt, and the last one in all after that. */
export function player(played: readonly Script[], attempts: Attempt[]): Driver {
  return {
    provider: 'p',
    model: 'm',
    async *stream(_request: unknown, context: DriverContext) {
      const { attempt: number, signal } = context
      const attempt: Attempt = { number, signal, over: false }
      attempts.push(attempt)
      const { steps, end: last } = played[Math.min(number, played.length) - 1] as Script
      const next = contentOf(number)
      try {
        for (const each of steps) {
          if (signal.aborted) throw signal.reason
          if (each.do === 'wait') await pause(each.ms, signal)
          else if (each.do === 'bytes') context.onBytes()
          else if (each.do === 'yield') yield each.kinds.map(next)
          else yield next(each.kind)
        }
        return yield* finish(last, signal)
      } finally {
        attempt.over = true
      }
    },
  }
}

/** The text of one attempt that completes. */
export function textOf(played: readonly Script[], number: number): string {
  const { steps } = played[Math.min(number, played.length) - 1] as Script
  const next = contentOf(number)
  const kinds = steps.flatMap((each) => {
    if (each.do === 'yield') return each.kinds
    return each.do === 'yield one' ? [each.kind] : []
  })
  return kinds
    .map(next)
    .map((event) => (event.kind === 'text' ? event.text : ''))
    .join('')
}

async function* finish(
  last: End,
  signal: AbortSignal,
): AsyncGenerator<DriverYield, Completion, void> {
  switch (last.do) {
    case 'complete':
      return completion
    case 'return nothing':
      return undefined as unknown as Completion
    case 'fail':
      throw new StreamError(last.code, 'scripted', { retryAfterMs: last.retryAfterMs })
    case 'throw':
      throw new RangeError('a bug of the driver')
    case 'hang':
      await pause(Infinity, signal)
      return completion
    case 'hang deaf':
      return await new Promise<never>(() => {})
    case 'yield garbage':
      yield last.garbage as DriverYield
      return completion
  }
}

/** Each piece is told once, so that nothing can be taken for something else. */
function contentOf(attempt: number): (kind: Kind) => ContentEvent {
  let count = 0
  let blocks = 0
  let open: string | undefined
  return (wanted) => {
    const told = `<${attempt}.${count++}>`
    const shown = wanted === 'new text' ? 'text' : wanted
    if (wanted !== open || shown === 'tool-call' || shown === 'source') blocks += 1
    open = shown
    const common = { type: 'content', index: blocks - 1 } as const
    switch (shown) {
      case 'tool-call':
        return { ...common, kind: shown, id: told, name: 'tool', input: '{}' }
      case 'source':
        return { ...common, kind: shown, url: `https://example.com/${told}` }
      default:
        return { ...common, kind: shown, text: told }
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    if (ms === Infinity) return
    timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
  })
}
