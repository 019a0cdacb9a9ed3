/**
 * Turns drawn at random: what the model answers, what its tools do, and how it goes wrong.
 *
 * @module
 */

import * as fc from 'fast-check'
import type { Completion, Driver, DriverContext, DriverYield } from '../../src/base/driver.js'
import type { StreamRequest } from '../../src/base/request.js'
import type { RunContext, Tool } from '../../src/base/tools.js'
import { StreamError, ToolError } from '../../src/entries/index.js'

// ---------------------------------------------------------------- answers

const callIds = ['a', 'b', 'c', 'd'] as const
export const toolNames = ['one', 'two', 'three'] as const

type Piece =
  | { do: 'text' }
  | { do: 'call'; id: string; name: string; input: string }
  | { do: 'wait'; ms: number }

type End = 'whole' | 'length' | 'pause' | 'wrong reason' | 'cut' | 'overloaded' | 'hang' | 'bug'

export interface ModelAnswer {
  pieces: readonly Piece[]
  end: End
}

const piece: fc.Arbitrary<Piece> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Piece>({ do: 'text' }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      id: fc.constantFrom(...callIds),
      name: fc.constantFrom(...toolNames, ...toolNames, 'unknown'),
      input: fc.constantFrom('{"n":1}', '{"n":2}', '{}', '', '{"n":', '[1]'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 10) }),
  },
)

export const answers: fc.Arbitrary<readonly ModelAnswer[]> = fc.array(
  fc.record({
    pieces: fc.array(piece, { maxLength: 4 }),
    end: fc.constantFrom<End>(
      'whole',
      'whole',
      'whole',
      'whole',
      'whole',
      'length',
      'pause',
      'wrong reason',
      'cut',
      'cut',
      'overloaded',
      'hang',
      'bug',
    ),
  }),
  { minLength: 1, maxLength: 10 },
)

export const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }

/** Plays the next answer with each request, and then says goodbye. */
export function modelOf(
  list: readonly ModelAnswer[],
  onRequest: (request: StreamRequest) => void,
): Driver {
  let count = 0
  return {
    provider: 'p',
    model: 'm',
    async *stream(request: StreamRequest, { signal }: DriverContext) {
      onRequest(request)
      const number = count++
      return yield* play(list[number] ?? { pieces: [{ do: 'text' }], end: 'whole' }, number, signal)
    },
  }
}

async function* play(
  { pieces, end }: ModelAnswer,
  number: number,
  signal: AbortSignal,
): AsyncGenerator<DriverYield, Completion, void> {
  let index = 0
  let called = false
  for (const each of pieces) {
    if (each.do === 'wait') await pause(each.ms, signal)
    else if (each.do === 'text') {
      yield { type: 'content', index: index++, kind: 'text', text: `<${number}.${index}>` }
    } else {
      const { id, name, input } = each
      const common = { type: 'content', index: index++, kind: 'tool-call', id, name } as const
      const half = input.length >> 1
      // Two network chunks.
      yield { ...common, input: input.slice(0, half) }
      yield { ...common, input: input.slice(half) }
      called = true
    }
  }
  switch (end) {
    case 'cut':
      throw new StreamError('network', 'Cut.')
    case 'overloaded':
      throw new StreamError('overloaded', 'Busy.')
    case 'bug':
      throw new RangeError('A bug of the driver.')
    case 'hang':
      await pause(Infinity, signal)
      break
    case 'length':
    case 'pause':
      return { finishReason: end, usage }
    default:
  }
  return { finishReason: called && end !== 'wrong reason' ? 'tool-calls' : 'stop', usage }
}

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    if (ms === Infinity) return
    timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
  })
}

// ---------------------------------------------------------------- tools

export interface ToolPlan {
  does: 'return' | 'wait' | 'throw' | 'refuse' | 'yield' | 'yield and hang' | 'hang' | 'client'
  ms: number
  once: boolean
  approve: 'never' | 'always' | 'sometimes'
}

