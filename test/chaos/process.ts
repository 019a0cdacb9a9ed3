/**
 * A worker as a process of its own.
 */

import { Gate } from '../support/gate.ts'
import { type Address, openAddress } from '../support/places.ts'
import { Effects } from './effects.ts'
import { planTurns } from './plan.ts'
import { startWorker } from './worker.ts'

export interface ProcessParameters {
  address: Address
  effects: string
  count: number
  seed: number
  leaseMs: number
}

const parameters = JSON.parse(process.argv[2] ?? '') as ProcessParameters
const { address, count, seed, leaseMs } = parameters
const { store, log, close } = openAddress(address)
const effects = new Effects(parameters.effects)
const { pid } = process
const turns = planTurns(count, seed)
const worker = await startWorker({
  turns,
  store,
  log,
  effects,
  gate: new Gate(),
  pid,
  leaseMs,
})

process.on('unhandledRejection', (error) => {
  effects.add({ kind: 'breach', message: `unhandled rejection: ${String(error)}`, pid })
})
// A process that gets no time from the machine is like one that was stopped.
let tickedAt = Date.now()
setInterval(() => {
  const now = Date.now()
  if (now - tickedAt > leaseMs / 3) effects.add({ kind: 'fault', fault: 'stop', pid })
  tickedAt = now
}, 50)
process.once('SIGTERM', () => {
  void worker.handOver().then(() => {
    worker.close()
    close()
    process.exit(0)
  })
})
// It does not outlive its parent.
process.once('disconnect', () => process.exit(1))
process.send?.(worker.port)
