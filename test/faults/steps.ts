/**
 * The rows of the matrix of turns: a fault in one of three steps, on every wire, and what a reader has to receive.
 *
 * @module
 */

import { expect } from 'vitest'
import type { StreamEvent } from '../../src/base/events.js'
import type { Message } from '../../src/base/messages.js'
import type { TimeoutOptions } from '../../src/entries/index.js'
import type { AnswerParts, Fault as SimulatedFault } from '../../src/entries/testing.js'
import { completeAnswer } from '../../src/testing/providers/answer.js'
import type { SimulatedRequest } from '../../src/testing/providers/request.js'
import { contextOf, wireOf } from '../../src/testing/providers/route.js'
import { type DriverRow, everyDriver } from '../support/every-driver.js'

export type Place = 'before content' | 'in content' | 'after content'
export type Policy = 'a retry that helps' | 'retries until none is left'

export interface StepFault {
  name: string
  places: readonly Place[]
  /** Undefined for what the connection does, and not the provider. */
  fault?(row: DriverRow, afterEvents: number): SimulatedFault
  /** A limit of the provider's: the answer is whole, but its calls must not be run. */
  finishReason?: string
  /** The client receives something else after so many network chunks. */
  malformed?: true
  code: (row: DriverRow) => string
  retryable: boolean
  timeout?: TimeoutOptions
}

const everywhere: readonly Place[] = ['before content', 'in content', 'after content']
const atOnce: readonly Place[] = ['before content']

export const stepFaults: readonly StepFault[] = [
  {
    name: 'a refused connection',
    places: atOnce,
    fault: () => ({ kind: 'refuse' }),
    code: () => 'network',
    retryable: true,
  },
  {
    name: 'a bad status',
    places: atOnce,
    fault: ({ busyStatus: status }) => ({ kind: 'status', status }),
    code: () => 'overloaded',
    retryable: true,
  },
  {
    name: 'a socket that is cut',
    places: everywhere,
    fault: (_row, afterEvents) => ({ kind: 'cut', afterEvents }),
    code: () => 'network',
    retryable: true,
  },
  {
    name: 'an end without the terminal marker',
    places: everywhere,
    fault: (_row, afterEvents) => ({ kind: 'end', afterEvents }),
    code: () => 'interrupted',
    retryable: true,
  },
  {
    name: 'an error inside the stream',
    places: everywhere,
    fault: (_row, afterEvents) => ({ kind: 'error', afterEvents }),
    code: ({ wire }) => (/anthropic|gemini/.test(wire) ? 'overloaded' : 'server'),
    retryable: true,
  },
  {
    name: 'a stall',
    places: everywhere,
    fault: (_row, afterEvents) => ({ kind: 'stall', afterEvents }),
    code: () => 'timeout',
    retryable: true,
    timeout: { firstChunkMs: 600, chunkMs: 600 },
  },
  {
    name: 'a malformed event',
    places: everywhere,
    malformed: true,
    code: () => 'protocol',
    retryable: false,
  },
  {
    name: 'a limit of the length',
    places: ['after content'],
    finishReason: 'length',
    code: () => '',
    retryable: false,
  },
]

export interface StepRow {
  name: string
  driver: DriverRow
  fault: StepFault
  place: Place
  step: number
  policy: Policy
}

const policies: readonly Policy[] = ['a retry that helps', 'retries until none is left']

export const stepRows: readonly StepRow[] = stepFaults.flatMap((fault) =>
  fault.places.flatMap((place) =>
    [1, 2, 3].flatMap((step) =>
      policies
        .filter((policy) => fault.retryable || policy === 'retries until none is left')
        .flatMap((policy) =>
          everyDriver.map((driver) => {
            const name = `${driver.name}, step ${step}, ${place}, ${policy}`
            return { name, driver, fault, place, step, policy }
          }),
        ),
    ),
  ),
)

// ---------------------------------------------------------------- the answers

