/**
 * The wait between two attempts.
 *
 * @module
 */

/**
 * Full jitter over a floor: clients that failed together do not come back together, at the ceiling neither.
 *
 * @param failures - how many attempts have failed, from 1
 */
export function backoffMs(
  { minDelayMs, maxDelayMs }: { minDelayMs: number; maxDelayMs: number },
  failures: number,
): number {
  const ceiling = Math.max(minDelayMs, Math.min(maxDelayMs, minDelayMs * 2 ** failures))
  return Math.round(minDelayMs + Math.random() * (ceiling - minDelayMs))
}

/** A wait that can be ended. */
export class Wait {
  readonly over: Promise<void>
  #end = (): void => {}

  constructor(delayMs: number) {
    this.over = new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs)
      this.#end = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  end(): void {
    this.#end()
  }
}
