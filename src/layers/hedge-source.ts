/**
 * Two drivers race: the first to send content is read to its end, the other one is closed.
 *
 * @module
 */

import { openDriver } from '../attempt/define-driver.js'
import type { Completion, Driver } from '../base/driver.js'
import type { StreamError } from '../base/errors.js'
import type { ContentEvent, RetryEvent, UsageSum } from '../base/events.js'
import type { StreamRequest } from '../base/request.js'
import { addUsage, isEmpty } from '../base/usage.js'
import { abandon } from '../pull/abort.js'
import { AnsweringSource } from '../pull/answering-source.js'
import type { AttemptDetails, OpenContext, Sink, Source } from '../pull/source.js'
import { combineErrors, handOver, named } from './several-drivers.js'

/**
 * One of the two drivers. It is pulled only while a sink waits, so at most one of its answers is
 * kept.
 */
class Leg implements Sink {
  readonly driver: Driver
  readonly source: Source
  readonly #hedge: HedgeSource
  #waiting = false
  /** Whether the source has ended or was closed. */
  over = false
  /** Its usage has been added to that of others, or reported by a `retry` event. */
  counted = false

  constructor(hedgeSource: HedgeSource, driver: Driver, source: Source) {
    this.#hedge = hedgeSource
    this.driver = driver
    this.source = source
  }

  pull(): void {
    if (this.#waiting || this.over) return
    this.#waiting = true
    this.source.pull(this)
  }

  batch(events: readonly ContentEvent[]): void {
    this.#waiting = false
    this.#hedge.batch(this, events)
  }

  retry(event: RetryEvent): void {
    this.#waiting = false
    this.#hedge.retry(event)
  }

  done(completion: Completion): void {
    this.over = true
    this.#hedge.done(this, completion)
  }

  fail(error: StreamError): void {
    this.over = true
    this.#hedge.fail(this, error)
  }
}

export class HedgeSource extends AnsweringSource {
  readonly #drivers: readonly [Driver, Driver]
  readonly #request: StreamRequest
  readonly #context: OpenContext
  #first: Leg | undefined
  #second: Leg | undefined
  #winner: Leg | undefined
  /** The rest of the first driver's time, in milliseconds. It runs only while a sink waits. */
  #leftMs: number
  #since = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The attempt that has been announced for the second driver, because the first one failed. */
  #announced: number | undefined
  readonly #errors: StreamError[] = []
  /** The usage of drivers that have failed or lost. */
  #wasted: UsageSum = {}

  constructor(
    drivers: readonly [Driver, Driver],
    request: StreamRequest,
    context: OpenContext,
    afterMs: number,
  ) {
    super()
    this.#drivers = drivers
    this.#request = request
    this.#context = context
    this.#leftMs = afterMs
  }

  close(): void {
    clearTimeout(this.#timer)
    if (this.#first !== undefined) abandon(this.#first.source)
    if (this.#second !== undefined) abandon(this.#second.source)
  }

  finished(): Completion | undefined {
    const winner = this.#winner
    const completion = winner?.source.finished()
    return winner && completion && this.#whole(winner, completion)
  }

  usage(): UsageSum {
    let usage = this.#wasted
    for (const leg of [this.#first, this.#second]) {
      if (leg !== undefined && !leg.counted) usage = addUsage(usage, leg.source.usage())
    }
    return usage
  }

  details(): AttemptDetails {
    const leg = this.#winner ?? this.#second ?? this.#first
    return leg?.source.details?.() ?? {}
  }

  batch(leg: Leg, events: readonly ContentEvent[]): void {
    if (this.#winner === undefined) this.#decide(leg)
    this.answerBatch(events)
  }

  retry(event: RetryEvent): void {
    if (this.#second === undefined) this.#stopTimer()
    this.answer((sink) => sink.retry(event))
  }

  done(leg: Leg, completion: Completion): void {
    if (this.#winner === undefined) this.#decide(leg)
    const whole = this.#whole(leg, completion)
    this.answer((sink) => sink.done(whole))
  }

  fail(leg: Leg, error: StreamError): void {
    if (this.#winner !== undefined || error.code === 'aborted') {
      this.close()
      return this.answer((sink) => sink.fail(error))
    }
    abandon(leg.source)
    this.#errors.push(error)
    const other = leg === this.#first ? this.#second : this.#first
    if (other === undefined) return this.#announce(leg, error)
    if (!other.over) return this.#count(leg)
    const combined = combineErrors(this.#errors as [StreamError, ...StreamError[]])
    this.answer((sink) => sink.fail(combined))
  }

  protected next(): void {
    if (this.#winner !== undefined) return this.#winner.pull()
    this.#first ??= this.#open(this.#drivers[0], this.#context.attempt)
    if (this.#second === undefined) {
      if (this.#announced === undefined) this.#startTimer()
      else this.#second = this.#open(this.#drivers[1], this.#announced)
    }
    this.#first.pull()
    // The first one may have answered already.
    if (this.isPulled) this.#second?.pull()
  }

  #open(driver: Driver, attempt: number): Leg {
    return new Leg(this, driver, openDriver(driver, this.#request, { ...this.#context, attempt }))
  }

  #startTimer(): void {
    if (this.#leftMs === Infinity) return
    this.#since = performance.now()
    this.#timer = setTimeout(() => {
      this.#second = this.#open(this.#drivers[1], this.#context.nextAttempt())
      this.#second.pull()
    }, this.#leftMs)
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#since))
  }

  #decide(leg: Leg): void {
    clearTimeout(this.#timer)
    this.#winner = leg
    const loser = leg === this.#first ? this.#second : this.#first
    if (loser === undefined || loser.over) return
    loser.over = true
    abandon(loser.source)
    this.#count(loser)
  }

  #count(leg: Leg): void {
    leg.counted = true
    this.#wasted = addUsage(this.#wasted, leg.source.usage())
  }

  #announce(leg: Leg, error: StreamError): void {
    leg.counted = true
    const usage = leg.source.usage()
    const attempt = this.#context.nextAttempt()
    this.#announced = attempt
    const numbers = { attempt, maxAttempts: this.#context.attempt + 1 }
    this.retry(handOver(this.#drivers[1], numbers, error, usage))
  }

  #whole(winner: Leg, completion: Completion): Completion {
    const wasted = addUsage(completion.wasted ?? {}, this.#wasted)
    const cost = isEmpty(wasted) ? {} : { wasted }
    return { ...named(completion, winner.driver), ...cost }
  }
}
