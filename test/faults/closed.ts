/**
 * That connections are closed as soon as they have to be.
 *
 * @module
 */

import type { FaultServer } from './server.js'

/**
 * How long connections may stay open after a stream has ended, in milliseconds. It takes a few, and longer on a busy machine; an
 * answer that was whole may be read for 500 to its end, which is no way to leave one that was not.
 */
const limitMs = 400

/** On a busy machine the timer can be due before events are handled that came in time: they get so many turns of the loop. */
const turns = 20

/** @returns how many connections are still open when none may be */
export async function closedSoon(server: FaultServer): Promise<number> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs)
  })
  await Promise.race([server.idle(), late])
  clearTimeout(timer)
  for (let turn = 0; server.open > 0 && turn < turns; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  return server.open
}
