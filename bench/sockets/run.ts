/**
 * Provider, gateway and clients in three processes, over real sockets: `node sockets/run.ts`.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Health, Seen } from './wire.ts'

export interface Served extends Seen {
  name: string
  streams: number
  /** Of the gateway: microseconds a token, the opening of the streams included. */
  cpuPerToken: number
  /** Of the gateway, with all streams open, beyond what it held before, by the stream. */
  heapPerStream: number
  rssBytes: number
}

/** @param name - a relay, or `direct` for clients that ask the provider themselves */
export async function serveOver(
  name: string,
  streams: number,
  tokensPerSecond: number,
  seconds: number,
): Promise<Served> {
  const tokens = Math.round(seconds * tokensPerSecond)
  const children: ChildProcess[] = []
  const start = (file: string, ...args: (string | number)[]): ChildProcess => {
    const execArgv = ['--no-warnings', '--expose-gc']
    const child = fork(new URL(file, import.meta.url), args.map(String), { execArgv })
    children.push(child)
    return child
  }
  const addressOf = async (child: ChildProcess): Promise<string> =>
    `http://127.0.0.1:${((await answerOf(child)) as AddressInfo).port}`
  try {
    const provider = await addressOf(start('provider.ts', tokens, tokensPerSecond))
    const gateway = name === 'direct' ? undefined : start('gateway.ts', name, provider)
    const url = gateway === undefined ? provider : await addressOf(gateway)
    // Its code is compiled by clients that leave early.
    await answerOf(start('clients.ts', url, 100, tokens, 25))
    const before = gateway && (await healthOf(gateway))
    const clients = start('clients.ts', url, streams, tokens)
    const seen = answerOf(clients) as Promise<Seen>
    await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / 2))
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
  } finally {
    for (const child of children) child.kill('SIGKILL')
  }
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const [answer] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${child.spawnargs.join(' ')} ended with code ${code}`)
    }),
  ])
  return answer
}

function healthOf(gateway: ChildProcess): Promise<Health> {
  const answer = answerOf(gateway) as Promise<Health>
  gateway.send('health')
  return answer
}

export interface Scaled {
  streams: number
  direct: Served
  floor: Served
  ours: Served
}

/**
 * More and more streams of 50 tokens a second, until the 99th percentile of added latency passes the limit. Of two runs the better
 * one counts, because other work on the machine can only add to it.
 */
export async function scale(steps: readonly number[], limitMs: number): Promise<Scaled[]> {
  const all: Scaled[] = []
  for (const streams of steps) {
    const direct = await bestOf('direct', streams)
    const floor = await bestOf('floor', streams)
    const ours = await bestOf('sluice', streams)
    all.push({ streams, direct, floor, ours })
    if (ours.latencyMs.p99 - direct.latencyMs.p99 > limitMs) break
  }
  return all
}

async function bestOf(name: string, streams: number): Promise<Served> {
  const one = await serveOver(name, streams, 50, 4)
  const other = await serveOver(name, streams, 50, 4)
  return one.latencyMs.p99 < other.latencyMs.p99 ? one : other
}

if (import.meta.main) {
  for (const name of ['direct', 'floor', 'sluice', 'ai']) {
    console.log(await serveOver(name, 200, 20, 6))
  }
}