type Block = { text: readonly [string, string] } | { at: number }

/** The blocks of each step: two calls, one call, and words only. */
const steps: readonly (readonly Block[])[] = [
  [{ text: ['One', ' two.'] }, { at: 1 }, { at: 2 }],
  [{ text: ['Three', ' four.'] }, { at: 3 }],
  [{ text: ['Five', ' six.'] }],
]

export const wholeText = 'One two.Three four.Five six.'

export function outputOf(at: number): string {
  return `found ${at}`
}

/** How many calls the steps before this one have made. */
export function callsBefore(step: number): number[] {
  return callsOf(steps.slice(0, step - 1).flat())
}

function callsOf(blocks: readonly Block[]): number[] {
  return blocks.flatMap((block) => ('at' in block ? [block.at] : []))
}

function answerOf(step: number): AnswerParts {
  const blocks = steps[step - 1] ?? []
  const text = blocks.flatMap((block) => ('text' in block ? block.text : [])).join('')
  const toolCalls = callsOf(blocks).map((at) => ({ id: `call_${at}`, name: 'find', input: { at } }))
  return { text, ...(toolCalls.length > 0 ? { toolCalls } : {}) }
}

/** The answer to a request, faulty if the row says so. */
export function answerTo(row: StepRow, request: SimulatedRequest, step: number, isFaulty: boolean) {
  const parts = answerOf(step)
  if (!isFaulty || row.step !== step) return parts
  const { finishReason, fault } = row.fault
  if (finishReason !== undefined) return { ...parts, finishReason }
  const afterEvents = eventsBefore(row, request, parts)
  return fault === undefined ? parts : { ...parts, fault: fault(row.driver, afterEvents) }
}

/** The number of events that arrive before the fault. */
export function eventsBefore(
  { driver, place }: StepRow,
  request: SimulatedRequest,
  parts: AnswerParts,
) {
  const wire = wireOf(request.path)
  if (wire === undefined) throw new Error(`No wire has the path ${request.path}.`)
  const context = contextOf(request, wire, 0)
  const events = [...wire.events(completeAnswer(parts, request.body), context)]
  const first = events.findIndex(({ token }) => token)
  if (place === 'before content') return first
  if (place === 'in content') return first + 1
  const terminal = events.findIndex(({ data }) => isTerminal(driver, String(data)))
  return Math.min(events.findLastIndex(({ token }) => token) + 1, terminal)
}

function isTerminal(driver: DriverRow, event: string): boolean {
  const data = /^data: (.*)$/m.exec(event)?.[1] ?? ''
  return driver.isTerminal(data, data.startsWith('{') ? (JSON.parse(data) as never) : {})
}

// ---------------------------------------------------------------- what a reader receives

/** The content of a step up to its fault. Gemini sends the last piece with its terminal marker. */
function shownOf({ driver, place, step, fault }: StepRow): Block[] {
  const blocks = steps[step - 1] ?? []
  if (fault.finishReason !== undefined) return [...blocks]
  if (place === 'before content') return []
  if (place === 'in content') return [{ text: ['One', ''] }].map(() => firstHalf(blocks))
  if (driver.wire !== 'gemini') return [...blocks]
  return blocks.length > 1 ? blocks.slice(0, -1) : [firstHalf(blocks)]
}

function firstHalf([block]: readonly Block[]): Block {
  return { text: [block !== undefined && 'text' in block ? block.text[0] : '', ''] }
}

function describeBlock(block: Block, index: number): string {
  return 'text' in block
    ? `text ${index} ${block.text.join('')}`
    : `call ${index} find {"at":${block.at}}`
}

/** Writes the events of whole steps from an index on, with their results. */
class Expected {
  readonly events: unknown[] = []
  index = 0

  show(blocks: readonly Block[], from = this.index): void {
    for (const [at, block] of blocks.entries()) this.events.push(describeBlock(block, from + at))
  }

