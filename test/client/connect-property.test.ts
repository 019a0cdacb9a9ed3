/**
 * A server that cuts wherever it likes, and a client that must not let it be seen.
 */

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { connect } from '../../src/entries/client.js'
import { closedSoon } from '../faults/closed.js'
import { type Exchange, FaultServer, type Play } from '../faults/server.js'
import { answer, written } from '../support/answers.js'
import { collect } from '../support/collect.js'

/** What a server does with one connection. */
interface Cut {
  /** The fraction of the events that is sent before the cut, from 0 to 1. */
  at: number
  how: 'end' | 'hangUp' | 'reset' | 'status' | 'refuse'
  /** How many events it sends again although the client has them. */
  again: number
  /** The sizes of its chunks, in bytes. */
  sizes: readonly number[]
}

const cut: fc.Arbitrary<Cut> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  how: fc.constantFrom('end', 'hangUp', 'reset', 'status', 'refuse'),
  again: fc.nat({ max: 3 }),
  sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
})

const piece = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.constantFrom('🌊', '\n\n'))

test('a stream that is cut any number of times is delivered completely, each event once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 12 }),
      fc.array(cut, { maxLength: 6 }),
      async (pieces, cuts) => {
        const events = answer(...pieces)
        const serve = (plan?: Cut): Play => {
          return async (exchange) => {
            const { how = 'end', at = 1, again = 0, sizes = [1_000_000] } = plan ?? {}
            if (how === 'status') return exchange.whole(503, '<html>')
            if (how === 'refuse') return exchange.reset()
            const last = Number(exchange.request.headers['last-event-id'] ?? 0)
            const bytes = Buffer.from(`:\n\n${written(events, Math.max(0, last - again))}`)
            await exchange.head(200)
            await inChunks(exchange, bytes.subarray(0, Math.round(bytes.length * at)), sizes)
            exchange[how]()
          }
        }
        await using server = await FaultServer.listen(...cuts.map(serve), serve())
        const retry = { maxRetries: Infinity, minDelayMs: 0, maxDelayMs: 1 }
        expect(await collect(connect(server.url, { retry }))).toEqual(events)
        expect(await closedSoon(server)).toBe(0)
      },
    ),
    { numRuns: 60 },
  )
})

async function inChunks(
  exchange: Exchange,
  bytes: Buffer,
  sizes: readonly number[],
): Promise<void> {
  for (let at = 0, count = 0; at < bytes.length; count++) {
    const size = sizes[count % sizes.length] as number
    await exchange.chunk(bytes.subarray(at, at + size))
    at += size
  }
}
