/**
 * Hundreds of streams at once under random faults, read in every way and left in every way, for as long as is wanted.
 *
 *     npm run soak                                  500 streams for 60 seconds
 *     npm run soak -- --seconds 600 --streams 100
 *
 * It prints what it measured, and fails if a stream breaks the grammar, a promise rejects unhandled, a connection or a listener is
 * left, or the heap grows. The heap is sampled after a collection, with all streams running; growth is the difference between the
 * medians of the first and the last third of the samples after the warm-up.
 */

import { fork } from 'node:child_process'
import { getEventListeners, once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { checkGrammar } from '../faults/grammar.ts'
import type { ProviderReport } from './provider.ts'
import { readAtRandom, streamAtRandom } from './streams.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    streams: { type: 'string', default: '500' },
  },
})
const seconds = Number(values.seconds)
const concurrent = Number(values.streams)
if (!(seconds >= 10 && concurrent >= 1)) {
  throw new TypeError('Give --seconds from 10 and --streams from 1.')
}

/** How much the heap may grow, in bytes: what two samples of the same state differ by. */
const allowedGrowth = 4 * 1024 * 1024

/** Before it, pools and caches fill and code is compiled. */
const warmUpMs = Math.min(15_000, (seconds * 1000) / 3)

const { gc } = globalThis
if (gc === undefined) throw new Error('Run it with node --expose-gc.')

const failures: string[] = []
process.on('unhandledRejection', (error) => failures.push(`unhandled rejection: ${String(error)}`))

const provider = fork(fileURLToPath(new URL('provider.ts', import.meta.url)))
const [url] = (await once(provider, 'message')) as [string]

const outcomes: Record<string, number> = {}
const count = (name: string): void => {
  outcomes[name] = (outcomes[name] ?? 0) + 1
}
let streams = 0
let events = 0
let attempts = 0
const shared = new AbortController()
const began = performance.now()
const isOver = (): boolean => performance.now() - began > seconds * 1000

async function work(): Promise<void> {
  while (!isOver()) {
    const own = new AbortController()
    // Most share one signal, as all streams of a server may.
    const controller = Math.random() < 0.2 ? own : shared
    const stream = streamAtRandom(url, controller.signal)
    const { told, left } = await readAtRandom(stream, own)
    streams += 1
    events += told.length
    attempts += told.filter(({ type }) => type === 'retry').length
    try {
      checkGrammar(told, left)
    } catch (error) {
      failures.push(`${String(error)} in ${told.map(({ type }) => type).join(' ')}`)
    }
    const last = told.at(-1)
    if (left) count('left')
    else count(last?.type === 'error' ? `error ${last.error.code}` : (last?.type ?? 'nothing'))
  }
}

const heap: number[] = []
const sample = setInterval(
  () => {
    gc()
    const { heapUsed, rss } = process.memoryUsage()
    if (performance.now() - began > warmUpMs) heap.push(heapUsed)
    console.log(
      `${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  heap ${mebibytes(heapUsed)}  rss ${mebibytes(rss)}  ${streams} streams`,
    )
  },
  Math.max(500, (seconds * 1000) / 30),
)

await Promise.all(Array.from({ length: concurrent }, work))
clearInterval(sample)

// Whole answers whose connection stays open are drained for half a second.
await new Promise((resolve) => setTimeout(resolve, 1_500))
provider.send('report')
const [report] = (await once(provider, 'message')) as [ProviderReport]
provider.disconnect()

const third = Math.floor(heap.length / 3)
const growth = median(heap.slice(-third)) - median(heap.slice(0, third))
const listeners = getEventListeners(shared.signal, 'abort').length
if (report.open > 0) failures.push(`${report.open} connections are left`)
if (listeners > 0) failures.push(`${listeners} listeners are left on the shared signal`)
if (growth > allowedGrowth) failures.push(`the heap grew by ${mebibytes(growth)}`)

console.log({ outcomes, plays: report.plays })
console.log({
  streams,
  events,
  retries: attempts,
  requests: report.requests,
  openConnections: report.open,
  unusedConnections: report.unused,
  listeners,
  heapAfterWarmUp: mebibytes(median(heap.slice(0, third))),
  heapAtTheEnd: mebibytes(median(heap.slice(-third))),
  growth: mebibytes(growth),
  failures: failures.length,
})
for (const failure of failures.slice(0, 20)) console.error(failure)
process.exitCode = failures.length > 0 ? 1 : 0

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}
