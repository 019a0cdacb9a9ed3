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
import type { Measured } from './measure.ts'
import type { Opened } from './sockets/openings.ts'
import { type Compared, manyStreams, type Scaled, type Served } from './sockets/run.ts'
import { fixed, table } from './table.ts'

export interface Results {
  versions: Record<string, string>
  consumed: Contest[]
  relayed: Contest[]
  served: Compared
  opened: Opened[]
  many: Served[]
  scaled: Scaled[]
  clustered: { name: string; one: Served; two: Served }[]
  first: First[]
  flows: Flow[]
  grown: Grown
  started: Started[]
  sizes: { name: string; bytes: number }[]
}

function costs(all: readonly Contest[]): string {
  const columns = all.map(({ wire, eventsPerChunk }) => `${wire}, ${eventsPerChunk}`)
  const names = [...new Set(all.flatMap(({ results }) => results.map(({ name }) => name)))]
  const cell = ({ results }: Contest, name: string): string => {
    const found = results.find((each) => each.name === name)
    if (found === undefined) return ''
    const { median, lowerQuartile, upperQuartile } = found
    return `${ratios(found)} (${fixed(median)} us, ${fixed(lowerQuartile)} to ${fixed(upperQuartile)})`
  }
  return table(
    ['', ...columns],
    names.map((name) => [name, ...all.map((each) => cell(each, name))]),
  )
}

/** By round, and of the medians. */
const ratios = ({ ratio, ratioOfMedians }: Measured): string =>
  `${fixed(ratio)}x, ${fixed(ratioOfMedians)}x`

function sockets({ served }: Results): string {
  const columns: [head: string, all: readonly Measured[], digits: number, scale: number][] = [
    ['CPU a token (us)', served.cpu, 1, 1],
    ['heap a stream (kB)', served.heap, 1, 1e3],
    ['RSS (MB)', served.rss, 0, 1e6],
    ['latency p50 (ms)', served.latencyP50, 1, 1],
    ['p99 (ms)', served.latencyP99, 1, 1],
  ]
  return table(
    ['', ...columns.map(([head]) => head)],
    served.names.map((name, row) => [
      name,
      ...columns.map(([, all, digits, scale]) => {
        const one = all[row]
        return one === undefined ? '' : `${fixed(one.median / scale, digits)} (${ratios(one)})`
      }),
    ]),
  )
}

function openings({ opened }: Results): string {
  const [first] = opened
  return table(
    [
      '',
      ...opened.flatMap(({ streams }) => [`${streams} at once, p50 (ms)`, `${streams}, p99 (ms)`]),
    ],
    (first?.p50 ?? []).map(({ name }, row) => [
      name,
      ...opened.flatMap(({ p50, p99 }) =>
        [p50[row], p99[row]].map((one) =>
          one === undefined ? '' : `${fixed(one.median, 0)} (${ratios(one)})`,
        ),
      ),
    ]),
  )
}