export const toolPlans: fc.Arbitrary<readonly ToolPlan[]> = fc.array(
  fc.record({
    does: fc.constantFrom<ToolPlan['does']>(
      'return',
      'return',
      'wait',
      'wait',
      'throw',
      'refuse',
      'yield',
      'yield and hang',
      'hang',
      'client',
    ),
    // The limit of a run is 50.
    ms: fc.constantFrom(0, 5, 30, 200),
    once: fc.boolean(),
    approve: fc.constantFrom<ToolPlan['approve']>('never', 'never', 'always', 'sometimes'),
  }),
  { minLength: toolNames.length, maxLength: toolNames.length },
)

/** What the tools have done. */
export class Runs {
  /** How often a run of each key has begun. */
  readonly begun = new Map<string, number>()
  /** The outputs of the runs that came to their end, by key. */
  readonly ended = new Map<string, string>()
  readonly once = new Set<string>()
  /** How often such a run has begun in this turn, by the id of its call. */
  readonly begunNow = new Map<string, number>()
  /** Runs of a key that had ended before. */
  readonly repeated: string[] = []

  tools(plans: readonly ToolPlan[]): Record<string, Tool> {
    return Object.fromEntries(plans.map((plan, at) => [toolNames[at] ?? '', this.#tool(plan)]))
  }

  #tool({ does, ms, once, approve }: ToolPlan): Tool {
    const common: Tool = {
      parameters: { type: 'object' },
      once,
      approve: approve === 'sometimes' ? ({ n }: { n?: number }) => n === 2 : approve === 'always',
    }
    if (does === 'client') return { parameters: { type: 'object' } }
    const begin = ({ key, id }: RunContext): void => {
      this.begun.set(key, (this.begun.get(key) ?? 0) + 1)
      if (once) {
        this.once.add(key)
        this.begunNow.set(id, (this.begunNow.get(id) ?? 0) + 1)
      }
      if (this.ended.has(key)) this.repeated.push(key)
    }
    const end = (context: RunContext): string => {
      const { key, signal } = context
      const output = `did ${key}, time ${this.begun.get(key)}`
      // A run that ends in the same moment as its stream may be unknown to it.
      void moments(6).then(() => signal.aborted || this.ended.set(key, output))
      return output
    }
    if (does === 'yield' || does === 'yield and hang') {
      const wait = does === 'yield' ? ms : Infinity
      return {
        ...common,
        async *run(_input: unknown, context: RunContext) {
          begin(context)
          yield 'half'
          await pause(wait, context.signal)
          yield 'more'
          return end(context)
        },
      }
    }
    return {
      ...common,
      async run(_input: unknown, context: RunContext) {
        begin(context)
        if (does === 'throw') throw new Error('A bug of the tool.')
        if (does === 'refuse') throw new ToolError('No.')
        if (does === 'wait') await pause(ms, context.signal)
        // It does not listen to its signal.
        if (does === 'hang') await new Promise<never>(() => {})
        return end(context)
      },
    }
  }
}

async function moments(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await Promise.resolve()
}

// ---------------------------------------------------------------- readers

/** How the reader of one turn leaves it, if it does, and what it comes back with. */
export interface TurnReader {
  leave: 'no' | 'break' | 'cancel' | 'abort' | 'timed abort'
  /** It rests after each event. */
  isSlow: boolean
  /** The number of the event. */
  at: number
  comesBackWith: 'what it was given' | 'what it has folded'
  /** What a person and a page do with the calls that wait, in turn. */
  replies: readonly ('yes' | 'no' | 'later')[]
  /** It writes something else instead of answering. */
  changesTheSubject: boolean
  maxSteps: number
}

export const turnReaders: fc.Arbitrary<readonly TurnReader[]> = fc.array(
  fc.record({
    leave: fc.constantFrom<TurnReader['leave']>(
      'no',
      'no',
      'break',
      'cancel',
      'abort',
      'timed abort',
    ),
    isSlow: fc.boolean(),
    at: fc.integer({ min: 1, max: 14 }),
    comesBackWith: fc.constantFrom('what it was given', 'what it has folded'),
    replies: fc.array(fc.constantFrom('yes', 'yes', 'no', 'later'), { minLength: 1, maxLength: 4 }),
    changesTheSubject: fc.nat(5).map((value) => value === 0),
    maxSteps: fc.constantFrom(1, 2, 3, 5),
  }),
  { minLength: 1, maxLength: 5 },
)
