/**
 * How long an answer's first content takes from the call on, beyond the network: `node first-content.ts`.
 */

import { fork } from 'node:child_process'
import { contestants } from './contestants/index.ts'
import { quantile } from './measure.ts'
import { fetchOf, makeWire, type WireName } from './wires.ts'

export interface First {
  wire: WireName
  name: string
  /** Microseconds: the median of answers of one token, read to their end. */
  median: number
}

const answers = 2_000
const names = ['floor', 'sluice', 'sluice, by the openai SDK', 'the official SDK', 'ai']

export async function firstContent(): Promise<First[]> {
  const all: First[] = []
  for (const wire of ['openai', 'anthropic'] as const) {
    for (const { name } of contestants.filter((each) => names.includes(each.name))) {
      if (wire === 'anthropic' && name.endsWith('openai SDK')) continue
      const child = fork(new URL(import.meta.url), [wire, name], { execArgv: ['--no-warnings'] })
      const median = await new Promise<number>((resolve, reject) => {
        child.once('message', (value) => resolve(Number(value)))
        child.once('exit', (code) => reject(new Error(`${name} ended with code ${code}`)))
      }).finally(() => child.kill())
      all.push({ wire, name, median })
    }
  }
  return all
}

if (process.send !== undefined) {
  const [wireName, name] = process.argv.slice(2) as [WireName, string]
  const contestant = contestants.find((each) => each.name === name)
  const wire = makeWire(wireName, 1, 1)
  const samples: number[] = []
  for (let answer = 0; answer < answers; answer++) {
    const before = performance.now()
    const text = await contestant?.consume(wireName, fetchOf(wire))
    samples.push((performance.now() - before) * 1_000)
    if (text !== wire.text) throw new Error(`${name} read ${text}.`)
  }
  process.send(quantile(samples.slice(answers / 2), 0.5))
} else if (import.meta.main) console.table(await firstContent())
