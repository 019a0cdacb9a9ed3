/**
 * Random events of turns with steps, results and restarts, and a fold of them that shares no code with the library.
 */

import * as fc from 'fast-check'
import type { CompleteEvent, ContentEvent, StreamEvent } from '../../src/base/events.js'
import type { AssistantMessage, OutputPart } from '../../src/base/messages.js'
import { StreamError } from '../../src/entries/index.js'
import { anyText } from './any-text.js'

const kinds = ['text', 'reasoning', 'tool-call', 'provider', 'file', 'source'] as const

interface Piece {
  block: number
  kind: (typeof kinds)[number]
  text: string
  signed: boolean
}

const piece: fc.Arbitrary<Piece> = fc.record({
  // Which block: one of those before, or the next one.
  block: fc.nat(4),
  kind: fc.constantFrom(...kinds),
  text: anyText({ maxLength: 5 }),
  signed: fc.boolean(),
})
const attempt = fc.record({
  pieces: fc.array(piece, { maxLength: 8 }),
  mode: fc.constantFrom('restart' as const, 'continue' as const),
})
const step = fc.record({
  attempts: fc.array(attempt, { minLength: 1, maxLength: 3 }),
  early: fc.array(fc.nat(2), { maxLength: 4 }),
  isError: fc.boolean(),
})
const steps = fc.array(step, { minLength: 1, maxLength: 3 })

export interface ToldTurn {
  events: StreamEvent[]
  message: AssistantMessage
}

export const turn: fc.Arbitrary<ToldTurn> = fc
  .tuple(steps, fc.boolean())
  .map(([told, handedIn]) => tell(told, handedIn))

function tell(
  told: {
    attempts: { pieces: Piece[]; mode: 'restart' | 'continue' }[]
    early: number[]
    isError: boolean
  }[],
  handedIn: boolean,
): ToldTurn {
  const events: StreamEvent[] = [{ type: 'start', id: 's', provider: 'p', model: 'm' }]
  const asked = { provider: 'p', model: 'm' }
  let blocks = 0
  const result = (id: string, early: number, isError: boolean): void => {
    const about = { type: 'content', index: blocks++, kind: 'tool-result', id, name: 'f' } as const
    for (let count = 0; count < early; count++) {
      events.push({ ...about, output: { early: count }, preliminary: true })
    }
    const content = [{ type: 'text', text: 'c' }] as const
    events.push({ ...about, output: `of ${id}`, ...(isError ? { isError } : { content }) })
  }
  if (handedIn) result('earlier', 1, false)
  for (const [number, { attempts, early, isError }] of told.entries()) {
    const from = blocks
    let known: ContentEvent[] = []
    for (const [count, { pieces, mode }] of attempts.entries()) {
      if (count > 0) {
        const error = new StreamError('network', 'x')
        const voids = mode === 'restart' && from > 0 ? { from } : {}
        const retry = { attempt: count + 1, maxAttempts: 9, delayMs: 0, mode, step: number + 1 }
        events.push({ type: 'retry', ...retry, ...voids, ...asked, error })
        if (mode === 'restart') {
          blocks = from
          known = []
        }
      }
      for (const { block, kind, text, signed } of pieces) {
        const before = known[block]
        const index = before?.index ?? blocks++
        const event = eventOf(index, before?.kind ?? kind, text, signed)
        if (before === undefined) known.push(event)
        events.push(event)
      }
    }
    if (number === told.length - 1) break
    const calls = known.filter(({ kind }) => kind === 'tool-call')
    for (const [at, call] of calls.entries()) {
      if (call.kind !== 'tool-call') continue
      events.push({ ...call, input: '', seal: `${call.id} sealed` })
      result(call.id, early[at] ?? 0, isError)
    }
  }
  const message = foldTurn(events, false)
  const text = message.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const end: CompleteEvent = {
    type: 'complete',
    text,
    message,
    finishReason: 'stop',
    usage: {},
    ...asked,
    attempts: 1,
    timing: { firstContentMs: 1, durationMs: 2 },
  }
  events.push(end)
  return { events, message }
}

