/**
 * The same contest on both wires, with one and with sixteen events in a network chunk.
 */

import { type Measured, measure } from './measure.ts'
import type { WireName } from './wires.ts'

export interface Contest {
  wire: WireName
  eventsPerChunk: number
  results: Measured[]
}

export const tokens = 10_000

/**
 * @param module - answers as `serve` does, told the wire, the events a chunk, and the contestant's name
 * @param names - who takes part on a wire, the floor first
 */
export async function contest(
  module: URL,
  names: (wire: WireName) => readonly string[],
  rounds: number,
): Promise<Contest[]> {
  const all: Contest[] = []
  for (const wire of ['openai', 'anthropic'] as const) {
    for (const eventsPerChunk of [1, 16]) {
      const runners = names(wire).map((name) => ({
        name,
        module,
        args: [wire, String(eventsPerChunk), name],
      }))
      all.push({ wire, eventsPerChunk, results: await measure(runners, tokens, rounds) })
    }
  }
  return all
}

/** @param only - the names that are wanted; all, if there are none */
export function wanted(name: string, only: readonly string[]): boolean {
  return name === 'floor' || only.length === 0 || only.includes(name)
}

export function print(contests: readonly Contest[]): void {
  for (const { wire, eventsPerChunk, results } of contests) {
    console.log(`\n${wire}, ${eventsPerChunk} events a chunk`)
    for (const each of results) {
      const { name, median, lowerQuartile, upperQuartile, ratio, ratioOfMedians } = each
      const spread = `${lowerQuartile.toFixed(2)} to ${upperQuartile.toFixed(2)}`
      const ratios = `${ratio.toFixed(2)} x by round, ${ratioOfMedians.toFixed(2)} x of medians`
      console.log(
        `${name.padEnd(28)} ${median.toFixed(2).padStart(7)} us a token (${spread}), ${ratios}`,
      )
    }
  }
}
