/**
 * Circuit breakers: a driver that is down is skipped for a while.
 *
 * @module
 */

import type { StreamError, StreamErrorCode } from '../../base/errors.js'
import { promiseWithResolvers } from '../../base/promise-with-resolvers.js'

/** The part of a circuit breaker that is used. The policies of `cockatiel` have it. */
export interface CircuitBreaker {
  /**
   * Runs the function and watches its promise for the outcome, or rejects without calling it while
   * the circuit is open.
   *
   * It MUST call the function before it returns, because a driver cannot be skipped and waited for
   * at once. Otherwise the circuit counts as open, and the signal aborts.
   */
  execute(run: () => Promise<void>, signal: AbortSignal): PromiseLike<unknown>
}

/** One attempt that the breaker has allowed. */
export interface Passage {
  /**
   * Reports the outcome to the breaker: success, if there is no error. Only the first call counts.
   */
  end(error?: StreamError): void
}

/** Errors that the request caused, and not the provider's health. */
const notItsFault: ReadonlySet<StreamErrorCode> = new Set([
  'aborted',
  'invalid-request',
  'context-length',
  'content-filter',
])

/** @returns undefined if the circuit is open */
export function enter(breaker: CircuitBreaker): Passage | undefined {
  const outcome = promiseWithResolvers<void>()
  // The breaker may have stopped listening.
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
    // A breaker may refuse by throwing.
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
