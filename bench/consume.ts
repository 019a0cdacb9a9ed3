/**
 * What it costs to read one answer: `node consume.ts`, or with the names of contestants to take only these.
 */

import { type Contest, contest, print, tokens, wanted } from './contest.ts'
import { contestants } from './contestants/index.ts'
import { serve } from './measure.ts'
import { fetchOf, makeWire, type WireName } from './wires.ts'

const warmUps = 40

export function consume(only: readonly string[], rounds: number): Promise<Contest[]> {
  const names = (wire: WireName): string[] =>
    contestants
      .filter((each) => each.wires.includes(wire) && wanted(each.name, only))
      .map(({ name }) => name)
  return contest(new URL(import.meta.url), names, rounds)
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
} else if (import.meta.main) print(await consume(process.argv.slice(2), 20))
