/**
 * What it costs to read one answer: `node consume.ts`, or with the names of contestants to take only these.
 */

import { contestants } from './contestants/index.ts'
import { type Measured, measure, serve } from './measure.ts'
import { fetchOf, makeWire, type WireName } from './wires.ts'

export interface Consumed {
  wire: WireName
  eventsPerChunk: number
  results: Measured[]
}

const tokens = 10_000
const warmUps = 5

export async function consume(only: readonly string[], rounds: number): Promise<Consumed[]> {
  const all: Consumed[] = []
  for (const wire of ['openai', 'anthropic'] as const) {
    for (const eventsPerChunk of [1, 16]) {
      const names = contestants
        .filter(({ name, wires }) => {
          return (
            wires.includes(wire) && (only.length === 0 || name === 'floor' || only.includes(name))
          )
        })
        .map(({ name }) => name)
      const runners = names.map((name) => ({
        name,
        module: new URL(import.meta.url),
        args: [wire, String(eventsPerChunk), name],
      }))
      all.push({ wire, eventsPerChunk, results: await measure(runners, tokens, rounds) })
    }
  }
  return all
}

if (process.send !== undefined) {
  const [wireName, eventsPerChunk, name] = process.argv.slice(2)
  const wire = makeWire(wireName as WireName, tokens, Number(eventsPerChunk))
  const contestant = contestants.find((each) => each.name === name)
  const read = contestant?.open(wireName as WireName, fetchOf(wire))
  const run = async (): Promise<void> => {
    let text = ''
    await read?.((piece) => {
      text += piece
    })
    if (text !== wire.text)
      throw new Error(`It read ${text.length} characters of ${wire.text.length}.`)
  }
  serve(run, warmUps)
} else if (import.meta.main) {
  for (const { wire, eventsPerChunk, results } of await consume(process.argv.slice(2), 20)) {
    console.log(`\n${wire}, ${eventsPerChunk} events a chunk`)
    for (const { name, median, lowerQuartile, upperQuartile, ratio } of results) {
      const spread = `${lowerQuartile.toFixed(2)} to ${upperQuartile.toFixed(2)}`
      console.log(
        `${name.padEnd(28)} ${median.toFixed(2).padStart(7)} us a token (${spread}), ${ratio.toFixed(2)} x`,
      )
    }
  }
}
