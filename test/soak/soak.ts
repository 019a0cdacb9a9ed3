/**
 * Hundreds of streams at once under random faults, read in every way and left in every way, for as long as is wanted.
 *
 *     npm run soak                                  500 streams for 60 seconds
 *     npm run soak -- --seconds 600 --streams 100
 *
 * It prints what it measured, and fails if a stream breaks the grammar, a promise rejects unhandled, a connection or a listener is
 * left, or the heap grows. Growth is the difference between two moments at which no stream runs, each after a collection: the end of
 * a warm-up, and the end.
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
const allowedGrowth = 2 * 1024 * 1024

/** In which pools and caches fill and code is compiled. */
const warmUpSeconds = 10

/** Whole answers whose connection stays open are drained for half a second, and unused connections closed after two. */
const settleMs = 4_000

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

async function work(until: number): Promise<void> {
  while (performance.now() < until) {
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

/** Runs all streams for so long, and gives the heap that is used when they have ended. */
async function run(forSeconds: number): Promise<number> {
  const began = performance.now()
  const sample = setInterval(() => {
    collect()
    const { heapUsed, rss } = process.memoryUsage()
    const now = ((performance.now() - began) / 1000).toFixed(0).padStart(4)
    console.log(`${now} s  heap ${mebibytes(heapUsed)}  rss ${mebibytes(rss)}  ${streams} streams`)
  }, 5_000)
  await Promise.all(Array.from({ length: concurrent }, () => work(began + forSeconds * 1000)))
  clearInterval(sample)
  await new Promise((resolve) => setTimeout(resolve, settleMs))
  collect()
  return process.memoryUsage().heapUsed
}

/** Twice: what finalizers let go of is gone after the second one. */
function collect(): void {
  gc?.()
  gc?.()
}

const before = await run(warmUpSeconds)
const warm = streams
const after = await run(seconds)
provider.send('report')
const [report] = (await once(provider, 'message')) as [ProviderReport]
provider.disconnect()

const growth = after - before
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
  heapAfterWarmUp: mebibytes(before),
  heapAtTheEnd: mebibytes(after),
  growth: mebibytes(growth),
  bytesPerStream: Math.round(growth / (streams - warm)),
  failures: failures.length,
})
for (const failure of failures.slice(0, 20)) console.error(failure)
process.exitCode = failures.length > 0 ? 1 : 0

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}
