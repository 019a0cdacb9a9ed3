/**
 * What it costs to relay one answer as server-sent events: `node relay.ts`, or with the names of contestants to take only these.
 */

import { type Contest, contest, print, tokens, wanted } from './contest.ts'
import { readRelayed, relays } from './contestants/relays.ts'
import { serve } from './measure.ts'
import { fetchOf, makeWire, type WireName } from './wires.ts'

const warmUps = 40

export function relay(only: readonly string[], rounds: number): Promise<Contest[]> {
  const names = (wire: WireName): string[] =>
    relays
      .filter((each) => each.wires.includes(wire) && wanted(each.name, only))
      .map(({ name }) => name)
  return contest(new URL(import.meta.url), names, rounds)
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
} else if (import.meta.main) print(await relay(process.argv.slice(2), 20))
