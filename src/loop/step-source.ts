/**
 * The base of a turn of several steps: the step that runs, and what it gives the reader.
 *
 * @module
 */

import type { Completion, Driver } from '../base/driver.js'
import type { StreamError } from '../base/errors.js'
import type { ContentEvent, RetryEvent, UsageSum } from '../base/events.js'
import type { StreamRequest } from '../base/request.js'
import { estimateUsage, isEmpty } from '../base/usage.js'
import type { AttemptDetails, OpenContext, Resumption, Sink, Source } from '../pull/source.js'
import { ShowingSource } from './showing-source.js'
import { StepContent } from './step-content.js'

/** Opens a driver with the retries of a step. */
export type OpenStep = (driver: Driver, request: StreamRequest, context: OpenContext) => Source

export abstract class StepSource extends ShowingSource implements Sink {
  readonly #context: OpenContext
  protected readonly content: StepContent
  /** The number of the step, from 1. */
  protected step: number
  /** The driver of the step. */
  protected driver: Driver
  protected stepRequest: StreamRequest
  /** The source of the step that runs. */
  protected upstream: Source | undefined
  /** The same, or that of the last step. */
  #last: Source | undefined

  /**
   * @param steps - the number of whole steps
   * @param blocks - the number of their blocks
   */
  constructor(
    request: StreamRequest,
    context: OpenContext,
    driver: Driver,
    steps: number,
    blocks: number,
  ) {
    super()
    this.#context = context
    this.content = new StepContent(blocks)
    this.step = steps
    this.driver = driver
    this.stepRequest = request
  }

  // -------------------------------------------------------------- for the reader

  details(): AttemptDetails {
    return this.#last?.details?.() ?? {}
  }

  /** For whoever cancels: nothing above resumes a turn. */
  resumption(): Resumption | undefined {
    return this.upstream?.resumption?.()
  }

  // -------------------------------------------------------------- for the step

  batch(events: readonly ContentEvent[]): void {
    this.answerBatch(this.content.add(events))
  }

  retry(event: RetryEvent): void {
    const cost = this.costOfAttempt(event.usage)
    const told = { ...event, step: this.step }
    if (isEmpty(cost)) delete told.usage
    else told.usage = cost
    const from = this.content.retry(event)
    if (from !== undefined && from > 0) told.from = from
    this.answer((sink) => sink.retry(told))
  }

  abstract done(completion: Completion): void

  fail(error: StreamError): void {
    this.keepShown()
    this.answer((sink) => sink.fail(error))
  }

  // -------------------------------------------------------------- for the turn

  /**
   * Begins a step.
   *
   * @param isFirst - no step has begun here, so that this one may have begun in another process
   */
  protected openStep(open: OpenStep, isFirst: boolean): void {
    const { step } = this
    const { stop: _stop, shown, response, attempt: first, ...context } = this.#context
    const attempt = isFirst ? first : 1
    this.content.begin(isFirst ? shown?.blocks : [])
    let last = attempt
    this.#last = this.upstream = open(this.driver, this.stepRequest, {
      ...context,
      ...(isFirst && shown && { shown }),
      ...(isFirst && response && { response }),
      attempt,
      nextAttempt: () => ++last,
      onAttempt: (made) => {
        this.content.attempts = Math.max(this.content.attempts, made.attempt)
        this.#context.onAttempt({ ...made, step })
      },
    })
    if (this.isPulled) this.upstream.pull(this)
  }

  /** The usage of the current attempt. Counts that the provider has not reported are estimated. */
  protected costOfAttempt(reported: UsageSum = {}): UsageSum {
    if (this.upstream === undefined) return {}
    return estimateUsage(reported, this.stepRequest, this.content.length)
  }
}
