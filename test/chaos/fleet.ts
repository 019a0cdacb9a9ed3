/**
 * Three workers, which are killed, stopped, ended and started again: processes, or parts of this one that know nothing of each other.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Gate } from '../support/gate.ts'
import type { Place } from '../support/places.ts'
import type { Effects } from './effects.ts'
import { planTurns } from './plan.ts'
import type { ProcessParameters } from './process.ts'
import { startWorker } from './worker.ts'

/** One worker. */
export interface Member {
  readonly pid: number
  readonly port: number
  kill(): Promise<void>
  stop(): void
  continue(): void
  /** SIGTERM: hands over, and ends. */
  end(): Promise<void>
}

export interface FleetSettings {
  place: Place
  effects: Effects
  effectsFile: string
  count: number
  seed: number
  leaseMs: number
}

/** How long a worker may take to hand over, in milliseconds. */
const graceMs = 5_000

export async function startMember(settings: FleetSettings): Promise<Member> {
  const { address } = settings.place
  if (address === undefined) return startPart(settings)
  const { effectsFile, count, seed, leaseMs } = settings
  const parameters: ProcessParameters = { address, effects: effectsFile, count, seed, leaseMs }
  const script = fileURLToPath(new URL('process.ts', import.meta.url))
  const child = fork(script, [JSON.stringify(parameters)], {
    execArgv: ['--no-warnings'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(Number(message)))
    child.once('exit', (code) => reject(new Error(`A worker ended at its start: ${code}.`)))
  })
  return {
    pid: child.pid as number,
    port,
    kill: () => signal(child, 'SIGKILL', ended),
    stop: () => void child.kill('SIGSTOP'),
    continue: () => void child.kill('SIGCONT'),
    async end() {
      const timer = setTimeout(() => void child.kill('SIGKILL'), graceMs)
      await signal(child, 'SIGTERM', ended)
      clearTimeout(timer)
    },
  }
}

async function signal(
  child: ChildProcess,
  name: NodeJS.Signals,
  ended: Promise<void>,
): Promise<void> {
  child.kill(name)
  await ended
}

let parts = 0

async function startPart(settings: FleetSettings): Promise<Member> {
  const { place, effects, count, seed, leaseMs } = settings
  const gate = new Gate()
  const { store, log } = place.open()
  const pid = ++parts
  const turns = planTurns(count, seed)
  const worker = await startWorker({ turns, store, log, effects, gate, pid, leaseMs })
  return {
    pid,
    port: worker.port,
    kill() {
      gate.kill()
      worker.close()
      return Promise.resolve()
    },
    stop: () => gate.stop(),
    continue: () => gate.continue(),
    async end() {
      await worker.handOver()
      gate.kill()
      worker.close()
    },
  }
}
