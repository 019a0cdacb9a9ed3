/**
 * Clocks around a driver.
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
import type { Completion, Driver } from '../base/driver.js'
import { StreamError } from '../base/errors.js'
import type { ContentEvent, RetryEvent, UsageSum } from '../base/events.js'
import { keepAlive } from '../base/timers.js'
import type { Resumption, Sink, Source } from '../pull/source.js'

/**
 * Limits in milliseconds; `Infinity` takes one away. The first three run for each attempt, only while somebody waits for an
 * event, and fire between 1 and 1.25 times their value, never early.
 */
export interface TimeoutOptions {
  /**
   * To the first content.
   * @default 120_000
   */
  firstChunkMs?: number
  /**
   * Between contents.
   * @default 60_000
   */
  chunkMs?: number
  /**
   * Between any bytes, pings included, from the first byte on.
   * @default 60_000
   */
  silenceMs?: number
  /**
   * For the whole stream with all its attempts. Its error is not retryable.
   * @default Infinity
   */
  totalMs?: number
}

/**
 * A driver whose attempts fail with `timeout` instead of waiting for ever. Around a driver that asks others, the first three clocks
 * run for each attempt of each of them. Of two limits around the same attempt the shorter one holds.
 *
 * @param options - a number is `totalMs`
 * @throws TypeError for what is no driver, and for a bad option
 */
export function timeout(driver: Driver, options: number | TimeoutOptions): Driver {
  checkValue('driver', driver, required(driverRule))
  const { totalMs = Infinity, ...clocks } = checkTimeout(options)
  return defineLayer(driver, (request, context) => {
    const within = { ...context, clocks: tighten(context.clocks, clocks) }
    if (totalMs === Infinity) return openDriver(driver, request, within)
    return new TotalSource(driver.provider, totalMs, () => openDriver(driver, request, within))
  })
}

const rules: Rules<TimeoutOptions> = {
  firstChunkMs: limit,
  chunkMs: limit,
  silenceMs: limit,
  totalMs: limit,
}

const numberOrOptions = optionsOf(`${limit.allowed}, false, or an object`, rules, limit.isAllowed)

function checkTimeout(options: number | TimeoutOptions): TimeoutOptions {
  checkValue('timeout', options, required(numberOrOptions))
  return typeof options === 'number' ? { totalMs: options } : options
}

/** The clock of everything inside it. It runs on while nobody waits. */
class TotalSource implements Source, Sink {
  readonly #provider: string
  readonly #totalMs: number
  readonly #open: () => Source
  #upstream: Source | undefined
  #sink: Sink | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The answer to the next pull, where the time ran out while nobody waited. */
  #late: Completion | StreamError | undefined

  constructor(provider: string, totalMs: number, open: () => Source) {
    this.#provider = provider
    this.#totalMs = totalMs
    this.#open = open
  }

  pull(sink: Sink): void {
    this.#sink = sink
    if (this.#late !== undefined) return this.#answer(this.#late)
    this.#upstream ??= this.#begin()
    keepAlive(this.#timer, true)
    this.#upstream.pull(this)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#upstream?.close()
  }

  finished(): Completion | undefined {
    return this.#upstream?.finished()
  }

  usage(): UsageSum {
    return this.#upstream?.usage() ?? {}
  }

  resumption(): Resumption | undefined {
    return this.#upstream?.resumption?.()
  }

  batch(events: readonly ContentEvent[]): void {
    this.#take().batch(events)
  }

  retry(event: RetryEvent): void {
    this.#take().retry(event)
  }

  done(completion: Completion): void {
    clearTimeout(this.#timer)
    this.#take().done(completion)
  }

  fail(error: StreamError): void {
    clearTimeout(this.#timer)
    this.#take().fail(error)
  }

  #begin(): Source {
    this.#timer = setTimeout(() => this.#expire(), Math.ceil(this.#totalMs))
    return this.#open()
  }

  #expire(): void {
    const answer = this.#upstream?.finished() ?? this.#tooLong()
    this.close()
    if (this.#sink === undefined) this.#late = answer
    else this.#answer(answer)
  }

  #tooLong(): StreamError {
    const provider = this.#provider
    const message = `${provider}: The stream took longer than ${this.#totalMs} ms (timeout.totalMs).`
    return new StreamError('timeout', message, { provider, retryable: false })
  }

  #answer(answer: Completion | StreamError): void {
    if (StreamError.is(answer)) this.#take().fail(answer)
    else this.#take().done(answer)
  }

  #take(): Sink {
    const sink = this.#sink as Sink
    this.#sink = undefined
    keepAlive(this.#timer, false)
    return sink
  }
}
