/**
 * The rows of the matrix, and what a reader has to be told in each.
 *
 * @module
 */

import { expect } from 'vitest'
import type { StreamEvent } from '../../src/base/events.js'
import type { RetryOptions } from '../../src/entries/index.js'
import { bodies } from './bodies.js'
import type { Fault, Place, Range, Told } from './fault.js'
import { foreignBodies, refused, resets, statuses } from './responses.js'
import { pieces, shownPieces, type Wire, wholeText, wires } from './wires.js'

type Policy = 'no retry' | 'a retry that helps' | 'retries until none is left'

const policies: readonly Policy[] = ['no retry', 'a retry that helps', 'retries until none is left']

const maxRetries = 2
/** The same bound twice: the backoff is exact. */
const backoffMs = 1
export const retry: RetryOptions = { maxRetries, minDelayMs: backoffMs, maxDelayMs: backoffMs }

export const faults: readonly Fault[] = [
  refused,
  ...resets,
  ...statuses,
  ...foreignBodies,
  ...bodies,
]

export interface Row {
  name: string
  wire: Wire
  fault: Fault
  place: Place
  policy: Policy
}

export const rows: readonly Row[] = faults.flatMap((fault) =>
  fault.places.flatMap((place) =>
    policies.flatMap((policy) =>
      wires.map((wire) => {
        const name = `${wire.title}, ${place}, ${policy}`
        return { name, wire, fault, place, policy }
      }),
    ),
  ),
)

/** How often the provider is asked, and how often that request arrives. */
export function expectedRequests(row: Row): number {
  const attempts = helps(row) ? 2 : tries(row) ? 1 + maxRetries : 1
  if (row.fault.refused !== true) return attempts
  return helps(row) ? 1 : 0
}

/** What `text()` gives, or the code of the error that it rejects with. */
export function expectedText(row: Row): string {
  return helps(row) ? wholeText : toldOf(row).code
}

/** Each event as `describeEvent` shows it. */
export function expectedEvents(row: Row): unknown[] {
  const told = toldOf(row)
  const came = row.place === 'before content' ? [] : [...shownPieces]
  const content = came.map((piece) => `text ${piece}`)
  const failure = failureOf(told)
  const retryAfterMs = matcher(told.retryAfterMs)
  const retried = (attempt: number): unknown => ({
    retry: `${attempt}/${1 + maxRetries} restart`,
    asks: nameOf(row.wire),
    failure,
    retryAfterMs,
    delayMs: matcher(told.delayMs ?? backoffMs),
  })
  const failed = (attempts: number): unknown => ({
    error: failure,
    retryAfterMs,
    partial: came.join(''),
    attempts,
  })
  const start = `start ${nameOf(row.wire)}`
  if (!tries(row)) return [start, ...content, failed(1)]
  if (!helps(row)) {
    return [start, ...content, retried(2), ...content, retried(3), ...content, failed(3)]
  }
  return [
    start,
    ...content,
    retried(2),
    ...pieces.map((piece) => `text ${piece}`),
    { complete: wholeText, finishReason: 'stop', from: nameOf(row.wire), attempts: 2 },
  ]
}

function toldOf({ fault, wire }: Row): Told {
  return typeof fault.told === 'function' ? fault.told(wire) : fault.told
}

function tries(row: Row): boolean {
  const { retryable, failsFast } = toldOf(row)
  return row.policy !== 'no retry' && retryable && failsFast === undefined
}

function helps(row: Row): boolean {
  return row.policy === 'a retry that helps' && tries(row)
}

function nameOf(wire: Wire): string {
  return `${wire.name.split(' ')[0]} m`
}

function matcher(value: number | Range | undefined): unknown {
  if (typeof value !== 'object') return value
  const { from, to } = value
  const within = (given: unknown): boolean =>
    typeof given === 'number' && given >= from && given <= to
  return expect.toSatisfy(within, `is from ${from} to ${to}`)
}

/** All of an event that a fault decides. */
export function describeEvent(event: StreamEvent): unknown {
  switch (event.type) {
    case 'start':
      return `start ${event.provider} ${event.model}`
    case 'content':
      return event.kind === 'text' ? `text ${event.text}` : event
    case 'retry':
      return {
        retry: `${event.attempt}/${event.maxAttempts} ${event.mode}`,
        asks: `${event.provider} ${event.model}`,
        failure: failureOf(event.error),
        retryAfterMs: event.error.retryAfterMs,
        delayMs: event.delayMs,
      }
    case 'complete':
      return {
        complete: event.text,
        finishReason: event.finishReason,
        from: `${event.provider} ${event.model}`,
        attempts: event.attempts,
      }
    case 'error':
      return {
        error: failureOf(event.error),
        retryAfterMs: event.error.retryAfterMs,
        partial: partialText(event),
        attempts: event.attempts,
      }
  }
}

function failureOf({ code, retryable, status }: Pick<Told, 'code' | 'retryable' | 'status'>) {
  return [code, retryable ? 'retryable' : 'final', status ?? 'no status'].join(', ')
}

function partialText({ partial }: Extract<StreamEvent, { type: 'error' }>): string {
  const { content } = partial
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join('')
}
