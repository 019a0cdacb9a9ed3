/**
 * Timers and the lifetime of the process.
 *
 * @module
 */

/** The longest delay that timers accept, in milliseconds. A longer one would fire at once. */
export const longestDelayMs: number = 2 ** 31 - 1

type Timer = ReturnType<typeof setTimeout>

/**
 * Sets whether a timer keeps the process alive. It may only while a reader waits for it: a stream
 * that nobody reads must not keep a program from ending.
 */
export function keepAlive(timer: Timer | undefined, wanted: boolean): void {
  // Outside of Node and Bun, timers are numbers and keep nothing alive.
  if (typeof timer !== 'object') return
  if (wanted) timer.ref()
  else timer.unref()
}
