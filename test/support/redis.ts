/**
 * A real Redis for each test file that wants one.
 */

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, ServerProcess } from './server-process.ts'

const binary = '/usr/bin/redis-server'

export const redisPresent = existsSync(binary)

/** For the name of a suite that is skipped without Redis. */
export const redisNote = redisPresent ? '' : ` (skipped: there is no ${binary})`

export interface RedisServer {
  readonly host: string
  readonly port: number
  /** Where the nodes of a cluster talk to each other. */
  readonly busPort: number
  readonly url: string
  /** Stops the process at once, so that every connection breaks. The port stays this server's. */
  kill(): Promise<void>
  /** Starts it again after `kill`, empty unless it was started with `durable`. */
  restart(): Promise<void>
  /** Freezes the process: connections stay open, and nobody answers. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

export interface RedisServerOptions {
  /** Every write is on disk before it is answered, so a restart loses nothing. */
  durable?: boolean
  /** A node of a cluster, without slots. */
  cluster?: boolean
}

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-redis-'))
  // Between finding free ports and taking them, another process may be faster: then others are tried.
  for (let attempt = 1; attempt <= 10; attempt++) {
    const place = { folder, port: await freePort(), busPort: await freePort() }
    let child = await spawnRedis(place, options)
    if (child === undefined) continue
    const kill = async (): Promise<void> => {
      await child?.kill()
      child = undefined
    }
    return {
      host: '127.0.0.1',
      port: place.port,
      busPort: place.busPort,
      url: `redis://127.0.0.1:${place.port}`,
      kill,
      async restart() {
        await kill()
        child = await spawnRedis(place, options)
        if (child === undefined) throw new Error(`Redis did not come back on port ${place.port}.`)
      },
      pause: () => child?.signal('SIGSTOP'),
      resume: () => child?.signal('SIGCONT'),
      async stop() {
        await kill()
        rmSync(folder, { recursive: true, force: true })
      },
    }
  }
  rmSync(folder, { recursive: true, force: true })
  throw new Error(`${binary} did not start on any of ten free ports.`)
}

interface Place {
  folder: string
  port: number
  /** Where the nodes of a cluster talk to each other. */
  busPort: number
}

/** @returns undefined if it ended before it answered */
async function spawnRedis(
  { folder, port, busPort }: Place,
  { durable = false, cluster = false }: RedisServerOptions,
): Promise<ServerProcess | undefined> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '']
  if (durable) args.push('--appendonly', 'yes', '--appendfsync', 'always')
  else args.push('--appendonly', 'no')
  if (cluster) args.push('--cluster-enabled', 'yes', '--cluster-port', String(busPort))
  const child = new ServerProcess(binary, args)
  const deadline = Date.now() + 20_000
  while (!child.ended && Date.now() < deadline) {
    if (await answers(port, child.id)) return child
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await child.kill()
  return undefined
}

/** Whether this very process answers, and has loaded its data. */
function answers(port: number, processId: number | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    let reply = ''
    const socket = connect(port, '127.0.0.1', () => socket.write('INFO server\r\nPING\r\n'))
    socket.on('data', (data) => {
      reply += data.toString()
      if (!reply.includes('+PONG') && !reply.includes('-LOADING')) return
      resolve(reply.includes(`process_id:${processId}\r`) && reply.includes('+PONG'))
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}
