/**
 * Gateways over real sockets: `node sockets/run.ts [streams] [tokens a second] [seconds] [gateway ...]`.
 */

import { type Measured, summarize } from '../measure.ts'
import { answerOf, healthOf, Processes } from './processes.ts'
import type { Seen } from './wire.ts'

export interface Served extends Seen {
  name: string
  streams: number
  /** Of the gateway: microseconds a token, the opening of the streams included. */
  cpuPerToken: number
  /** Of the gateway, with all streams open, beyond what it held before, by the stream. */
  heapPerStream: number
  rssBytes: number
}

/** @param name - a gateway, or `no gateway` for clients that ask the provider themselves */
export async function serveOver(
  name: string,
  streams: number,
  tokensPerSecond: number,
  seconds: number,
  workers = 1,
): Promise<Served> {
  const tokens = Math.round(seconds * tokensPerSecond)
  using processes = new Processes()
  const [, provider] = await processes.listen('provider.ts', tokens, tokensPerSecond)
  const [gateway, url] =
    name === 'no gateway'
      ? [undefined, provider]
      : await processes.listen('gateway.ts', name, provider, workers)
  // Its code is compiled by clients that leave early.
  await answerOf(
    processes.start('clients.ts', url, 100, tokens, Math.min(25, Math.ceil(tokens / 4))),
  )
  const before = gateway && (await healthOf(gateway))
  const seen = answerOf(processes.start('clients.ts', url, streams, tokens)) as Promise<Seen>
  // When all are open, and none has ended
  await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / 2 + streams / 5))
  const during = gateway && (await healthOf(gateway))
  const result = await seen
  const after = gateway && (await healthOf(gateway))
  if (result.complete !== streams || result.tokens !== streams * tokens) {
    throw new Error(`${name}: ${result.complete} of ${streams} answers were whole.`)
  }
  return {
    name,
    streams,
    ...result,
    cpuPerToken: ((after?.cpu ?? 0) - (before?.cpu ?? 0)) / result.tokens,
    heapPerStream: ((during?.heapBytes ?? 0) - (before?.heapBytes ?? 0)) / streams,
    rssBytes: during?.rssBytes ?? 0,
  }
}

/** Gateways that took turns. Ratios are to the first one. */
export interface Compared {
  names: readonly string[]
  cpu: Measured[]
  heap: Measured[]
  rss: Measured[]
  firstP50: Measured[]
  firstP99: Measured[]
  latencyP50: Measured[]
  latencyP99: Measured[]
}

export async function compare(
  names: readonly string[],
  streams: number,
  tokensPerSecond: number,
  seconds: number,
  rounds: number,
): Promise<Compared> {
  const all = names.map((name) => ({ name, served: [] as Served[] }))
  for (let round = 0; round < rounds; round++) {
    for (const { name, served } of all) {
      served.push(await serveOver(name, streams, tokensPerSecond, seconds))
    }
  }
  const of = (pick: (served: Served) => number): Measured[] =>
    summarize(all.map(({ name, served }) => ({ name, samples: served.map(pick) })))
  return {
    names,
    cpu: of(({ cpuPerToken }) => cpuPerToken),
    heap: of(({ heapPerStream }) => heapPerStream),
    rss: of(({ rssBytes }) => rssBytes),
    firstP50: of(({ firstTokenMs }) => firstTokenMs.p50),
    firstP99: of(({ firstTokenMs }) => firstTokenMs.p99),
    latencyP50: of(({ latencyMs }) => latencyMs.p50),
    latencyP99: of(({ latencyMs }) => latencyMs.p99),
  }
}

/** One number of streams: without a gateway, and through several. */
export interface Scaled {
  streams: number
  direct: Served
  gateways: Served[]
}

/**
 * More and more streams of 50 tokens a second, until the 99th percentile of the latency that the last gateway adds passes the limit. Of
 * two runs the better one counts, because other work on the machine can only add to it.
 */
export async function scale(
  names: readonly string[],
  steps: readonly number[],
  limitMs: number,
): Promise<Scaled[]> {
  const all: Scaled[] = []
  for (const streams of steps) {
    const direct = await bestOf('no gateway', streams)
    const gateways: Served[] = []
    for (const name of names) gateways.push(await bestOf(name, streams))
    all.push({ streams, direct, gateways })
    const last = gateways.at(-1)
    if (last === undefined || last.latencyMs.p99 - direct.latencyMs.p99 > limitMs) break
  }
  return all
}

async function bestOf(name: string, streams: number): Promise<Served> {
  const one = await serveOver(name, streams, 50, 4)
  const other = await serveOver(name, streams, 50, 4)
  return one.latencyMs.p99 < other.latencyMs.p99 ? one : other
}

/** As many as the usual limit of 20,000 descriptors allows: two for each stream. */
export const manyStreams = 9_900

/** A token every four seconds for each of the streams. */
export async function serveMany(names: readonly string[]): Promise<Served[]> {
  const all: Served[] = []
  for (const name of names) all.push(await serveOver(name, manyStreams, 0.25, 24))
  return all
}

/** 200 streams of 50 tokens a second through one process and through two of `node:cluster`. */
export async function clusters(
  names: readonly string[],
): Promise<{ name: string; one: Served; two: Served }[]> {
  const all: { name: string; one: Served; two: Served }[] = []
  for (const name of names) {
    const one = await serveOver(name, 200, 50, 4)
    all.push({ name, one, two: await serveOver(name, 200, 50, 4, 2) })
  }
  return all
}

if (import.meta.main) {
  const [streams = '200', tokensPerSecond = '20', seconds = '6', ...only] = process.argv.slice(2)
  const names = ['by hand on fetch', 'by hand on node:http', 'sluice, on fetch']
  const chosen = only.length > 0 ? only : [...names, 'sluice, on nodeFetch']
  const compared = await compare(
    chosen,
    Number(streams),
    Number(tokensPerSecond),
    Number(seconds),
    5,
  )
  for (const [what, measured] of Object.entries(compared)) {
    if (what === 'names') continue
    console.log(what)
    console.table(measured)
  }
}
