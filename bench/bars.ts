/**
 * What this package holds itself to, beside what came out.
 */

import type { Measured } from './measure.ts'
import type { Results } from './report.ts'
import { fixed, table } from './table.ts'

type Row = [what: string, bar: string, measured: string, isMet: boolean]

/** The stricter of the two ratios counts. */
function ratioOf(all: readonly Measured[], name: string): number {
  const found = all.find((each) => each.name === name)
  return found === undefined ? Number.NaN : Math.max(found.ratio, found.ratioOfMedians)
}

const ours = (all: readonly Measured[]): string[] =>
  all.map(({ name }) => name).filter((name) => name.startsWith('sluice'))

function memory({ consumed, relayed }: Results): Row[] {
  const rows: Row[] = []
  for (const [verb, all, mostOf16] of [
    ['read', consumed, 1.35],
    ['relay', relayed, 1.3],
  ] as const) {
    for (const { wire, eventsPerChunk, results } of all) {
      const most = eventsPerChunk === 1 ? 1.25 : mostOf16
      for (const name of ours(results)) {
        const ratio = ratioOf(results, name)
        const what = `${verb} ${wire}, ${eventsPerChunk} a chunk: ${name}`
        rows.push([what, `at most ${most}x the floor`, `${fixed(ratio)}x`, ratio <= most])
      }
    }
  }
  return rows
}

function sockets({ served, opened }: Results): Row[] {
  const rows: Row[] = []
  const compared = (
    what: string,
    all: readonly Measured[],
    name: string,
    most: number,
    to = 'by hand on fetch',
  ): void => {
    const ratio = ratioOf(all, name) / ratioOf(all, to)
    const bar = `at most ${most}x the gateway ${to}`
    rows.push([`${what}: ${name}`, bar, `${fixed(ratio)}x`, ratio <= most])
  }
  for (const name of ours(served.cpu)) {
    compared('CPU a token over sockets', served.cpu, name, 0.85)
    compared('CPU a token over sockets', served.cpu, name, 1.3, 'by hand on node:http')
    for (const { streams, p50, p99 } of opened) {
      compared(`first token, ${streams} openings at once, p50`, p50, name, 1.3)
      compared(`first token, ${streams} openings at once, p99`, p99, name, 1.3)
    }
    compared('heap of an open stream', served.heap, name, 1.3)
  }
  return rows
}

function firstContent({ first }: Results): Row[] {
  const rows: Row[] = []
  for (const { wire, results } of first) {
    const medianOf = (name: string): number =>
      results.find((each) => each.name === name)?.median ?? Number.NaN
    const sdk = medianOf('the official SDK')
    if (wire === 'openai') {
      const added = medianOf('sluice') - medianOf('floor')
      const bar = 'at most 30 us after the floor'
      rows.push(['first content, fetch driver', bar, `${fixed(added, 0)} us`, added <= 30])
    }
    const later = medianOf(wire === 'openai' ? 'sluice, by the openai SDK' : 'sluice') - sdk
    const measured = `${fixed(Math.abs(later), 0)} us ${later > 0 ? 'later' : 'earlier'}`
    const what = `first content, driver of the ${wire} SDK`
    rows.push([what, 'not later than the SDK itself', measured, later <= 0])
  }
  return rows
}

function sizes(all: Results): Row[] {
  const kilobytesOf = (name: string): number =>
    (all.sizes.find((each) => each.name === name)?.bytes ?? Number.NaN) / 1000
  const limits: [string, number][] = [
    ['createStream + sse + compatible', 32],
    ['createStream + sse + compatible, in one file', 38],
    ['readStream', 8],
    ['useStream', 14],
  ]
  return limits.map(([name, most]) => {
    const size = kilobytesOf(name)
    return [name, `at most ${most} kB`, `${fixed(size, 1)} kB`, size <= most]
  })
}

export function bars(results: Results): string {
  const rows = [
    ...memory(results),
    ...sockets(results),
    ...firstContent(results),
    ...sizes(results),
  ]
  return table(
    ['', 'bar', 'measured', ''],
    rows.map(([what, bar, measured, isMet]) => [what, bar, measured, isMet ? 'met' : '**missed**']),
  )
}
