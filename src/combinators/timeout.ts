/**
 * Clocks around a driver.
 *
 * @module
 */

import { checkKeys, checkLimit, optionError } from '../check.js'
import { StreamError } from '../errors.js'
import type { StreamRequest } from '../messages.js'
import {
  defineLayer,
  type OpenContext,
  openDriver,
  type Resumption,
  type Sink,
  type Source,
} from '../transport/pull.js'
import type { Completion, ContentEvent, Driver, RetryEvent, UsageSum } from '../types.js'

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

/** @internal */
export type Clocks = Required<TimeoutOptions>

/**
 * A driver whose attempts fail with `timeout` instead of waiting for ever.
 *
 * @param options - a number is `totalMs`
 * @throws TypeError for a bad option
 */
export function timeout(driver: Driver, options: number | TimeoutOptions): Driver {
  return withClocks(driver, checkTimeout(options))
}

/** @internal */
export function withClocks(driver: Driver, clocks: Clocks): Driver {
  return defineLayer(
    driver,
    (request, context) => new TimeoutSource(driver, request, context, clocks),
  )
}

/** @internal */
export function checkTimeout(options: number | TimeoutOptions | undefined): Clocks {
  if (typeof options === 'number')
    return checkTimeout({ totalMs: checkLimit('timeout', options, 0) })
  const given: TimeoutOptions = options ?? {}
  if (typeof given !== 'object')
    throw optionError('timeout', options, 'a number, false, or an object')
  checkKeys('timeout', given, ['firstChunkMs', 'chunkMs', 'silenceMs', 'totalMs'])
  return {
    firstChunkMs: checkLimit('timeout.firstChunkMs', given.firstChunkMs, 120_000),
    chunkMs: checkLimit('timeout.chunkMs', given.chunkMs, 60_000),
    silenceMs: checkLimit('timeout.silenceMs', given.silenceMs, 60_000),
    totalMs: checkLimit('timeout.totalMs', given.totalMs, Infinity),
  }
}

/** A clock starts up to one tick late and is looked at up to one tick late: two eighths are the quarter it may be late. */
const ticksPerLimit = 8

/**
 * One timer for each attempt, with a coarse tick. Nothing is measured when a chunk comes: the pull's number and a flag say at
 * the next tick whether something came.
 */
class TimeoutSource implements Source, Sink {
  readonly #driver: Driver
  readonly #request: StreamRequest
  readonly #context: OpenContext
  readonly #clocks: Clocks
  #upstream: Source | undefined
  #sink: Sink | undefined
  #pulls = 0
  #pullSeen = 0
  #contentCame = false
  #bytesCame = false
  #anyBytes = false
  #contentSince = 0
  #silenceSince = 0
  #tick: ReturnType<typeof setTimeout> | undefined
  #total: ReturnType<typeof setTimeout> | undefined
  /** The answer to the next pull, where the time ran out while nobody waited. */
  #late: Completion | StreamError | undefined

  constructor(driver: Driver, request: StreamRequest, context: OpenContext, clocks: Clocks) {
    this.#driver = driver
    this.#request = request
    this.#context = context
    this.#clocks = clocks
  }

  pull(sink: Sink): void {
    this.#sink = sink
    this.#pulls++
    if (this.#late !== undefined) return this.#answer(this.#late)
    this.#upstream ??= this.#open()
    if (this.#tick === undefined) this.#start()
    this.#upstream.pull(this)
  }

  close(): void {
    this.#stop()
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
    this.#contentCame = true
    this.#take().batch(events)
  }

  retry(event: RetryEvent): void {
    this.#contentCame = false
    this.#take().retry(event)
  }

  done(completion: Completion): void {
    this.#stop()
    this.#take().done(completion)
  }

  fail(error: StreamError): void {
    this.#stop()
    this.#take().fail(error)
  }

  #open(): Source {
    const { totalMs } = this.#clocks
    if (totalMs !== Infinity) {
      const message = `The stream took longer than ${totalMs} ms (timeout.totalMs).`
      const expire = (): void => this.#expire(message, false)
      this.#total = setTimeout(expire, Math.ceil(totalMs))
    }
    return openDriver(this.#driver, this.#request, {
      ...this.#context,
      onBytes: () => {
        this.#bytesCame = true
        this.#context.onBytes()
      },
    })
  }

  #start(): void {
    this.#pullSeen = this.#pulls
    this.#contentSince = this.#silenceSince = performance.now()
    this.#arm()
  }

  #arm(): void {
    const { firstChunkMs, chunkMs, silenceMs } = this.#clocks
    const shortest = Math.min(chunkMs, silenceMs, this.#contentCame ? Infinity : firstChunkMs)
    if (shortest !== Infinity) this.#tick = setTimeout(this.#onTick, shortest / ticksPerLimit)
  }

  readonly #onTick = (): void => {
    this.#tick = undefined
    // Nobody waits: the next pull starts the clocks anew.
    if (this.#sink === undefined) return
    const { firstChunkMs, chunkMs, silenceMs } = this.#clocks
    const now = performance.now()
    if (this.#pullSeen !== this.#pulls) {
      this.#pullSeen = this.#pulls
      this.#contentSince = this.#silenceSince = now
    }
    if (this.#bytesCame) {
      this.#bytesCame = false
      this.#anyBytes = true
      this.#silenceSince = now
    }
    const limit = this.#contentCame ? chunkMs : firstChunkMs
    if (now - this.#contentSince >= limit) {
      const [what, name] = this.#contentCame ? ['more', 'chunkMs'] : ['any', 'firstChunkMs']
      return this.#expire(`No ${what} content came for ${limit} ms (timeout.${name}).`, true)
    }
    if (this.#anyBytes && now - this.#silenceSince >= silenceMs) {
      return this.#expire(`No data at all came for ${silenceMs} ms (timeout.silenceMs).`, true)
    }
    this.#arm()
  }

  #expire(message: string, retryable: boolean): void {
    const { provider } = this.#driver
    // A stall after the finish reason is a complete answer that lost its last marker.
    const answer =
      this.#upstream?.finished() ??
      new StreamError('timeout', `${provider}: ${message}`, { provider, retryable })
    this.close()
    if (this.#sink === undefined) this.#late = answer
    else this.#answer(answer)
  }

  #answer(answer: Completion | StreamError): void {
    if (StreamError.is(answer)) this.#take().fail(answer)
    else this.#take().done(answer)
  }

  #stop(): void {
    clearTimeout(this.#tick)
    clearTimeout(this.#total)
  }

  #take(): Sink {
    const sink = this.#sink as Sink
    this.#sink = undefined
    return sink
  }
}
