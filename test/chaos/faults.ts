/**
 * What befalls the workers and their store.
 */

import type { Effects } from './effects.ts'
import type { Member } from './fleet.ts'
import { pause } from './model.ts'
import type { Random } from './plan.ts'

export interface FaultsSettings {
  /** Undefined where a worker is being started. */
  fleet: (Member | undefined)[]
  start(): Promise<Member>
  restartStore: (() => Promise<void>) | undefined
  effects: Effects
  random: Random
  leaseMs: number
}

/** How likely each fault is, in percent. The rest ends a worker, which hands over. */
const chances = { restart: 15, kill: 40, stop: 20 }

export class Faults {
  readonly #settings: FaultsSettings
  #isRestarting = false
  readonly counts = { kill: 0, stop: 0, 'hand over': 0, 'restart of the store': 0 }

  constructor(settings: FaultsSettings) {
    this.#settings = settings
  }

  /** One fault after the other, sometimes two at the same time. */
  async run(endsAt: number): Promise<void> {
    const { random } = this.#settings
    const parallel: Promise<void>[] = []
    while (performance.now() < endsAt) {
      await pause(random(200, 1_500))
      const fault = this.#next()
      if (random(1, 100) <= 20) parallel.push(fault)
      else await fault
    }
    await Promise.all(parallel)
  }

  async #next(): Promise<void> {
    const { fleet, random, restartStore } = this.#settings
    const index = random(0, fleet.length - 1)
    let kind = random(1, 100)
    if (kind <= chances.restart && restartStore !== undefined) return this.#restart(restartStore)
    kind -= chances.restart
    const member = fleet[index]
    if (member === undefined) return
    if (kind <= chances.kill) return this.#end('kill', index, () => member.kill())
    if (kind <= chances.kill + chances.stop) return this.#stop(member)
    await this.#end('hand over', index, () => member.end())
  }

  async #restart(restartStore: () => Promise<void>): Promise<void> {
    if (this.#isRestarting) return
    this.#isRestarting = true
    this.#record('restart of the store', 0)
    await restartStore()
    this.#isRestarting = false
  }

  /** Ends a worker, and starts another one in its place. */
  async #end(kind: 'kill' | 'hand over', index: number, end: () => Promise<void>): Promise<void> {
    const { fleet, start } = this.#settings
    this.#record(kind, fleet[index]?.pid ?? 0)
    fleet[index] = undefined
    await end()
    fleet[index] = await start()
  }

  async #stop(member: Member): Promise<void> {
    const { random, leaseMs } = this.#settings
    this.#record('stop', member.pid)
    member.stop()
    await pause(random(100, 1.5 * leaseMs))
    member.continue()
  }

  #record(fault: keyof Faults['counts'], pid: number): void {
    this.counts[fault]++
    this.#settings.effects.add({ kind: 'fault', fault, pid })
  }
}