function eventOf(
  index: number,
  kind: ContentEvent['kind'],
  text: string,
  signed: boolean,
): ContentEvent {
  const event = { type: 'content', index } as const
  const signature = signed ? { signature: `signed ${text}` } : {}
  const partial = signed ? { partial: true as const } : {}
  switch (kind) {
    case 'text':
    case 'reasoning':
      return { ...event, kind, text, ...signature }
    case 'tool-call': {
      // Valid arguments in pieces: any number of them may come.
      return { ...event, kind, id: `c${index}`, name: 'f', input: ' ', ...signature }
    }
    case 'provider':
      return { ...event, kind, name: 'n', origin: 'o', data: { text }, ...partial }
    case 'file':
      return { ...event, kind, mediaType: 'image/png', data: btoa(String(text.length)), ...partial }
    default:
      return { ...event, kind: 'source', url: `https://x.test/${text.length}` }
  }
}

type Folded = AssistantMessage & { content: readonly OutputPart[] }

/** @param cut - the events end without the end of the answer */
export function foldTurn(events: readonly StreamEvent[], cut: boolean): Folded {
  const order: number[] = []
  const pieces = new Map<number, ContentEvent[]>()
  for (const event of events) {
    if (event.type === 'retry' && event.mode === 'restart') {
      for (const index of order.filter((each) => each >= (event.from ?? 0))) {
        order.splice(order.indexOf(index), 1)
        pieces.delete(index)
      }
    }
    if (event.type !== 'content') continue
    if (!pieces.has(event.index)) order.push(event.index)
    pieces.set(event.index, [...(pieces.get(event.index) ?? []), event])
  }
  const isResult = (index: number): boolean => pieces.get(index)?.[0]?.kind === 'tool-result'
  const whole = Math.max(-1, ...order.filter(isResult))
  const content = order.flatMap((index): OutputPart[] => {
    const all = pieces.get(index) ?? []
    const last = all.at(-1)
    if (last === undefined) return []
    const signature = all.findLast((each) => 'signature' in each)
    const signed =
      signature !== undefined && 'signature' in signature ? signature.signature : undefined
    const extra = signed === undefined ? {} : { signature: signed }
    switch (last.kind) {
      case 'text':
      case 'reasoning': {
        const text = all.map((each) => ('text' in each ? each.text : '')).join('')
        return text === '' && signed === undefined ? [] : [{ type: last.kind, text, ...extra }]
      }
      case 'tool-call': {
        const { id, name } = last
        const seal = all.findLast((each) => 'seal' in each && each.seal !== undefined)
        const sealed = seal !== undefined && 'seal' in seal ? { seal: seal.seal } : {}
        // A seal comes once the step is whole.
        if (cut && index > whole && seal === undefined) {
          const isLast =
            index === order.findLast((each) => pieces.get(each)?.[0]?.kind !== 'source')
          return [
            {
              type: 'tool-call',
              id,
              name,
              input: isLast ? ' '.repeat(lengthOf(all)) : {},
              error: 'any',
              ...extra,
            },
          ]
        }
        return [{ type: 'tool-call', id, name, input: {}, ...extra, ...sealed }]
      }
      case 'tool-result': {
        if (last.preliminary) return []
        const { type: _type, index: _index, kind, ...rest } = last
        return [{ ...rest, type: kind }]
      }
      default: {
        const { type: _type, index: _index, kind, ...rest } = last
        return [{ ...rest, type: kind } as OutputPart]
      }
    }
  })
  return { role: 'assistant', content }
}

function lengthOf(all: readonly ContentEvent[]): number {
  return all.reduce((length, each) => length + ('input' in each ? each.input.length : 0), 0)
}
