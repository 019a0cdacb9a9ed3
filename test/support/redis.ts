/**
 * A real Redis for each test file that wants one.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const binary = '/usr/bin/redis-server'

export const redisPresent = existsSync(binary)

/** For the name of a suite that is skipped without Redis. */
export const redisNote = redisPresent ? '' : ` (skipped: there is no ${binary})`

export interface RedisServer {
  readonly host: string
  readonly port: number
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
  /** For `redis-server`, such as `['--cluster-enabled', 'yes']`. */
  args?: readonly string[]
}

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-redis-'))
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true })
  // Between finding a free port and taking it, another process may be faster: then the next one is tried.
  for (let attempt = 1; attempt <= 10; attempt++) {
    const port = await freePort()
    let child = await spawnRedis(port, folder, options)
    if (child === undefined) continue
    const killHard = (): void => void child?.kill('SIGKILL')
    process.on('exit', killHard)
    const kill = async (): Promise<void> => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const exited = new Promise((resolve) => child?.once('exit', resolve))
      child.kill('SIGKILL')
      await exited
    }
    return {
      host: '127.0.0.1',
      port,
      url: `redis://127.0.0.1:${port}`,
      kill,
      async restart() {
        await kill()
        child = await spawnRedis(port, folder, options)
        if (child === undefined) throw new Error(`Redis did not come back on port ${port}.`)
      },
      pause: () => void child?.kill('SIGSTOP'),
      resume: () => void child?.kill('SIGCONT'),
      async stop() {
        process.off('exit', killHard)
        await kill()
        removeFolder()
      },
    }
  }
  removeFolder()
  throw new Error(`${binary} did not start on any of ten free ports.`)
}

/** @returns undefined if it ended before it answered */
async function spawnRedis(
  port: number,
  folder: string,
  { durable = false, args = [] }: RedisServerOptions,
): Promise<ChildProcess | undefined> {
  const durability = durable
    ? ['--appendonly', 'yes', '--appendfsync', 'always']
    : ['--appendonly', 'no']
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '']
  const child = spawn(binary, [...place, ...durability, ...args], { stdio: 'ignore' })
  const deadline = Date.now() + 20_000
  while (child.exitCode === null && Date.now() < deadline) {
    if (await answers(port, child.pid)) return child
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  child.kill('SIGKILL')
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

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : 0),
      )
    })
  })
}
