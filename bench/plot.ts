/**
 * What reading an answer costs, as a plot.
 */

import type { Contest } from './contest.ts'
import type { Measured } from './measure.ts'
import { fixed } from './table.ts'

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
export function plot(consumed: readonly Contest[]): string {
  const names = [...new Set(consumed.flatMap(({ results }) => results.map(({ name }) => name)))]
  const rows = consumed.flatMap(({ wire, eventsPerChunk, results }) => [
    { title: `${wire}, ${eventsPerChunk} event${eventsPerChunk === 1 ? '' : 's'} a chunk` },
    ...results.filter(({ name }) => name !== 'floor').map((result) => ({ result })),
  ])
  const scaleOf = (ratio: number): number => 20 + Math.log2(Math.max(ratio, 1)) * 65
  const bars = rows.map((row, index) => {
    const y = 20 + index * 20
    if (!('result' in row))
      return `<text x="0" y="${y + 12}" font-weight="bold">${row.title}</text>`
    const { name, ratio }: Measured = row.result
    const width = fixed(scaleOf(ratio), 1)
    const colour = colours[names.indexOf(name) % colours.length]
    return `<text x="10" y="${y + 12}">${name}</text><rect x="210" y="${y + 2}" width="${width}" height="13" fill="${colour}"/><text x="${fixed(216 + scaleOf(ratio), 1)}" y="${y + 12}">${fixed(ratio)}x</text>`
  })
  const height = 40 + rows.length * 20
  return `<svg xmlns="http://www.w3.org/2000/svg" width="760" height="${height}" viewBox="0 0 760 ${height}" font-family="sans-serif" font-size="12"><rect width="760" height="${height}" fill="#fff"/><text x="0" y="12">CPU time a token, as a ratio to a hand-tuned loop (each doubling is one step)</text>
${bars.join('\n')}
</svg>
`
}
