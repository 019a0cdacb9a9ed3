/**
 * Shared by the contract tests of a log.
 *
 * @module
 */

import type {
  Lease,
  LeaseState,
  LogBatch,
  LogListener,
  LogPage,
  StreamLog,
} from '../../resumable/log.js'
import { ContractError, check, show } from './driver-checks.js'

export interface LogContext {
  log: StreamLog
  /** The log as another process sees it. */
  other: StreamLog
  /** The id of the stream, unique to this test. */
  id: string
  ttlMs: number
  deadlineMs: number
  /** Subscribes until the end of the test. */
  listen(log: StreamLog, id: string, listener: LogListener): Promise<() => void>
  /** Undoes a subscription at the end of the test. */
  later(undo: () => void): void
}

export interface LogCase {
  /** @default 60_000 */
  ttlMs?: number
  run(context: LogContext): Promise<void>
}

/** A lease that does not expire during a test. */
export function longLease(): Lease {
  return { fence: crypto.randomUUID(), leaseMs: 60_000 }
}

/** A lease that expires soon. */
export function shortLease(): Lease {
  return { fence: crypto.randomUUID(), leaseMs: 50 }
}

export function eventsFrom(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => JSON.stringify({ number: first + index }))
}

export function batchOf(first: number, count: number, ended = false): LogBatch {
  return { first, events: eventsFrom(first, count), ended }
}

export function checkEqual(actual: unknown, expected: unknown, what: string): void {
  check(
    show(actual) === show(expected),
    `${what}: expected ${show(expected)}, but it is ${show(actual)}`,
  )
}

/** Creates a stream, and checks that it is new. */
export async function create({ log, id }: LogContext, lease: Lease): Promise<void> {
  checkEqual(await log.create(id, lease), true, 'create() of a new id')
}

/** Appends events, and checks that they are accepted. */
export async function append(
  { log, id }: LogContext,
  lease: Lease,
  batch: LogBatch,
  expected: LeaseState = 'held',
): Promise<void> {
  const what = `append() of ${batch.events.length} events from ${batch.first}`
  checkEqual(await log.append(id, lease, batch), expected, what)
}

/** Reads a stream, and checks that it exists. */
export async function read({ other, id }: LogContext, after: number): Promise<LogPage> {
  const page = await other.read(id, after)
  check(page !== null, `read() of an existing stream returned null`)
  return page
}

/** Reads all pages after an event. */
export async function readAll(context: LogContext, after: number): Promise<string[]> {
  const events: string[] = []
  for (;;) {
    const page = await read(context, after + events.length)
    events.push(...page.events)
    if (after + events.length >= page.last) return events
    check(
      page.events.length > 0,
      `read() returned no events, although the last one is ${page.last}`,
    )
  }
}

/** Waits until nobody holds the lease. */
export async function untilLapsed(context: LogContext): Promise<void> {
  await until(context, 'the end of the lease', async () => {
    const { leaseLeftMs } = await read(context, 0)
    return leaseLeftMs <= 0
  })
}

export async function until(
  { deadlineMs }: LogContext,
  what: string,
  isSo: () => Promise<boolean> | boolean,
): Promise<void> {
  const endsAt = performance.now() + deadlineMs
  while (!(await isSo())) {
    if (performance.now() > endsAt) {
      throw new ContractError(`${what} did not happen within ${deadlineMs} ms`)
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Records its notifications. */
export class Notes implements LogListener {
  readonly events: string[] = []
  /** The number of the last event that was reported. */
  last = 0
  ended = false
  misses = 0
  /** The first notification that was out of order, if any. */
  disorder = ''

  appended({ first, events, ended }: LogBatch): void {
    // A log may report an event twice to a listener that has just subscribed.
    const known = this.events.length === 0 ? 0 : this.last + 1 - first
    if (known < 0) this.disorder ||= `event ${first} was reported after event ${this.last}`
    this.events.push(...events.slice(Math.max(known, 0)))
    this.last = Math.max(this.last, first + events.length - 1)
    this.ended = ended
  }

  missed(): void {
    this.misses++
  }
}
