/**
 * What becomes of cost and memory as streams grow longer and more: `node growth.ts`.
 */

import { fork } from 'node:child_process'
import { createStream, type StreamEvent } from 'sluice'
import { compatible } from 'sluice/compatible'
import { quantile } from './measure.ts'
import { fetchOf, makeWire } from './wires.ts'

export interface Grown {
  /** Microseconds of CPU time a token, by the length of the answer in tokens. */
  byLength: { tokens: number; cpuPerToken: number }[]
  /** Heap of each stream that is open and has read 20 tokens, in bytes, what its request and body take included. */
  byCount: { streams: number; heapPerStream: number }[]
}

function open(fetch: typeof globalThis.fetch): AsyncIterator<StreamEvent> {
  const driver = compatible({ baseURL: 'http://provider/v1', model: 'm', fetch })
  return createStream({ driver, prompt: 'Hello?' })[Symbol.asyncIterator]()
}

async function read(events: AsyncIterator<StreamEvent>, most: number): Promise<number> {
  for (let count = 0; count < most; count++) {
    const { done, value } = await events.next()
    if (done) return count
    if (value.type === 'error') throw value.error
  }
  return most
}

async function costOf(tokens: number): Promise<number> {
  const wire = makeWire('openai', tokens, 1)
  const runs = Math.ceil(200_000 / tokens)
  const samples: number[] = []
  for (let sample = 0; sample < 7; sample++) {
    const before = process.cpuUsage()
    for (let run = 0; run < runs; run++) {
      const count = await read(open(fetchOf(wire)), Infinity)
      if (count !== tokens + 2) throw new Error(`${count} events came of ${tokens} tokens.`)
    }
    const { user, system } = process.cpuUsage(before)
    samples.push((user + system) / runs / tokens)
  }
  return quantile(samples, 0.5)
}

async function heapOf(streams: number): Promise<number> {
  const wire = makeWire('openai', 100, 1)
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const all = Array.from({ length: streams }, () => open(fetchOf(wire)))
  await Promise.all(all.map((events) => read(events, 20)))
  globalThis.gc?.()
  const bytes = process.memoryUsage().heapUsed - before
  for (const events of all) await events.return?.()
  return bytes / streams
}

export async function growth(): Promise<Grown> {
  const child = fork(new URL(import.meta.url), [], { execArgv: ['--no-warnings', '--expose-gc'] })
  try {
    return await new Promise((resolve, reject) => {
      child.once('message', (grown) => resolve(grown as Grown))
      child.once('exit', (code) => reject(new Error(`growth.ts ended with code ${code}`)))
    })
  } finally {
    child.kill()
  }
}

if (process.send !== undefined) {
  const grown: Grown = { byLength: [], byCount: [] }
  await costOf(20_000)
  for (const tokens of [2_000, 20_000, 200_000]) {
    grown.byLength.push({ tokens, cpuPerToken: await costOf(tokens) })
  }
  await heapOf(100)
  // One alone is lost in what else the heap does.
  for (const streams of [100, 1_000, 5_000]) {
    grown.byCount.push({ streams, heapPerStream: await heapOf(streams) })
  }
  process.send(grown)
} else if (import.meta.main) console.log(await growth())
