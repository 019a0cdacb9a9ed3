/**
 * What a fallback and a hedge have in common: they stand for several drivers.
 *
 * @module
 */

import { checkValue, driver as driverRule, required } from '../base/check-options.js'
import type { Completion, Continuation, Driver } from '../base/driver.js'
import { StreamError } from '../base/errors.js'
import type { RetryEvent, UsageSum } from '../base/events.js'
import { isEmpty } from '../base/usage.js'

/** @throws TypeError for what is no driver */
export function checkDriver(
  option: string,
  driver: Driver,
  allowed: string = driverRule.allowed,
): void {
  checkValue(option, driver, required(driverRule, allowed))
}

/** The layer that is nearest to the answer names who gave it; to those around, that is not their first driver. */
export function named(completion: Completion, { provider, model }: Driver): Completion {
  return {
    ...completion,
    provider: completion.provider ?? provider,
    model: completion.model ?? model,
  }
}

const weakestFirst: readonly Continuation[] = ['none', 'request', 'prefill']

/** How to go on with an answer so that each of them can. */
export function commonContinuation(drivers: readonly Driver[]): Required<Driver>['continuation'] {
  return (request) => {
    const given = drivers.map((driver) => driver.continuation?.(request) ?? 'request')
    return weakestFirst.find((one) => given.includes(one)) ?? 'request'
  }
}

/** What is told when another driver takes the place of the one that failed. */
export function handOver(
  { provider, model }: Driver,
  { attempt, maxAttempts }: { attempt: number; maxAttempts: number },
  error: StreamError,
  usage: UsageSum,
): RetryEvent {
  return {
    type: 'retry',
    attempt,
    maxAttempts: Math.max(maxAttempts, attempt),
    delayMs: 0,
    mode: 'restart',
    provider,
    model,
    error,
    ...(isEmpty(usage) ? {} : { usage }),
  }
}

/**
 * One error for all of them: the last one, with the others in its cause. It can be retried if any of them can, and after the
 * shortest of the waits that those ask for.
 */
export function combineErrors(errors: readonly [StreamError, ...StreamError[]]): StreamError {
  const last = errors.at(-1) as StreamError
  if (errors.length === 1) return last
  const { code, status, provider, requestId } = last
  const before = errors.slice(0, -1).map((error) => error.message)
  const retryable = errors.filter((error) => error.retryable)
  const retryAfterMs = Math.min(...retryable.map((error) => error.retryAfterMs ?? 0))
  return new StreamError(code, `${last.message} (before that: ${before.join('; ')})`, {
    retryable: retryable.length > 0,
    retryAfterMs: retryAfterMs > 0 && retryAfterMs < Infinity ? retryAfterMs : undefined,
    status,
    provider,
    requestId,
    cause: new AggregateError(errors, 'Every driver that was asked failed.'),
  })
}
