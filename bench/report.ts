/**
 * What was measured, as a page.
 */

import { cpus, type } from 'node:os'
import { bars } from './bars.ts'
import type { Contest } from './contest.ts'
import type { First } from './first-content.ts'
import type { Flow } from './flow.ts'
import type { Started } from './footprint/start.ts'
import type { Grown } from './growth.ts'
import type { Scaled, Served } from './sockets/run.ts'
import { fixed, table } from './table.ts'

export interface Results {
  versions: Record<string, string>
  consumed: Contest[]
  relayed: Contest[]
  served: Served[]
  scaled: Scaled[]
  first: First[]
  flows: Flow[]
  grown: Grown
  started: Started[]
  sizes: { name: string; bytes: number }[]
  /** What `loops.ts` prints. */
  loops: string
}

function costs(all: readonly Contest[]): string {
  const columns = all.map(({ wire, eventsPerChunk }) => `${wire}, ${eventsPerChunk}`)
  const names = [...new Set(all.flatMap(({ results }) => results.map(({ name }) => name)))]
  const cell = ({ results }: Contest, name: string): string => {
    const found = results.find((each) => each.name === name)
    if (found === undefined) return ''
    const { median, lowerQuartile, upperQuartile, ratio } = found
    return `${fixed(ratio)}x (${fixed(median)} us, ${fixed(lowerQuartile)} to ${fixed(upperQuartile)})`
  }
  return table(
    ['', ...columns],
    names.map((name) => [name, ...all.map((each) => cell(each, name))]),
  )
}

