/**
 * The time that failed attempts and waits may take together.
 *
 * @module
 */

export class RetryBudget {
  readonly #budgetMs: number
  #spentMs = 0
  #attemptBeganAt = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param budgetMs - `Infinity` for no limit */
  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs
  }

  /**
   * An attempt has been started.
   *
   * @param onExceeded - called if the attempt uses up what is left of the budget; undefined for an
   * attempt that may take any time
   */
  beginAttempt(onExceeded: (() => void) | undefined): void {
    this.#attemptBeganAt = performance.now()
    if (onExceeded === undefined || this.#budgetMs === Infinity) return
    this.#timer = setTimeout(onExceeded, Math.ceil(this.#budgetMs - this.#spentMs))
  }

  /** Counts the time that the attempt has taken so far. */
  countAttempt(): void {
    this.#spentMs += performance.now() - this.#attemptBeganAt
  }

  /** Ends the limit of the attempt that is running. */
  stopTimer(): void {
    clearTimeout(this.#timer)
  }

  /** @returns whether the wait fits; if so, it is counted */
  spend(delayMs: number): boolean {
    if (this.#spentMs + delayMs > this.#budgetMs) return false
    this.#spentMs += delayMs
    return true
  }
}
