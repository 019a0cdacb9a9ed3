/**
 * A process that takes one turn of a conversation, on the built package, and hangs at a point, where it is killed. Its tool writes a line
 * into a file for each effect.
 */

import { appendFileSync } from 'node:fs'
import { type CrashPoint, takeCrashTurn } from './crash-turn.ts'
import { type Address, openAddress } from './places.ts'

interface Parameters {
  address: Address
  effects: string
  point: CrashPoint
  once: boolean
}

const { address, effects, point, once } = JSON.parse(process.argv[2] ?? '') as Parameters
const { store } = openAddress(address)
/** Keeps the process alive. */
const timer = setInterval(() => {}, 1_000)
await takeCrashTurn({
  store,
  point,
  once,
  effect: (key) => appendFileSync(effects, `${key}\n`),
  onReached: () => console.log('reached'),
})
clearInterval(timer)
console.log('done')