/** @param load - of the machine, before anything was measured */
export function page(all: Results, load: number): string {
  const { consumed, relayed, many, scaled, clustered, first, flows, grown, started, sizes } = all
  const versions = Object.entries(all.versions).map(([name, version]) => `${name} ${version}`)
  const machine = `${cpus().length} cores of ${cpus()[0]?.model ?? 'an unknown kind'}, ${type()}, Node ${process.version.slice(1)}, a load of ${fixed(load, 1)} before it began`
  const kilobytes = (bytes: number): string => fixed(bytes / 1000, 1)
  return `# Benchmarks

Measured on ${machine}. Versions: ${versions.join(', ')}.

To do it again: \`npm ci && npm run build && npm --prefix bench ci && npm --prefix bench start\`. It takes about a quarter of an hour and writes this page.

![CPU time a token, in ratios to the floor](benchmarks.svg)

Every contestant has a process of its own; all take turns in one run. The figure is CPU time (\`process.cpuUsage\`). Two ratios to the
first row are given: the median of the ratios of each round, and the ratio of the two medians; a bar is met if both are. In parentheses
the microseconds a token, with their quartiles. What a contestant gives is checked before its time counts.

The floor is a hand-tuned loop that knows exactly what comes and guards against nothing: no check of the end, no limit, no clock, no
error. The bytes are those of one answer as the providers send it, padding against observers included; of a hundred tokens three or four
need an escape or are not ASCII. A body in memory copies its chunks, as that of \`fetch\` does.

What the figures are not: a promise for your machine, where a kernel and a network have other shares; a comparison of features, which
differ; or what an answer costs to its end, as models take a thousand times as long as all of this.

## The bars

${bars(all)}

## Read an answer

10,000 tokens, one or sixteen events a network chunk, each library as its users use it, with its retries, timeouts and checks on.

${costs(consumed)}

## Relay an answer as server-sent events

From the provider's bytes to ours; the floor is a loop that writes the same bytes by hand.

${costs(relayed)}

## Over real sockets

Provider, gateway and 200 clients in three processes, 20 tokens a second for each client. CPU and memory are the gateway's, the opening
of its streams included.

${sockets(all)}

The first token, when clients come all at once. The provider answers at once, so this is what the gateway and the sockets take.

${openings(all)}

${manyStreams.toLocaleString('en-US')} streams that are open at the same time in one process, with a token every four seconds for each (a process of this machine may
have 20,000 descriptors, and a stream takes two):

${table(
  ['', 'heap a stream (kB)', 'RSS (MB)', 'CPU a token (us)', 'latency p50 (ms)', 'p99 (ms)'],
  many.map((one) => [
    one.name,
    kilobytes(one.heapPerStream),
    fixed(one.rssBytes / 1e6, 0),
    fixed(one.cpuPerToken, 1),
    fixed(one.latencyMs.p50, 1),
    fixed(one.latencyMs.p99, 1),
  ]),
)}

## Scale

Streams of 50 tokens a second through one gateway process. Provider and clients share the cores with it, so its own ceiling is
higher than this. Added latency is the 99th percentile with the gateway less that without it, each the better of two runs; the last
row is the first in which the last column passed 50 ms.

${table(
  [
    'streams, and added p99 in ms (CPU a token in us)',
    ...(scaled[0]?.gateways ?? []).map(({ name }) => name),
  ],
  scaled.map(({ streams, direct, gateways }) => [
    streams,
    ...gateways.map(
      (one) =>
        `${fixed(one.latencyMs.p99 - direct.latencyMs.p99, 1)} (${fixed(one.cpuPerToken, 1)})`,
    ),
  ]),
)}

Two processes of \`node:cluster\` on one port, with 200 of these streams, beside one process:

${table(
  ['', 'CPU a token, one (us)', 'two (us)', 'latency p99, one (ms)', 'two (ms)'],
  clustered.map(({ name, one, two }) => [
    name,
    fixed(one.cpuPerToken, 1),
    fixed(two.cpuPerToken, 1),
    fixed(one.latencyMs.p99, 1),
    fixed(two.latencyMs.p99, 1),
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

What each library does with answers and turns that fail is in [comparison.md](comparison.md); what conversations and resumable streams
cost on each store in [production.md](production.md).
`
}

/** On paper: what a fleet needs if every core spends at most half of its time on tokens. */
function million({ scaled, relayed }: Results): string {
  const last = scaled.at(-1)
  const alone = relayed[0]?.results.find(({ name }) => name === 'sluice')?.median
  if (last === undefined || alone === undefined) return ''
  const ours = last.gateways.at(-1)
  if (ours === undefined) return ''
  const { cpuPerToken } = ours
  const heapPerStream = Math.max(
    ...scaled.map(({ gateways }) => gateways.at(-1)?.heapPerStream ?? 0),
  )
  const coresFor = (microseconds: number): number => Math.ceil((1e6 * 50 * microseconds) / 500_000)
  return `On paper, a million streams of 50 tokens a second, with cores that are half busy: at ${fixed(cpuPerToken, 1)} us a token, sockets
included, they take ${coresFor(cpuPerToken)} cores of this kind, and ${fixed((heapPerStream * 1e6) / 1e9, 0)} GB of heap. Of these, ${coresFor(alone)} cores are what the relay costs
without sockets (${fixed(alone, 1)} us a token); the others are for one read and one write of a socket a token, by Node and the kernel, which
the floor pays too. How much a kernel takes for these differs more between machines than anything else here.`
}
