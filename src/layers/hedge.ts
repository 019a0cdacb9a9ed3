/**
 * A second driver where the first one is slow.
 *
 * @module
 */

import { defineLayer, openDriver } from '../attempt/define-driver.js'
import { checkOptions, delay, type Rules, required } from '../base/check-options.js'
import type { Completion, Driver } from '../base/driver.js'
import type { StreamError } from '../base/errors.js'
import type { ContentEvent, RetryEvent, UsageSum } from '../base/events.js'
import type { StreamRequest } from '../base/request.js'
import { addUsage, isEmpty } from '../base/usage.js'
import { abandon } from '../pull/abort.js'
import type { OpenContext, Sink, Source } from '../pull/source.js'
import {
  checkDriver,
  combineErrors,
  commonContinuation,
  handOver,
  named,
} from './several-drivers.js'

/** What `hedge(a, b, options)` takes. */
export interface HedgeOptions {
  /** How long the first driver may be without content before the second one is asked as well, in milliseconds. */
  afterMs: number
}

// There is no default that fits every model.
const rules: Rules<HedgeOptions> = { afterMs: required(delay) }

/**
 * A driver that asks a second one beside the first if that has given no content after a while, and takes the one that gives
 * content first. The other one is ended at once, and what it is known to have cost is on `complete.wasted`.
 *
 * Nothing is told of that but who gave the answer, on `complete`. If the first one fails before the second one has been asked, that
 * one is asked at once, and a `retry` event says so. If both fail, the error is that of the last one, with the other in its `cause`.
 * After content nobody else is asked: `fallback` and `retry` do that.
 *
 * @throws TypeError for what is no driver, and for a bad option
 */
export function hedge(first: Driver, second: Driver, options: HedgeOptions): Driver {
  checkDriver('hedge[0]', first)
  checkDriver('hedge[1]', second)
  checkOptions('hedge', options, rules, 'an object with afterMs')
  const { afterMs } = options
  const { provider, model } = first
  const drivers = [first, second] as const
  return defineLayer(
    { provider, model, continuation: commonContinuation(drivers) },
    (request, context) => new HedgeSource(drivers, request, context, afterMs),
  )
}

/** What a pull is answered with, where it came while nobody waited. */
type Answer = (sink: Sink) => void

/** One of the two. It is pulled only while somebody waits, so there is never more than one answer of it to keep. */
class Leg implements Sink {
  readonly driver: Driver
  readonly source: Source
  readonly #hedge: HedgeSource
  #waiting = false
  /** It has ended or was ended. */
  over = false
  /** Its cost has been added to others, or told. */
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

class HedgeSource implements Source {
  readonly #drivers: readonly [Driver, Driver]
  readonly #request: StreamRequest
  readonly #context: OpenContext
  #first: Leg | undefined
  #second: Leg | undefined
  #winner: Leg | undefined
  #sink: Sink | undefined
  readonly #answers: Answer[] = []
  /** What is left of the first one's time. It runs only while somebody waits. */
  #leftMs: number
  #since = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The attempt that has been announced for the second one, because the first one failed. */
  #announced: number | undefined
  readonly #errors: StreamError[] = []
  /** What those cost that are out. */
  #wasted: UsageSum = {}

  constructor(
    drivers: readonly [Driver, Driver],
    request: StreamRequest,
    context: OpenContext,
    afterMs: number,
  ) {
    this.#drivers = drivers
    this.#request = request
    this.#context = context
    this.#leftMs = afterMs
  }

  pull(sink: Sink): void {
    const answer = this.#answers.shift()
    if (answer !== undefined) return answer(sink)
    this.#sink = sink
    if (this.#winner !== undefined) return this.#winner.pull()
    this.#first ??= this.#open(this.#drivers[0], this.#context.attempt)
    if (this.#second === undefined) {
      if (this.#announced === undefined) this.#startTimer()
      else this.#second = this.#open(this.#drivers[1], this.#announced)
    }
    this.#first.pull()
    // The first one may have answered already.
    if (this.#sink !== undefined) this.#second?.pull()
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

  batch(leg: Leg, events: readonly ContentEvent[]): void {
    if (this.#winner === undefined) this.#decide(leg)
    const sink = this.#sink
    if (sink === undefined) {
      this.#answers.push((later) => later.batch(events))
      return
    }
    this.#sink = undefined
    sink.batch(events)
  }

  retry(event: RetryEvent): void {
    this.#give((sink) => sink.retry(event))
  }

  done(leg: Leg, completion: Completion): void {
    if (this.#winner === undefined) this.#decide(leg)
    const whole = this.#whole(leg, completion)
    this.#give((sink) => sink.done(whole))
  }

  fail(leg: Leg, error: StreamError): void {
    if (this.#winner !== undefined || error.code === 'aborted') {
      this.close()
      return this.#give((sink) => sink.fail(error))
    }
    abandon(leg.source)
    this.#errors.push(error)
    const other = leg === this.#first ? this.#second : this.#first
    if (other === undefined) return this.#announce(leg, error)
    if (!other.over) return this.#count(leg)
    const combined = combineErrors(this.#errors as [StreamError, ...StreamError[]])
    this.#give((sink) => sink.fail(combined))
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

  #give(answer: Answer): void {
    const sink = this.#sink
    if (sink === undefined) {
      this.#answers.push(answer)
      return
    }
    this.#sink = undefined
    if (this.#second === undefined) this.#stopTimer()
    answer(sink)
  }
}
