/**
 * The same property over real wires: whatever the simulated provider does and however its stream is read, the grammar holds, and
 * every request comes to its end.
 */

import { getEventListeners } from 'node:events'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createStream } from '../../src/entries/index.js'
import { type Answer, type Fault, simulatedProvider } from '../../src/entries/testing.js'
import { everyDriver } from '../support/every-driver.js'
import { readers, retries, timeouts } from './model.js'
import { Reading, timers } from './reading.js'

const unhandled = vi.fn()

beforeEach(() => {
  vi.useFakeTimers({ toFake: [...timers] })
  process.on('unhandledRejection', unhandled)
})

afterEach(() => {
  process.off('unhandledRejection', unhandled)
  vi.useRealTimers()
})

const afterEvents = fc.nat(8)

const faults: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant('status'), status: fc.constantFrom(400, 401, 429, 500, 503, 529) }),
  fc.constant<Fault>({ kind: 'refuse' }),
  fc.record({ kind: fc.constantFrom('cut', 'end', 'stall', 'error'), afterEvents }),
  fc.record({ kind: fc.constant('split'), chunkBytes: fc.integer({ min: 1, max: 200 }) }),
)

const answers: fc.Arbitrary<Answer> = fc.record(
  {
    text: fc.constantFrom('One two three.', 'Größe 🌊 tief', 'x'.repeat(3_000)),
    reasoning: fc.constant('Hm, well.'),
    toolCalls: fc.constant([{ name: 'look', input: { at: 'the sea' } }]),
    fault: faults,
  },
  { requiredKeys: ['text'] },
)

test('the grammar holds on every wire', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...everyDriver),
      fc.array(answers, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(0, 3),
      retries,
      timeouts,
      readers,
      async (wire, answer, paceMs, retry, timeout, reader) => {
        unhandled.mockClear()
        vi.clearAllTimers()
        const provider = simulatedProvider({ paceMs, answer })
        const controller = new AbortController()
        const { signal } = controller
        const driver = wire.driver({ fetch: provider.fetch })
        const stream = createStream({ driver, prompt: 'p', signal, retry, timeout })
        const reading = new Reading(stream, controller, reader)
        await reading.run()
        await reading.check()
        expect(getEventListeners(signal, 'abort')).toHaveLength(0)
        // A whole answer may still be drained for its connection; whatever is left is let go when that has had its time.
        await vi.advanceTimersByTimeAsync(600)
        await Promise.all(provider.requests.map(({ closed }) => closed))
        expect(vi.getTimerCount()).toBe(0)
        expect(unhandled.mock.calls).toEqual([])
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 400) },
  )
}, 60_000)
