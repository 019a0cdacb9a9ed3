/**
 * How long an answer's first content takes from the call on, beyond the network: `node first-content.ts`.
 */

import { setImmediate } from 'node:timers/promises'
import { contestants } from './contestants/index.ts'
import { answerWith, type Measured, measure, quantile } from './measure.ts'
import { fetchOf, makeWire, type WireName } from './wires.ts'

export interface First {
  wire: WireName
  /** Microseconds of time until the first piece of text. */
  results: Measured[]
}

const answers = 400
const warmUps = 2_000
const names = ['floor', 'sluice', 'sluice, by the openai SDK', 'the official SDK', 'ai']

export async function firstContent(rounds: number): Promise<First[]> {
  const all: First[] = []
  for (const wire of ['openai', 'anthropic'] as const) {
    const runners = contestants
      .filter(({ name, wires }) => names.includes(name) && wires.includes(wire))
      .map(({ name }) => ({ name, module: new URL(import.meta.url), args: [wire, name] }))
    all.push({ wire, results: await measure(runners, 1, rounds) })
  }
  return all
}

if (process.send !== undefined) {
  const [wireName, name] = process.argv.slice(2) as [WireName, string]
  const contestant = contestants.find((each) => each.name === name)
  // A second token and the end follow, which is no part of the time.
  const wire = makeWire(wireName, 2, 1)
  const read = contestant?.open(wireName, fetchOf(wire))
  const once = async (): Promise<number> => {
    let text = ''
    let firstAt = 0
    const before = performance.now()
    await read?.((piece) => {
      if (text === '' && piece !== '') firstAt = performance.now()
      text += piece
    })
    if (text !== wire.text) throw new Error(`${name} read ${text}.`)
    // What it has left to do after the end is no part of the next answer's time.
    await setImmediate()
    return (firstAt - before) * 1_000
  }
  const warm = (async () => {
    for (let count = 0; count < warmUps; count++) await once()
  })()
  answerWith(async () => {
    await warm
    const samples: number[] = []
    for (let count = 0; count < answers; count++) samples.push(await once())
    return quantile(samples, 0.5)
  })
} else if (import.meta.main) {
  for (const { wire, results } of await firstContent(9)) {
    console.log(`\n${wire}`)
    console.table(results)
  }
}
