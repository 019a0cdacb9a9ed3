/**
 * What was measured, as a page and a plot.
 */

import { cpus, loadavg, type } from 'node:os'
import type { Consumed } from './consume.ts'
import type { First } from './first-content.ts'
import type { Flow } from './flow.ts'
import type { Started } from './footprint/start.ts'
import type { Grown } from './growth.ts'
import type { Measured } from './measure.ts'
import type { Scaled, Served } from './sockets/run.ts'

export interface Results {
  versions: Record<string, string>
  consumed: Consumed[]
  relayed: Consumed[]
  served: Served[]
  scaled: Scaled[]
  first: First[]
  flows: Flow[]
  grown: Grown
  started: Started[]
  sizes: { name: string; bytes: number }[]
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const fixed = (value: number, digits = 2): string => value.toFixed(digits)

function costs(all: readonly Consumed[]): string {
  const columns = all.map(({ wire, eventsPerChunk }) => `${wire}, ${eventsPerChunk}`)
  const names = [...new Set(all.flatMap(({ results }) => results.map(({ name }) => name)))]
  const cell = ({ results }: Consumed, name: string): string => {
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

export function page(results: Results): string {
  const { consumed, relayed, served, scaled, first, flows, grown, started, sizes } = results
  const versions = Object.entries(results.versions).map(([name, version]) => `${name} ${version}`)
  const machine = `${cpus().length} cores of ${cpus()[0]?.model ?? 'an unknown kind'}, ${type()}, Node ${process.version.slice(1)}, a load of ${fixed(loadavg()[1] ?? 0, 1)} by other work`
  const kilobytes = (bytes: number): string => fixed(bytes / 1000, 1)
  return `# Benchmarks

Measured on ${machine}. Versions: ${versions.join(', ')}.

To do it again: \`npm ci && npm run build && npm --prefix bench ci && npm --prefix bench start\`. It takes about eight minutes and writes this page.

![CPU time a token, in ratios to the floor](benchmarks.svg)

Every contestant has a process of its own; all take turns in one run. The figure is CPU time (\`process.cpuUsage\`), as a ratio to the
floor within a round, and the median of all rounds; in parentheses the microseconds a token with their quartiles. The floor is a
hand-tuned loop that knows exactly what comes and guards against nothing. What a contestant gives is checked before its time counts.

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
higher than this. Added latency is the 99th percentile with the gateway less that without it, each the best of three runs; the last
row is the first that passed 50 ms.

${table(
  ['streams', 'added p99 (ms)', 'CPU a token (us)', 'heap a stream (kB)'],
  scaled.map(({ streams, addedMs, served: { cpuPerToken, heapPerStream } }) => [
    streams,
    fixed(addedMs, 1),
    fixed(cpuPerToken, 1),
    kilobytes(heapPerStream),
  ]),
)}

${million(scaled)}

## First content

From the call to the end of an answer of one token, without a network, in microseconds.

${table(
  ['', 'openai', 'anthropic'],
  [...new Set(first.map(({ name }) => name))].map((name) => [
    name,
    ...(['openai', 'anthropic'] as const).map((wire) => {
      const found = first.find((each) => each.wire === wire && each.name === name)
      return found === undefined ? '' : fixed(found.median, 0)
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
`
}

/** On paper: what a fleet needs if every core spends at most half of its time on tokens. */
function million(scaled: Results['scaled']): string {
  const served = scaled.at(-1)?.served
  if (served === undefined) return ''
  const perCore = Math.floor(500_000 / (served.cpuPerToken * 50))
  const cores = Math.ceil(1_000_000 / perCore)
  const gigabytes = (served.heapPerStream * 1_000_000) / 1e9
  return `On paper, a million streams of 50 tokens a second: at ${fixed(served.cpuPerToken, 1)} us a token, sockets included, a core that is
half busy carries ${perCore} streams, so it takes ${cores} cores, and ${fixed(gigabytes, 0)} GB of heap for all of them together.`
}

const colours = [
  '#0b7285',
  '#e8590c',
  '#5f3dc4',
  '#2b8a3e',
  '#c2255c',
  '#868e96',
  '#364fc7',
  '#a61e4d',
]

/** Bars on a scale by powers of two. */
export function plot(consumed: readonly Consumed[]): string {
  const rows = consumed.flatMap(({ wire, eventsPerChunk, results }) => [
    { title: `${wire}, ${eventsPerChunk} event${eventsPerChunk === 1 ? '' : 's'} a chunk` },
    ...results.filter(({ name }) => name !== 'floor').map((result, at) => ({ result, at })),
  ])
  const scaleOf = (ratio: number): number => 20 + Math.log2(Math.max(ratio, 1)) * 65
  const bars = rows.map((row, index) => {
    const y = 20 + index * 20
    if (!('result' in row))
      return `<text x="0" y="${y + 12}" font-weight="bold">${row.title}</text>`
    const { name, ratio }: Measured = row.result
    const width = fixed(scaleOf(ratio), 1)
    const colour = colours[row.at % colours.length]
    return `<text x="10" y="${y + 12}">${name}</text><rect x="210" y="${y + 2}" width="${width}" height="13" fill="${colour}"/><text x="${fixed(216 + scaleOf(ratio), 1)}" y="${y + 12}">${fixed(ratio)}x</text>`
  })
  const height = 40 + rows.length * 20
  return `<svg xmlns="http://www.w3.org/2000/svg" width="760" height="${height}" viewBox="0 0 760 ${height}" font-family="sans-serif" font-size="12"><rect width="760" height="${height}" fill="#fff"/><text x="0" y="12">CPU time a token, as a ratio to a hand-tuned loop (each doubling is one step)</text>
${bars.join('\n')}
</svg>
`
}
