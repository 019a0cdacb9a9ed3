/**
 * Shared by the contract tests of a store.
 *
 * @module
 */

import { StreamError, type StreamErrorCode } from '../../base/errors.js'
import type { Message } from '../../base/messages.js'
import type { ConversationLock, ConversationStore } from '../../conversation/store.js'
import { ContractError, check, show } from './driver-checks.js'

export interface StoreContext {
  store: ConversationStore
  /** The id of the conversation, unique to this test. */
  id: string
  ttlMs: number
  deadlineMs: number
}

export interface StoreCase {
  /** @default 60_000 */
  ttlMs?: number
  run(context: StoreContext): Promise<void>
}

/** A turn: a question and its answer. */
export function turnOf(text: string): Message[] {
  return [
    { role: 'user', content: text },
    { role: 'assistant', content: [{ type: 'text', text: `${text}!` }] },
  ]
}

/** JSON with sorted fields, because some databases sort them. */
export function checkEqual(actual: unknown, expected: unknown, what: string): void {
  check(
    show(sorted(actual)) === show(sorted(expected)),
    `${what}: expected ${show(expected)}, but it is ${show(actual)}`,
  )
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  const fields = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(fields.map(([name, field]) => [name, sorted(field)]))
}

/** Checks that a promise rejects in time, with a StreamError of this code. */
export async function checkRejects(
  { deadlineMs }: StoreContext,
  promise: Promise<unknown>,
  code: StreamErrorCode,
  what: string,
): Promise<void> {
  const error = await soon(deadlineMs, what, promise).then(
    (value) => new ContractError(`${what} must reject, but it resolved with ${show(value)}`),
    (thrown: unknown) => thrown,
  )
  if (error instanceof ContractError) throw error
  check(
    StreamError.is(error) && error.code === code,
    `${what} must reject with a StreamError of code ${code}, but it rejected with ${show(error)}`,
  )
}

export async function soon<Result>(
  deadlineMs: number,
  what: string,
  promise: Promise<Result>,
): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const message = `${what} took longer than ${deadlineMs} ms`
    timer = setTimeout(() => reject(new ContractError(message)), deadlineMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Marks the failure of a promise as handled, for promises that are awaited later. */
export function later<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => {})
  return promise
}

export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}

export interface Renewed {
  lock: ConversationLock
  /** Called between two renewals. */
  meanwhile(): Promise<void>
}

/**
 * Renews a lock repeatedly until `totalMs` have passed. If the machine stalls for longer than
 * `limitMs`, the result means nothing, so it starts again, a few times.
 *
 * @param begin - returns the lock to renew, with an id that is unique to this round
 */
export async function keepRenewing(
  totalMs: number,
  limitMs: number,
  begin: (round: number) => Promise<Renewed>,
): Promise<void> {
  const failures: unknown[] = []
  for (let round = 1; round <= 5; round++) {
    let renewedAt = Date.now()
    const endsAt = renewedAt + totalMs
    const { lock, meanwhile } = await begin(round)
    let longestMs = 0
    let failure: unknown
    while (Date.now() < endsAt && failure === undefined) {
      try {
        // The store may have renewed it at any time within the call.
        const askedAt = Date.now()
        await lock.renew()
        longestMs = Math.max(longestMs, Date.now() - renewedAt)
        renewedAt = askedAt
        await meanwhile()
        await pause(limitMs / 20)
      } catch (error) {
        failure = error
      }
    }
    longestMs = Math.max(longestMs, Date.now() - renewedAt)
    await lock.release()
    if (failure === undefined) return
    failures.push(failure)
    if (longestMs < limitMs) throw failure
  }
  throw failures[0]
}
