/**
 * Shared by the layers that stand for several drivers: fallback and hedge.
 *
 * @module
 */

import { checkValue, driver as driverRule, required } from '../base/check-options.js'
import type { Completion, Continuation, Driver } from '../base/driver.js'
import { StreamError } from '../base/errors.js'
import type { RetryEvent, UsageSum } from '../base/events.js'
import { isEmpty } from '../base/usage.js'

/** @throws TypeError for anything that is not a driver */
export function checkDriver(
  option: string,
  driver: Driver,
  allowed: string = driverRule.allowed,
): void {
  checkValue(option, driver, required(driverRule, allowed))
}

/** Adds the driver that answered, unless an inner layer has done so already. */
export function named(completion: Completion, { provider, model }: Driver): Completion {
  return {
    ...completion,
    provider: completion.provider ?? provider,
    model: completion.model ?? model,
  }
}

const weakestFirst: readonly Continuation[] = ['none', 'request', 'prefill']

/** The weakest continuation of all drivers, which each of them supports. */
export function commonContinuation(drivers: readonly Driver[]): Required<Driver>['continuation'] {
  return (request) => {
    const given = drivers.map((driver) => driver.continuation?.(request) ?? 'request')
    return weakestFirst.find((one) => given.includes(one)) ?? 'request'
  }
}

/** The event that announces another driver in place of the one that failed. */
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
 * Combines errors: the result is the last one, with the others in its cause. It is retryable if any
 * of them is, after the shortest of their waits.
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
    cause: new AggregateError(errors, 'Every driver failed.'),
  })
}
