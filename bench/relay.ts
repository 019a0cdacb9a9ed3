/**
 * What it costs to relay one answer as server-sent events: `node relay.ts`, or with the names of contestants to take only these.
 */

import { readRelayed, relays } from './contestants/relays.ts'
import { type Measured, measure, serve } from './measure.ts'
import { fetchOf, makeWire, type WireName } from './wires.ts'

export interface Relayed {
  wire: WireName
  eventsPerChunk: number
  results: Measured[]
}

const tokens = 10_000
const warmUps = 15

export async function relay(only: readonly string[], rounds: number): Promise<Relayed[]> {
  const all: Relayed[] = []
  for (const wire of ['openai', 'anthropic'] as const) {
    for (const eventsPerChunk of [1, 16]) {
      const runners = relays
        .filter(({ name }) => only.length === 0 || name === 'floor' || only.includes(name))
        .map(({ name }) => ({
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
  const contestant = relays.find((each) => each.name === name)
  if (contestant === undefined) throw new Error(`There is no relay ${name}.`)
  const send = async (take: (chunk: Uint8Array) => void): Promise<void> => {
    const reader = contestant.relay(wireName as WireName, fetchOf(wire)).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      take(value)
    }
  }
  const chunks: Uint8Array[] = []
  await send((chunk) => chunks.push(chunk))
  const text = readRelayed(contestant, Buffer.concat(chunks).toString())
  if (text !== wire.text) throw new Error(`${name} sent ${text.length} of ${wire.text.length}.`)
  // The client's part is not the relay's.
  serve(() => send(() => {}), warmUps)
} else if (import.meta.main) {
  for (const { wire, eventsPerChunk, results } of await relay(process.argv.slice(2), 20)) {
    console.log(`\n${wire}, ${eventsPerChunk} events a chunk`)
    for (const { name, median, lowerQuartile, upperQuartile, ratio } of results) {
      const spread = `${lowerQuartile.toFixed(2)} to ${upperQuartile.toFixed(2)}`
      console.log(
        `${name.padEnd(28)} ${median.toFixed(2).padStart(7)} us a token (${spread}), ${ratio.toFixed(2)} x`,
      )
    }
  }
}