  step(step: number): void {
    const blocks = steps[step - 1] ?? []
    this.show(blocks)
    this.index += blocks.length
    for (const at of callsOf(blocks)) this.events.push(`result ${this.index++} ${outputOf(at)}`)
  }
}

const maxRetries = 1
export const retry = { maxRetries, minDelayMs: 1, maxDelayMs: 1 }

/** The events of the first turn. */
export function expectedTurn(row: StepRow): unknown[] {
  const { step, fault, policy, driver } = row
  const expected = new Expected()
  const { events } = expected
  events.push('start')
  for (let before = 1; before < step; before++) expected.step(before)
  const shown = shownOf(row)
  const from = expected.index
  expected.show(shown)
  const code = fault.code(driver)
  const attempts = step - 1
  if (fault.finishReason !== undefined) {
    events.push({ complete: textOf(step, shown), finishReason: 'length', attempts: step })
    return events
  }
  if (fault.retryable) {
    events.push({
      retry: `2/${1 + maxRetries} restart`,
      code,
      step,
      from: from === 0 ? undefined : from,
    })
    if (policy === 'a retry that helps') {
      for (let after = step; after <= steps.length; after++) expected.step(after)
      events.push({ complete: wholeText, finishReason: 'stop', attempts: steps.length + 1 })
      return events
    }
    expected.show(shown)
  }
  const made = attempts + (fault.retryable ? 1 + maxRetries : 1)
  events.push({ error: code, partial: textOf(step, shown), attempts: made })
  return events
}

function textOf(step: number, shown: readonly Block[]): string {
  const whole = steps.slice(0, step - 1).flat()
  return [...whole, ...shown].flatMap((block) => ('text' in block ? block.text : [])).join('')
}

/** The events of the turn that goes on with the partial message. */
export function expectedRest(row: StepRow, refusedCalls: number): unknown[] {
  const expected = new Expected()
  const { events } = expected
  events.push('start')
  for (let call = 0; call < refusedCalls; call++) {
    events.push(expect.stringMatching(new RegExp(`^failed ${expected.index++} `)))
  }
  for (let step = row.step; step <= steps.length; step++) expected.step(step)
  const text = steps.slice(row.step - 1).flat()
  events.push({
    complete: text.flatMap((block) => ('text' in block ? block.text : [])).join(''),
    finishReason: 'stop',
    attempts: 1 + steps.length - row.step,
  })
  return events
}

/** All of the events that a fault decides. Pieces of one block are one. */
export function describeEvents(events: readonly StreamEvent[]): unknown[] {
  const told: unknown[] = []
  let open: { index: number; text: string } | undefined
  for (const event of events) {
    if (event.type === 'content' && (event.kind === 'text' || event.kind === 'tool-call')) {
      const { index } = event
      const piece = event.kind === 'text' ? event.text : event.input
      if (open?.index === index) {
        open.text += piece
        told.pop()
      } else {
        const head = event.kind === 'text' ? `text ${index} ` : `call ${index} ${event.name} `
        open = { index, text: head + piece }
      }
      told.push(open.text)
      continue
    }
    open = undefined
    told.push(describeEvent(event))
  }
  return told
}

function describeEvent(event: StreamEvent): unknown {
  switch (event.type) {
    case 'start':
      return 'start'
    case 'content':
      if (event.kind !== 'tool-result') return event
      return `${event.isError ? 'failed' : 'result'} ${event.index} ${String(event.output)}`
    case 'retry': {
      const { attempt, maxAttempts, mode, error, step, from } = event
      return { retry: `${attempt}/${maxAttempts} ${mode}`, code: error.code, step, from }
    }
    case 'complete': {
      const { text, finishReason, attempts } = event
      return { complete: text, finishReason, attempts }
    }
    case 'error':
      return {
        error: event.error.code,
        partial: wordsOf(event.partial),
        attempts: event.attempts,
      }
  }
}

function wordsOf({ content }: Message): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
