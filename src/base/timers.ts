/**
 * Timers and the life of the process.
 *
 * @module
 */

/** The longest delay that timers take, in milliseconds; a longer one would fire at once. */
export const longestDelayMs: number = 2 ** 31 - 1

type Timer = ReturnType<typeof setTimeout>

/**
 * Whether the process stays alive for a timer. It may only while somebody waits for what the timer brings: a stream that nobody reads
 * must not keep a program from ending.
 */
export function keepAlive(timer: Timer | undefined, wanted: boolean): void {
  // Elsewhere than on Node and Bun timers are numbers, and nothing waits for them.
  if (typeof timer !== 'object') return
  if (wanted) timer.ref()
  else timer.unref()
}