/** @param load - of the machine, before anything was measured */
export function page(all: Results, load: number): string {
  const { consumed, relayed, served, scaled, first, flows, grown, started, sizes, loops } = all
  const versions = Object.entries(all.versions).map(([name, version]) => `${name} ${version}`)
  const machine = `${cpus().length} cores of ${cpus()[0]?.model ?? 'an unknown kind'}, ${type()}, Node ${process.version.slice(1)}, a load of ${fixed(load, 1)} before it began`
  const kilobytes = (bytes: number): string => fixed(bytes / 1000, 1)
  return `# Benchmarks

Measured on ${machine}. Versions: ${versions.join(', ')}.

To do it again: \`npm ci && npm run build && npm --prefix bench ci && npm --prefix bench start\`. It takes about eight minutes and writes this page.

![CPU time a token, in ratios to the floor](benchmarks.svg)

Every contestant has a process of its own; all take turns in one run. The figure is CPU time (\`process.cpuUsage\`), as a ratio to the
floor within a round, and the median of all rounds; in parentheses the microseconds a token with their quartiles. The floor is a
hand-tuned loop that knows exactly what comes and guards against nothing. What a contestant gives is checked before its time counts.

## The bars

${bars(all)}

## Read an answer

10,000 tokens, one or sixteen events a network chunk, each library as its users use it, with its retries, timeouts and checks on.

${costs(consumed)}

## Relay an answer as server-sent events

From the provider's bytes to ours; the floor is a loop that writes the same bytes by hand.

${costs(relayed)}

## Over real sockets

Provider, gateway and 200 clients in three processes, 20 tokens a second for each client. CPU and memory are the gateway's.

${table(
  [
    '',
    'CPU a token (us)',
    'heap a stream (kB)',
    'RSS (MB)',
    'first token p50 (ms)',
    'p99 (ms)',
    'latency p50 (ms)',
    'p99 (ms)',
  ],
  served.map(({ name, cpuPerToken, heapPerStream, rssBytes, firstTokenMs, latencyMs }) => [
    name === 'direct' ? 'no gateway' : name,
    name === 'direct' ? '' : fixed(cpuPerToken, 1),
    name === 'direct' ? '' : kilobytes(heapPerStream),
    name === 'direct' ? '' : fixed(rssBytes / 1e6, 0),
    fixed(firstTokenMs.p50, 0),
    fixed(firstTokenMs.p99, 0),
    fixed(latencyMs.p50, 1),
    fixed(latencyMs.p99, 1),
  ]),
)}

## Scale

Streams of 50 tokens a second through one gateway process. Provider and clients share the cores with it, so its own ceiling is
higher than this. Added latency is the 99th percentile with the gateway less that without it, each the better of two runs; the last
row is the first in which ours passed 50 ms.

${table(
  [
    'streams',
    'added p99, ours (ms)',
    'added p99, the floor (ms)',
    'CPU a token, ours (us)',
    'CPU a token, the floor (us)',
    'heap a stream, ours (kB)',
  ],
  scaled.map(({ streams, direct, ours, floor }) => [
    streams,
    fixed(ours.latencyMs.p99 - direct.latencyMs.p99, 1),
    fixed(floor.latencyMs.p99 - direct.latencyMs.p99, 1),
    fixed(ours.cpuPerToken, 1),
    fixed(floor.cpuPerToken, 1),
    kilobytes(ours.heapPerStream),
  ]),
)}

${million(all)}

## First content

From the call to the first piece of text, without a network, in microseconds, with quartiles. Drivers and clients are made once before.

${table(
  ['', ...first.map(({ wire }) => wire)],
  [...new Set(first.flatMap(({ results }) => results.map(({ name }) => name)))].map((name) => [
    name,
    ...first.map(({ results }) => {
      const found = results.find((each) => each.name === name)
      if (found === undefined) return ''
      return `${fixed(found.median, 0)} (${fixed(found.lowerQuartile, 0)} to ${fixed(found.upperQuartile, 0)})`
    }),
  ]),
)}

## Back-pressure and cancellation

A client reads ten chunks, pauses for half a second, and leaves: the body of the response is cancelled, and nobody aborts a signal by hand.

${table(
  ['', 'chunks taken from the provider while it paused', 'provider cancelled after (ms)'],
  flows.map(({ name, takenWhilePaused, cancelledAfterMs }) => [
    name,
    takenWhilePaused,
    cancelledAfterMs === undefined ? 'not within a second' : fixed(cancelledAfterMs, 1),
  ]),
)}

## Growth

${table(
  ['tokens in the answer', 'CPU a token (us)'],
  grown.byLength.map(({ tokens, cpuPerToken }) => [tokens, fixed(cpuPerToken)]),
)}

${table(
  ['streams open at once', 'heap a stream (kB), its request and its body included'],
  grown.byCount.map(({ streams, heapPerStream }) => [streams, kilobytes(heapPerStream)]),
)}

## Footprint

${table(
  ['', 'import in a new process (ms)', 'packages installed'],
  started.map(({ name, importMs, packages }) => [name, fixed(importMs, 0), packages]),
)}

Minified and compressed, without what is a peer dependency:

${table(
  ['', 'kB'],
  sizes.map(({ name, bytes }) => [name, kilobytes(bytes)]),
)}

## Turns with tools that fail

${loops}
`
}

/** On paper: what a fleet needs if every core spends at most half of its time on tokens. */
function million({ scaled, relayed }: Results): string {
  const last = scaled.at(-1)
  const alone = relayed[0]?.results.find(({ name }) => name === 'sluice')?.median
  if (last === undefined || alone === undefined) return ''
  const { cpuPerToken } = last.ours
  const heapPerStream = Math.max(...scaled.map(({ ours }) => ours.heapPerStream))
  const coresFor = (microseconds: number): number => Math.ceil((1e6 * 50 * microseconds) / 500_000)
  return `On paper, a million streams of 50 tokens a second, with cores that are half busy: at ${fixed(cpuPerToken, 1)} us a token, sockets
included, they take ${coresFor(cpuPerToken)} cores of this kind, and ${fixed((heapPerStream * 1e6) / 1e9, 0)} GB of heap. Of these, ${coresFor(alone)} cores are what the relay costs
without sockets (${fixed(alone, 1)} us a token); the others are for one read and one write of a socket a token, by Node and the kernel, which
the floor pays too. How much a kernel takes for these differs more between machines than anything else here.`
}
