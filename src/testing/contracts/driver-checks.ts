/**
 * Checks of the contract suite on what a driver yields, returns and throws.
 *
 * @module
 */

import { Accumulator } from '../../base/accumulator.js'
import type { Completion, DriverYield } from '../../base/driver.js'
import { StreamError } from '../../base/errors.js'
import type { ContentEvent, FinishReason, RetryEvent } from '../../base/events.js'
import { driverError } from '../../http/request-error.js'

/** A violation of a contract. */
export class ContractError extends Error {
  static {
    this.prototype.name = 'ContractError'
  }
}

/** Throws a ContractError with this message unless the condition is true. */
export function check(condition: unknown, message: string): asserts condition {
  if (!condition) throw new ContractError(message)
}

/** Compares two values, and shows both in the error. */
export function checkText(actual: string, expected: string): void {
  check(actual === expected, `expected the text ${show(expected)}, but it is ${show(actual)}`)
}

/** The events of one yielded value, single or in an array. */
export function eventsOf(value: DriverYield): readonly (ContentEvent | RetryEvent)[] {
  return Array.isArray(value) ? value : [value as ContentEvent | RetryEvent]
}

/** The text that no restart has discarded. */
export function textOf(events: readonly (ContentEvent | RetryEvent)[]): string {
  const answer = new Accumulator()
  for (const event of events) answer.add(event)
  return answer.text()
}

/**
 * Checks the events of a whole attempt, with their blocks numbered from 0 in order of appearance.
 */
export function checkEvents(events: readonly (ContentEvent | RetryEvent)[]): void {
  let blocks = 0
  const kinds = new Map<number, string>()
  for (const event of events) {
    check(
      event?.type === 'content' || event?.type === 'retry',
      `a driver yields content and retry events, but this one yielded ${show(event)}`,
    )
    if (event.type === 'retry') {
      checkRetry(event)
      if (event.mode === 'continue') continue
      const { from = 0 } = event
      blocks = Math.min(blocks, from)
      for (const index of kinds.keys()) if (index >= from) kinds.delete(index)
      continue
    }
    const { index } = event
    check(
      Number.isInteger(index) && index >= 0 && index <= blocks,
      `the next new block is ${blocks}, but the index is ${index} in ${show(event)}`,
    )
    if (index === blocks) blocks += 1
    const kind = kinds.get(index) ?? event.kind
    check(kind === event.kind, `block ${index} was ${kind}, but now it is ${show(event)}`)
    kinds.set(index, kind)
    checkContent(event)
  }
}

/** The fields of each kind that must be strings. */
const strings: Record<ContentEvent['kind'], readonly string[]> = {
  text: ['text'],
  reasoning: ['text'],
  'tool-call': ['id', 'name', 'input'],
  'tool-result': ['id', 'name'],
  source: [],
  file: ['mediaType', 'data'],
  provider: ['name', 'origin'],
}

function checkContent(event: ContentEvent): void {
  check(Object.hasOwn(strings, event.kind), `unknown kind of content: ${show(event)}`)
  const fields: Partial<Record<string, unknown>> = { ...event }
  for (const name of strings[event.kind]) {
    check(typeof fields[name] === 'string', `${name} must be a string in ${show(event)}`)
  }
}

function checkRetry(event: RetryEvent): void {
  check(
    Number.isInteger(event.attempt) && event.attempt >= 2 && event.maxAttempts >= event.attempt,
    `attempt counts from 2 and never exceeds maxAttempts, but this is ${show(event)}`,
  )
  check(event.delayMs >= 0, `delayMs must be 0 or more in ${show(event)}`)
  check(
    event.mode === 'restart' || event.mode === 'continue',
    `mode is "restart" or "continue", but this is ${show(event)}`,
  )
  const { from = 0 } = event
  check(
    Number.isInteger(from) && from >= 0,
    `from is the index of a block, but this is ${show(event)}`,
  )
  check(StreamError.is(event.error), `error must be a StreamError in ${show(event)}`)
}

const finishReasons: Record<FinishReason, true> = {
  stop: true,
  length: true,
  'tool-calls': true,
  'content-filter': true,
  pause: true,
  other: true,
}

export function checkCompletion(completion: Completion | undefined): void {
  check(
    typeof completion === 'object' && completion !== null,
    `a driver returns { finishReason, usage }, but this one returned ${show(completion)}`,
  )
  check(
    Object.hasOwn(finishReasons, completion.finishReason),
    `finishReason is one of ${Object.keys(finishReasons).join(', ')}, but it is ${show(completion.finishReason)}`,
  )
  const { usage } = completion
  check(typeof usage === 'object' && usage !== null, 'usage must be an object; {} reports nothing')
  for (const [name, tokens] of Object.entries(usage)) {
    check(
      tokens === undefined || (Number.isInteger(tokens) && tokens >= 0),
      `usage.${name} must be a number of tokens, but it is ${show(tokens)}`,
    )
  }
}

/**
 * The failure as a stream reports it. A driver may throw a StreamError, or the error of a
 * connection as it is. No other error is accepted, because it does not describe the failure.
 */
export function checkFailure(thrown: unknown, provider: string): StreamError {
  const error = driverError(thrown, provider)
  check(
    StreamError.is(thrown) || error.code !== 'unknown',
    `a driver throws a StreamError or the error of a connection, but this one threw ${show(thrown)}`,
  )
  return error
}

/** Formats a value for a message. */
export function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`
  return JSON.stringify(value) ?? String(value)
}
