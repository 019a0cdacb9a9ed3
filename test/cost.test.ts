import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Cost } from './support/cost.js'
import type { GatewayCost } from './support/gateway-cost.js'

const run = promisify(execFile)
const script = fileURLToPath(new URL('./support/cost.ts', import.meta.url))
// No collection happens while bytes are counted.
const flags = ['--no-warnings', '--expose-gc', '--min-semi-space-size=256']
const nursery = '--max-semi-space-size=256'

async function costsOf(wire: string, eventsPerChunk: number): Promise<Record<string, Cost>> {
  const { stdout } = await run(process.execPath, [
    ...flags,
    nursery,
    script,
    wire,
    String(eventsPerChunk),
  ])
  return JSON.parse(stdout) as Record<string, Cost>
}

/** Bytes are what was measured plus a quarter: they differ by a few hundredths from run to run, and by more between versions of Node. */
const limits = [
  { wire: 'openai', eventsPerChunk: 1, consumeBytes: 1_575, relayBytes: 2_820 },
  { wire: 'openai', eventsPerChunk: 16, consumeBytes: 1_835, relayBytes: 2_175 },
  { wire: 'anthropic', eventsPerChunk: 1, consumeBytes: 1_275, relayBytes: 2_725 },
  { wire: 'anthropic', eventsPerChunk: 16, consumeBytes: 1_215, relayBytes: 1_650 },
]

test.each(limits)(
  'an event on the wire of $wire, $eventsPerChunk a chunk, takes no more promises and memory than it did',
  async ({ wire, eventsPerChunk, consumeBytes, relayBytes }) => {
    const { consume, relay } = await costsOf(wire, eventsPerChunk)
    // One for the read of a chunk or the rest of a batch, one for the reader's next().
    expect(consume?.promises).toBe(2)
    // Per chunk, not per event.
    expect(relay?.promises).toBe(3 / eventsPerChunk)
    expect(consume?.bytes).toBeLessThan(consumeBytes)
    expect(relay?.bytes).toBeLessThan(relayBytes)
    // A count that cannot be right would hold any limit.
    expect(consume?.bytes).toBeGreaterThan(consumeBytes / 3)
  },
  60_000,
)

test.each([
  ['nodeFetch', 0],
  // Its body is a Web stream, whose reads are promises.
  ['fetch', 10],
])(
  'over sockets on %s, a token takes at most %i promises, and no listener or timer',
  async (name, most) => {
    const path = fileURLToPath(new URL('./support/gateway-cost.ts', import.meta.url))
    const { stdout } = await run(process.execPath, ['--no-warnings', path, name])
    const { promises, listeners, resources } = JSON.parse(stdout) as GatewayCost
    expect(promises).toBeLessThanOrEqual(most)
    expect(listeners[0]).toBeGreaterThan(5)
    expect(listeners[1]).toBe(listeners[0])
    expect(resources[1]).toBe(resources[0])
  },
)
