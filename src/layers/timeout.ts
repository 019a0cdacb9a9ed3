/**
 * Timeouts around a driver.
 *
 * @module
 */

import { tighten } from '../attempt/clocks.js'
import { defineLayer, openDriver } from '../attempt/define-driver.js'
import {
  checkValue,
  driver as driverRule,
  limit,
  optionsOf,
  type Rules,
  required,
} from '../base/check-options.js'
import type { Driver } from '../base/driver.js'
import { failureOf } from '../base/errors.js'
import { keepAlive } from '../base/timers.js'
import { ForwardingSource } from '../pull/forwarding-source.js'
import type { OpenContext, Sink, Source } from '../pull/source.js'

/**
 * Limits in milliseconds; `Infinity` removes one. The first three apply to each attempt, only while
 * the reader waits for an event, and fire after 1 to 1.25 times their value, never early.
 */
export interface TimeoutOptions {
  /**
   * The time to the first content.
   * @default 120_000
   */
  firstChunkMs?: number
  /**
   * The time between two pieces of content.
   * @default 60_000
   */
  chunkMs?: number
  /**
   * The time between two chunks of bytes, pings included. It starts with the first chunk.
   * @default 60_000
   */
  silenceMs?: number
  /**
   * The time of the whole stream, with all its attempts. Its error is not retryable.
   * @default Infinity
   */
  totalMs?: number
  /**
   * The time of one run of a tool, in a stream whose tools run.
   * @default 120_000
   */
  toolMs?: number
}

/**
 * A driver whose attempts fail with `timeout` instead of waiting forever. Around a driver that
 * delegates to others, the first three limits apply to each attempt of each of them. Of two limits
 * for the same attempt, the shorter one applies.
 *
 * @param options - a number is `totalMs`
 * @throws TypeError for anything that is not a driver, and for an invalid option
 */
export function timeout(driver: Driver, options: number | TimeoutOptions): Driver {
  checkValue('driver', driver, required(driverRule))
  const { totalMs = Infinity, toolMs: _tools, ...clocks } = checkTimeout(options)
  return defineLayer(driver, (request, context) => {
    const { stop, ...others } = context
    const within = { ...others, clocks: tighten(context.clocks, clocks) }
    if (totalMs === Infinity) return openDriver(driver, request, within)
    const open = (): Source => openDriver(driver, request, within)
    return new TotalSource(driver.provider, totalMs, open, stop)
  })
}

const rules: Rules<TimeoutOptions> = {
  firstChunkMs: limit,
  chunkMs: limit,
  silenceMs: limit,
  totalMs: limit,
  toolMs: limit,
}

const numberOrOptions = optionsOf(`${limit.allowed}, false, or an object`, rules, limit.isAllowed)

function checkTimeout(options: number | TimeoutOptions): TimeoutOptions {
  checkValue('timeout', options, required(numberOrOptions))
  return typeof options === 'number' ? { totalMs: options } : options
}

/** Limits the time of everything inside it. Its timer runs while no pull is pending, too. */
class TotalSource extends ForwardingSource {
  readonly #provider: string
  readonly #totalMs: number
  readonly #open: () => Source
  readonly #stop: OpenContext['stop']
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(provider: string, totalMs: number, open: () => Source, stop: OpenContext['stop']) {
    super()
    this.#stop = stop
    this.#provider = provider
    this.#totalMs = totalMs
    this.#open = open
  }

  protected override stopTimers(): void {
    clearTimeout(this.#timer)
  }

  protected override next(): void {
    this.upstream ??= this.#begin()
    keepAlive(this.#timer, true)
    super.next()
  }

  protected override take(): Sink | undefined {
    keepAlive(this.#timer, false)
    return super.take()
  }

  #begin(): Source {
    this.#timer = setTimeout(() => this.#expire(), Math.ceil(this.#totalMs))
    return this.#open()
  }

  #expire(): void {
    const completion = this.finished()
    this.close()
    if (completion !== undefined) return this.done(completion)
    const what = `the stream took longer than ${this.#totalMs} ms (timeout.totalMs).`
    const error = failureOf(this.#provider, 'timeout', what, { retryable: false })
    // A client that takes nothing pulls nothing, and its response has to end as well.
    if (this.#stop === undefined || this.isPulled) this.fail(error)
    else this.#stop(error)
  }
}
