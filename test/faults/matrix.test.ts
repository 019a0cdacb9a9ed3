/**
 * Every fault, on every driver, before and after content, with and without further attempts: what the reader is told, how often
 * the provider is asked, and that nothing stays open.
 */

import { getEventListeners } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StreamEvent } from '../../src/base/events.js'
import { createStream } from '../../src/entries/index.js'
import { closedSoon } from './closed.js'
import {
  describeEvent,
  expectedEvents,
  expectedRequests,
  expectedText,
  faults,
  type Row,
  retry,
  rows,
} from './rows.js'
import { FaultServer, type Play, refusingAddress } from './server.js'
import { healthy, shownPieces, type Wire } from './wires.js'

/** How many rows run at once: most of them wait, for clocks and for the provider's `retry-after`. */
const atOnce = 60

interface Outcome {
  events: StreamEvent[]
  /** How many requests reached the server. */
  requests: number
  openConnections: number
  /** On the caller's signal. */
  listeners: number
  /** What `text()` gives, or the code that it rejects with. */
  text: unknown
}

const outcomes = new Map<Row, PromiseWithResolvers<Outcome>>()
let refusing: Awaited<ReturnType<typeof refusingAddress>>

beforeAll(async () => {
  refusing = await refusingAddress()
  for (const row of rows) {
    const outcome = Promise.withResolvers<Outcome>()
    outcome.promise.catch(() => {})
    outcomes.set(row, outcome)
  }
  const waiting = [...outcomes]
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [row, outcome] = next
      await run(row).then(outcome.resolve, outcome.reject)
    }
  }
  for (let worker = 0; worker < atOnce; worker++) void work()
})

afterAll(() => refusing[Symbol.asyncDispose]())

describe.each(faults)('$name', (fault) => {
  test.each(rows.filter((row) => row.fault === fault))(
    '$name',
    async (row) => {
      const outcome = await outcomes.get(row)?.promise
      expect(outcome?.events.map(describeEvent)).toEqual(expectedEvents(row))
      expect(outcome).toMatchObject({
        requests: expectedRequests(row),
        openConnections: 0,
        listeners: 0,
        text: expectedText(row),
      })
    },
    60_000,
  )
})

test('a place where a fault is not tried has a reason why it does not exist', () => {
  for (const { places, why } of faults) expect(why === undefined).toBe(places.length === 3)
})

async function run({ wire, fault, place, policy }: Row): Promise<Outcome> {
  const shown = new Counter()
  const faulty = fault.play(wire, place, ({ count }) => shown.reach(count))
  const plays: Play[] = policy === 'a retry that helps' ? [faulty, healthy] : [faulty]
  await using server = await FaultServer.listen(...(fault.refused ? plays.slice(1) : plays))
  const { signal } = new AbortController()
  const stream = createStream({
    driver: wire.driver(server.url, fault.refused && refuse(wire, server.url, plays.length === 1)),
    prompt: 'Count to three.',
    signal,
    retry: policy === 'no retry' ? false : retry,
    ...(fault.timeout === undefined ? {} : { timeout: fault.timeout }),
  })
  const events: StreamEvent[] = []
  for await (const event of stream) {
    events.push(event)
    if (describeEvent(event) === `text ${shownPieces.at(-1)}`) shown.add()
  }
  const openConnections = await closedSoon(server)
  return {
    events,
    requests: server.requests.length,
    openConnections,
    listeners: getEventListeners(signal, 'abort').length,
    text: await stream.text().catch(({ code }: { code: string }) => code),
  }
}

/** Requests go to an address where nobody listens, all of them or the first. */
function refuse(wire: Wire, url: string, always: boolean): typeof fetch {
  let refused = false
  return (input, init) => {
    const asked = input instanceof Request ? input.url : input.toString()
    const target = refused && !always ? asked : asked.replace(url, refusing.url)
    refused = true
    return wire.fetch(target, init)
  }
}

class Counter {
  #count = 0
  #waiting: { count: number; resolve(): void }[] = []

  add(): void {
    this.#count += 1
    for (const { count, resolve } of this.#waiting) if (count <= this.#count) resolve()
  }

  reach(count: number): Promise<void> {
    if (count <= this.#count) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.push({ count, resolve })
    })
  }
}
