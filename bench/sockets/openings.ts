/**
 * How long a first token takes through a gateway when many streams are opened at once: `node sockets/openings.ts [streams]`.
 *
 * The provider answers each request with its first token at once, so the time is that of the gateway and of the sockets. All gateways run
 * all the time and take turns.
 */

import type { ChildProcess } from 'node:child_process'
import { type Measured, summarize } from '../measure.ts'
import { answerOf, Processes } from './processes.ts'
import type { Seen } from './wire.ts'

export interface Opened {
  streams: number
  /** Milliseconds until the first token, by gateway. */
  p50: Measured[]
  p99: Measured[]
}

/** @param names - of gateways, the one first that the others are compared with */
export async function openings(
  names: readonly string[],
  streams: number,
  rounds: number,
): Promise<Opened> {
  using processes = new Processes()
  // One token at once, one after a second, then the end.
  const [, provider] = await processes.listen('provider.ts', 2, 1)
  const gateways: { name: string; url: string; seen: Seen[] }[] = []
  for (const name of names) {
    const [, url] = await processes.listen('gateway.ts', name, provider)
    gateways.push({ name, url, seen: [] })
  }
  const wave = async (url: string): Promise<Seen> => {
    const clients: ChildProcess = processes.start('clients.ts', url, streams, 2, 'at once')
    const seen = (await answerOf(clients)) as Seen
    if (seen.complete !== streams) throw new Error(`${seen.complete} of ${streams} were whole.`)
    return seen
  }
  // Two waves in which code is compiled and connections are made.
  for (let round = -2; round < rounds; round++) {
    for (const { url, seen } of gateways) {
      const found = await wave(url)
      if (round >= 0) seen.push(found)
    }
  }
  const of = (pick: (seen: Seen) => number): Measured[] =>
    summarize(gateways.map(({ name, seen }) => ({ name, samples: seen.map(pick) })))
  return {
    streams,
    p50: of(({ firstTokenMs }) => firstTokenMs.p50),
    p99: of(({ firstTokenMs }) => firstTokenMs.p99),
  }
}

if (import.meta.main) {
  const names = [
    'by hand on fetch',
    'by hand on node:http',
    'sluice, on fetch',
    'sluice, on nodeFetch',
  ]
  const { p50, p99 } = await openings(names, Number(process.argv[2] ?? 200), 7)
  console.table(p50)
  console.table(p99)
}
