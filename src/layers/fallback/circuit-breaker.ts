/**
 * Circuit breakers: who is down is not asked for a while.
 *
 * @module
 */

import type { StreamError, StreamErrorCode } from '../../base/errors.js'

/** What a circuit breaker has to be able to do. The policies of `cockatiel` can. */
export interface CircuitBreaker {
  /**
   * Runs the function and hears from its promise how that ended, or rejects without calling it while the circuit is open.
   *
   * A driver cannot be skipped and waited for at once, so it MUST have called the function when it returns; otherwise it counts as
   * open, and the signal is aborted.
   */
  execute(run: () => Promise<void>, signal: AbortSignal): PromiseLike<unknown>
}

/** One attempt that the breaker has let through. */
export interface Passage {
  /** Tells the breaker how it ended: well, if there is no error. Only the first call counts. */
  end(error?: StreamError): void
}

/** Errors that say something about the request and nothing about the provider's health. */
const notItsFault: ReadonlySet<StreamErrorCode> = new Set([
  'aborted',
  'invalid-request',
  'context-length',
  'content-filter',
])

/** @returns undefined if the circuit is open */
export function enter(breaker: CircuitBreaker): Passage | undefined {
  const outcome = Promise.withResolvers<void>()
  // The breaker may have stopped to listen.
  outcome.promise.catch(ignore)
  const turnedAway = new AbortController()
  let entered = false
  const run = (): Promise<void> => {
    entered = true
    return outcome.promise
  }
  try {
    breaker.execute(run, turnedAway.signal).then(ignore, ignore)
  } catch {
    // It says no by a throw.
  }
  if (!entered) {
    turnedAway.abort()
    outcome.resolve()
    return undefined
  }
  return {
    end(error) {
      if (error === undefined || notItsFault.has(error.code)) outcome.resolve()
      else outcome.reject(error)
    },
  }
}

function ignore(): void {}
