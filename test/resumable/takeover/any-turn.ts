/**
 * Random turns of a conversation: text, reasoning and tools in several steps. The model knows from the messages where it is, so that
 * another process gets the same answer.
 */

import * as fc from 'fast-check'
import type { ContentEvent } from '../../../src/base/events.js'
import {
  type Driver,
  StreamError,
  type StreamRequest,
  type ToolSet,
  tool,
} from '../../../src/entries/index.js'

export interface AnyStep {
  blocks: readonly AnyBlock[]
  calls: readonly AnyCall[]
  /** Breaks off once after so many pieces, in the first process. */
  breaksAfter: number | undefined
}

interface AnyBlock {
  kind: 'text' | 'reasoning'
  /** Words. */
  length: number
  signed: boolean
}

interface AnyCall {
  /** The calls of one step may have the same arguments. */
  value: number
  early: boolean
  fails: boolean
  unknown: boolean
}

export interface AnyTurn {
  steps: readonly AnyStep[]
  afterContent: 'restart' | 'continue' | undefined
}

const block = fc.record({
  kind: fc.constantFrom('text' as const, 'text' as const, 'reasoning' as const),
  length: fc.integer({ min: 1, max: 4 }),
  signed: fc.boolean(),
})
const call = fc.record({
  value: fc.nat(2),
  early: fc.boolean(),
  fails: fc.boolean(),
  unknown: fc.boolean(),
})
const breaksAfter = fc.option(fc.nat(3), { nil: undefined })
const step = fc.record({
  blocks: fc.array(block, { maxLength: 3 }),
  calls: fc.array(call, { minLength: 1, maxLength: 3 }),
  breaksAfter,
})
const last = fc.record({
  blocks: fc.array(block, { minLength: 1, maxLength: 3 }),
  calls: fc.constant([]),
  breaksAfter,
})

export const anyTurn: fc.Arbitrary<AnyTurn> = fc
  .tuple(
    fc.array(step, { maxLength: 2 }),
    last,
    fc.constantFrom('restart' as const, 'continue' as const, undefined),
  )
  .map(([steps, end, afterContent]) => ({ steps: [...steps, end], afterContent }))

/** A model that answers with the step that the messages have reached. */
export function modelOf(
  { steps }: AnyTurn,
  breaks: boolean,
): Driver & { requests: StreamRequest[] } {
  const requests: StreamRequest[] = []
  const broken = new Set<number>()
  return {
    provider: 'any',
    model: 'any',
    requests,
    continuation: () => 'prefill',
    async *stream(request) {
      requests.push(request)
      const { messages = [] } = request
      const parts = messages.flatMap(({ role, content }) =>
        role === 'assistant' && typeof content !== 'string' ? content : [],
      )
      const results = new Set(
        parts.flatMap((part) => (part.type === 'tool-result' ? [part.id] : [])),
      )
      const at = steps.findIndex(
        ({ calls }, index) => calls.length === 0 || !results.has(`${index}.0`),
      )
      const { blocks, calls, breaksAfter: limit } = steps[at] as AnyStep
      const end = messages.at(-1)
      const known = end?.role === 'assistant' && typeof end.content === 'string' ? end.content : ''
      let pieces = 0
      for (const piece of piecesOf(at, blocks, known)) {
        if (breaks && pieces++ === limit && !broken.has(at)) {
          broken.add(at)
          throw new StreamError('network', 'Broke off.')
        }
        yield piece
      }
      const first = blocks.length
      for (const [index, { value, unknown }] of calls.entries()) {
        const about = { type: 'content', kind: 'tool-call', index: first + index } as const
        const name = unknown ? 'nothing' : 'work'
        const input = JSON.stringify({ id: `${at}.${index}`, value })
        yield { ...about, id: `${at}.${index}`, name, input: input.slice(0, 5) }
        yield { ...about, id: `${at}.${index}`, name, input: input.slice(5) }
      }
      const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 }
      return { finishReason: calls.length > 0 ? 'tool-calls' : 'stop', usage }
    },
  }
}

/** The pieces of text and reasoning of one step, without the text that is known. */
function* piecesOf(
  at: number,
  blocks: readonly AnyBlock[],
  known: string,
): Generator<ContentEvent> {
  let skipped = known.length
  for (const [index, { kind, length, signed }] of blocks.entries()) {
    for (let word = 0; word < length; word++) {
      const whole = `${kind[0]}${at}${index}${word} `
      const text = kind === 'text' ? whole.slice(Math.min(skipped, whole.length)) : whole
      if (kind === 'text') skipped -= whole.length - text.length
      if (text !== '') yield { type: 'content', kind, index, text }
    }
    // What comes before the text that is known has been signed.
    const signature = {
      type: 'content',
      kind,
      index,
      text: '',
      signature: `${at}${index}`,
    } as const
    if (signed && skipped <= 0) yield signature
  }
}

export function toolsOf({ steps }: AnyTurn, ran: string[]): ToolSet {
  const work = tool({
    parameters: { type: 'object' },
    async *run(input: object) {
      const { id } = input as { id: string }
      const [at, index] = id.split('.').map(Number) as [number, number]
      const { calls } = steps[at] as AnyStep
      const { early, fails } = calls[index] as AnyCall
      ran.push(id)
      // The later calls end first.
      await new Promise((resolve) => setTimeout(resolve, 2 * (3 - index)))
      if (early) yield 'early'
      if (fails) throw new Error('Failed.')
      yield { done: id }
    },
  })
  return { work }
}
