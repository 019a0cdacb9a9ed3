/**
 * Counts what events cost, in a process of its own: `node --expose-gc --max-semi-space-size=256 cost.ts`.
 *
 * Counts are the same on a slow machine and on a busy one, as times are not.
 */

import { createHook } from 'node:async_hooks'
import { fetchOf, makeWire, type WireName } from '../../bench/wires.ts'

export interface Cost {
  /** Per event, beyond what reading the body itself takes. */
  promises: number
  /** Allocated per event, beyond what reading the body itself takes. */
  bytes: number
}

const { createStream, sse, toReadableStream } = await import('sluice')
const { anthropic } = await import('sluice/anthropic')
const { compatible } = await import('sluice/compatible')

type Read = (wire: WireName, fetch: typeof globalThis.fetch) => Promise<unknown>

function open(wire: WireName, fetch: typeof globalThis.fetch): ReturnType<typeof createStream> {
  const options = { baseURL: 'http://provider/v1', model: 'm', apiKey: 'k', fetch }
  const driver = wire === 'openai' ? compatible(options) : anthropic(options)
  return createStream({ driver, prompt: 'Hello?' })
}

async function readToEnd(body: ReadableStream<Uint8Array>): Promise<number> {
  let length = 0
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return length
    length += value.length
  }
}

const ways: Record<'body' | 'consume' | 'relay', Read> = {
  body: async (_wire, fetch) => {
    const response = await fetch('http://provider/')
    return readToEnd(response.body as ReadableStream<Uint8Array>)
  },
  consume: async (wire, fetch) => {
    let text = ''
    for await (const event of open(wire, fetch)) {
      if (event.type === 'content' && event.kind === 'text') text += event.text
    }
    return text
  },
  relay: async (wire, fetch) => readToEnd(toReadableStream(open(wire, fetch), sse())),
}

let promises = 0
const promiseHook = createHook({
  init(_id, type) {
    if (type === 'PROMISE') promises++
  },
})

const [wire, eventsPerChunk] = process.argv.slice(2) as [WireName, string]
const short = makeWire(wire, 2_000, Number(eventsPerChunk))
const long = makeWire(wire, 6_000, Number(eventsPerChunk))

/** What the events take by which the long answer is longer. */
async function count(read: Read): Promise<Cost> {
  // The compiler does away with some objects once it knows the code.
  for (let warmUp = 0; warmUp < 30; warmUp++) await read(wire, fetchOf(long))
  const samples: number[] = []
  for (let sample = 0; sample < 9; sample++) {
    samples.push((await bytesOf(read, long)) - (await bytesOf(read, short)))
  }
  // Low among them: a machine that is busy compiles late, and a sample that is taken before allocates more.
  const bytes = samples.toSorted((one, other) => one - other)[1] as number
  // Afterwards, because a promise that is watched takes more memory.
  promiseHook.enable()
  const made = (await promisesOf(read, long)) - (await promisesOf(read, short))
  promiseHook.disable()
  return { promises: made / 4_000, bytes: bytes / 4_000 }
}

async function bytesOf(read: Read, answer: typeof short): Promise<number> {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  await read(wire, fetchOf(answer))
  return process.memoryUsage().heapUsed - before
}

async function promisesOf(read: Read, answer: typeof short): Promise<number> {
  const before = promises
  await read(wire, fetchOf(answer))
  return promises - before
}

const body = await count(ways.body)
const costs: Record<string, Cost> = {}
for (const way of ['consume', 'relay'] as const) {
  const cost = await count(ways[way])
  costs[way] = { promises: cost.promises - body.promises, bytes: cost.bytes - body.bytes }
}
console.log(JSON.stringify(costs))
