/**
 * Calls another driver when one fails.
 *
 * @module
 */

import { defineLayer, openDriver } from '../../attempt/define-driver.js'
import {
  checkOptions,
  checkValue,
  func,
  has,
  type Rules,
  required,
  rule,
} from '../../base/check-options.js'
import type { Completion, Driver } from '../../base/driver.js'
import { StreamError } from '../../base/errors.js'
import { optionError } from '../../base/option-error.js'
import type { StreamRequest } from '../../base/request.js'
import { abandon } from '../../pull/abort.js'
import { ForwardingSource } from '../../pull/forwarding-source.js'
import type { OpenContext } from '../../pull/source.js'
import {
  checkDriver,
  combineErrors,
  commonContinuation,
  handOver,
  named,
} from '../several-drivers.js'
import { type CircuitBreaker, enter, type Passage } from './circuit-breaker.js'

/** Fallback options. */
export interface FallbackOptions {
  /**
   * Decides whether to call the next driver after this error. If it throws, the stream ends with
   * what it threw.
   * @default every error but `aborted`
   */
  shouldFallback?: (error: StreamError, driver: Driver) => boolean
  /**
   * Creates the circuit breaker of each driver, once, so that all streams of this fallback share
   * it. A driver whose circuit is open is skipped: it receives no request, and no event mentions
   * it.
   *
   * Every error counts as a failure except those that the request itself caused (`invalid-request`,
   * `context-length`, `content-filter`). An attempt that was ended from outside, by its reader or
   * by `totalMs`, counts as a success.
   *
   * @example
   * ```ts
   * import { circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel'
   *
   * const breaker = () => circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(3) })
   * const driver = fallback([openai({ model }), anthropic({ model })], { breaker })
   * ```
   */
  breaker?: (driver: Driver) => CircuitBreaker
}

const rules: Rules<FallbackOptions> = {
  shouldFallback: func,
  breaker: { ...func, allowed: 'a function that makes one for each driver' },
}

const breakerRule = required(
  rule('an object with execute(), such as of cockatiel', (value) => has(value, 'execute')),
)

interface Member {
  driver: Driver
  breaker: CircuitBreaker | undefined
}

/**
 * A driver that calls the first driver, and the next one when it fails, before content or after it.
 * A `retry` event announces each change and names the next driver; earlier content is discarded.
 *
 * If all of them fail, the error is that of the last one, with the others in its `cause`. If all
 * circuits are open, it is `overloaded`.
 *
 * @throws TypeError for anything that is not a driver, and for an invalid option
 * @example
 * ```ts
 * const driver = fallback(retry(openai({ model: 'gpt-5.5' })), anthropic({ model: 'claude-sonnet-5-5' }))
 * ```
 */
export function fallback(...drivers: [Driver, ...Driver[]]): Driver
export function fallback(drivers: readonly Driver[], options?: FallbackOptions): Driver
export function fallback(
  first: Driver | readonly Driver[],
  ...rest: (Driver | FallbackOptions | undefined)[]
): Driver {
  if (!isList(first)) return createFallback([first, ...(rest as Driver[])], {})
  const [options = {}] = rest
  return createFallback(first, options as FallbackOptions)
}

function createFallback(drivers: readonly Driver[], options: FallbackOptions): Driver {
  const [first, ...others] = drivers
  if (first === undefined) throw optionError('fallback', drivers, 'at least one driver')
  const allowed = 'a driver, such as openai({ model }); options come after a list of drivers'
  for (const [position, driver] of drivers.entries())
    checkDriver(`fallback[${position}]`, driver, allowed)
  checkOptions('fallback', options, rules)
  const { shouldFallback = always, breaker } = options
  const members = [first, ...others].map((driver) => ({
    driver,
    breaker: breaker && checkBreaker(breaker(driver)),
  }))
  const { provider, model } = first
  return defineLayer(
    { provider, model, continuation: commonContinuation(drivers) },
    (request, context) => new FallbackSource(members, request, context, shouldFallback),
  )
}

function isList(value: Driver | readonly Driver[]): value is readonly Driver[] {
  return Array.isArray(value)
}

function checkBreaker(breaker: CircuitBreaker): CircuitBreaker {
  checkValue('fallback.breaker()', breaker, breakerRule)
  return breaker
}

function always(): boolean {
  return true
}

class FallbackSource extends ForwardingSource {
  readonly #members: readonly Member[]
  readonly #request: StreamRequest
  readonly #context: OpenContext
  readonly #shouldFallback: (error: StreamError, driver: Driver) => boolean
  /** The position after the current member. */
  #position = 0
  #driver: Driver | undefined
  #passage: Passage | undefined
  #attempt: number
  readonly #errors: StreamError[] = []

  constructor(
    members: readonly Member[],
    request: StreamRequest,
    context: OpenContext,
    shouldFallback: (error: StreamError, driver: Driver) => boolean,
  ) {
    super()
    this.#members = members
    this.#request = request
    this.#context = context
    this.#shouldFallback = shouldFallback
    this.#attempt = context.attempt
  }

  override close(): void {
    this.#passage?.end()
    if (this.upstream !== undefined) abandon(this.upstream)
  }

  override finished(): Completion | undefined {
    const completion = super.finished()
    return completion && this.#named(completion)
  }

  /** A source that stands for several drivers has none. */
  override resumption(): undefined {
    return undefined
  }

  override done(completion: Completion): void {
    this.#passage?.end()
    super.done(this.#named(completion))
  }

  override fail(error: StreamError): void {
    this.#passage?.end(error)
    if (this.upstream !== undefined) abandon(this.upstream)
    if (error.code === 'aborted') return super.fail(error)
    this.#errors.push(error)
    try {
      if (!this.#shouldFallback(error, this.#driver as Driver)) return this.#giveUp()
    } catch (thrown) {
      return super.fail(StreamError.from(thrown))
    }
    const driver = this.#choose()
    if (driver === undefined) return this.#giveUp()
    const usage = this.usage()
    // This event reports it, so the next attempt must not.
    this.upstream = undefined
    this.#attempt = this.#context.nextAttempt()
    const maxAttempts = this.#context.attempt + this.#members.length - 1
    const numbers = { attempt: this.#attempt, maxAttempts }
    this.retry(handOver(driver, numbers, error, usage))
  }

  protected override next(): void {
    if (this.upstream === undefined) {
      const driver = this.#driver ?? this.#choose()
      if (driver === undefined) return super.fail(this.#allOpen())
      const context = { ...this.#context, attempt: this.#attempt }
      this.upstream = openDriver(driver, this.#request, context)
    }
    super.next()
  }

  /** The next driver whose circuit is not open; undefined if there is none. */
  #choose(): Driver | undefined {
    this.#passage = undefined
    this.#driver = undefined
    for (let member = this.#next(); member !== undefined; member = this.#next()) {
      const passage = member.breaker && enter(member.breaker)
      if (member.breaker !== undefined && passage === undefined) continue
      this.#passage = passage
      this.#driver = member.driver
      return member.driver
    }
    return undefined
  }

  #next(): Member | undefined {
    return this.#members[this.#position++]
  }

  #giveUp(): void {
    super.fail(combineErrors(this.#errors as [StreamError, ...StreamError[]]))
  }

  #allOpen(): StreamError {
    const names = this.#members.map(({ driver }) => `${driver.provider} (${driver.model})`)
    const message = `No driver is available: the circuit breakers of ${names.join(', ')} are open.`
    return new StreamError('overloaded', message)
  }

  #named(completion: Completion): Completion {
    return named(completion, this.#driver as Driver)
  }
}
