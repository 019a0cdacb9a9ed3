/**
 * What this package holds itself to, beside what came out.
 */

import type { Measured } from './measure.ts'
import type { Results } from './report.ts'
import { fixed, table } from './table.ts'

export function bars({ consumed, relayed, first, sizes }: Results): string {
  const rows: [what: string, bar: string, measured: string, met: boolean][] = []
  const ratioOf = (all: readonly Measured[], name: string): number =>
    all.find((each) => each.name === name)?.ratio ?? Number.NaN
  const add = (what: string, most: number, ratio: number): void => {
    rows.push([what, `at most ${fixed(most, 1)}x the floor`, `${fixed(ratio)}x`, ratio <= most])
  }
  for (const [verb, all] of [
    ['read', consumed],
    ['relay', relayed],
  ] as const) {
    for (const { wire, eventsPerChunk, results } of all) {
      const most = eventsPerChunk === 1 ? 1.4 : 1.7
      add(`${verb} ${wire}, ${eventsPerChunk} a chunk`, most, ratioOf(results, 'sluice'))
    }
  }
  for (const { wire, eventsPerChunk, results } of consumed) {
    const ours = ratioOf(results, 'sluice')
    const sdk = ratioOf(results, 'the official SDK') / ours
    const what = `read ${wire}, ${eventsPerChunk} a chunk`
    rows.push([what, "below the SDK's own iterator", `SDK ${fixed(sdk, 1)}x ours`, sdk > 1])
    const least = eventsPerChunk === 1 ? 5 : 10
    const full = ratioOf(results, 'ai') / ours
    rows.push([what, `${least}x below ai`, `ai ${fixed(full, 1)}x ours`, full >= least])
  }
  for (const { wire, results } of first) {
    const medianOf = (name: string): number =>
      results.find((each) => each.name === name)?.median ?? Number.NaN
    const sdk = medianOf('the official SDK')
    if (wire === 'openai') {
      const added = medianOf('sluice') - medianOf('floor')
      const bar = 'at most 60 us after the floor'
      rows.push(['first content, fetch driver', bar, `${fixed(added, 0)} us`, added <= 60])
    }
    const later = medianOf(wire === 'openai' ? 'sluice, by the openai SDK' : 'sluice') - sdk
    const measured = `${fixed(Math.abs(later), 0)} us ${later > 0 ? 'later' : 'earlier'}`
    const what = `first content, driver of the ${wire} SDK`
    rows.push([what, 'not later than the SDK itself', measured, later <= 0])
  }
  const [size] = sizes
  if (size !== undefined) {
    const kilobytes = size.bytes / 1000
    rows.push([size.name, 'at most 32 kB', `${fixed(kilobytes, 1)} kB`, kilobytes <= 32])
  }
  return table(
    ['', 'bar', 'measured', ''],
    rows.map(([what, bar, measured, met]) => [what, bar, measured, met ? 'met' : '**missed**']),
  )
}
