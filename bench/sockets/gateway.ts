/**
 * The gateway: relays the provider's answer to whoever asks, in one of several ways. With `cluster` as a second argument it is one of
 * two processes on a common port.
 */

import cluster from 'node:cluster'
import { createServer, type ServerResponse } from 'node:http'
import { relayers } from './relayers.ts'
import type { Health } from './wire.ts'

const [name, provider, workers = '1'] = process.argv.slice(2) as [string, string, string?]

function health(): Health {
  globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  const { heapUsed, rss } = process.memoryUsage()
  return { cpu: user + system, heapBytes: heapUsed, rssBytes: rss }
}

function serve(onListening: (address: unknown) => void): void {
  const open = relayers[name]
  if (open === undefined) throw new Error(`There is no gateway ${name}.`)
  const relay = open(provider)
  const server = createServer((request, response: ServerResponse) => {
    request.resume()
    relay(response).catch((error: unknown) => response.destroy(error as Error))
  })
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => onListening(server.address()))
}

/** Asks all workers, and adds up what they say. */
async function healthOfAll(): Promise<Health> {
  const all = await Promise.all(
    Object.values(cluster.workers ?? {}).map(
      (worker) =>
        new Promise<Health>((resolve) => {
          worker?.once('message', resolve)
          worker?.send('health')
        }),
    ),
  )
  const sum = (pick: (one: Health) => number): number =>
    all.reduce((total, one) => total + pick(one), 0)
  return {
    cpu: sum(({ cpu }) => cpu),
    heapBytes: sum(({ heapBytes }) => heapBytes),
    rssBytes: sum(({ rssBytes }) => rssBytes),
  }
}

if (cluster.isPrimary && workers !== '1') {
  let listening = 0
  for (let count = 0; count < Number(workers); count++) cluster.fork()
  cluster.on('listening', (_worker, address) => {
    if (++listening === Number(workers)) process.send?.(address)
  })
  process.on('message', () => void healthOfAll().then((answer) => process.send?.(answer)))
} else {
  serve((address) => {
    if (cluster.isPrimary) process.send?.(address)
  })
  process.on('message', () => process.send?.(health()))
}
process.on('disconnect', () => process.exit())
