/**
 * The timeouts of one attempt.
 *
 * They are the innermost layer, whichever layer set them: around a driver that delegates to several
 * others, one that stalls would take the others with it.
 *
 * @module
 */

import { failureOf } from '../base/errors.js'
import type { ContentEvent, RetryEvent } from '../base/events.js'
import { keepAlive } from '../base/timers.js'
import { ForwardingSource } from '../pull/forwarding-source.js'
import type { Clocks, OpenContext, Source } from '../pull/source.js'

const defaults: Clocks = { firstChunkMs: 120_000, chunkMs: 60_000, silenceMs: 60_000 }

/** Both limits apply. A default applies only if neither is set. */
export function tighten(outer: Partial<Clocks> = {}, inner: Partial<Clocks>): Partial<Clocks> {
  const clocks: Partial<Clocks> = { ...outer }
  for (const name of Object.keys(defaults) as (keyof Clocks)[]) {
    const limit = inner[name]
    if (limit !== undefined) clocks[name] = Math.min(limit, outer[name] ?? Infinity)
  }
  return clocks
}

/** The source of one attempt, with the timeouts of the context. */
export function openClocked(
  provider: string,
  context: OpenContext,
  open: (context: OpenContext) => Source,
): Source {
  if (context.clocks === undefined) return open(context)
  const clocks = { ...defaults, ...context.clocks }
  const shortest = Math.min(clocks.firstChunkMs, clocks.chunkMs, clocks.silenceMs)
  return shortest === Infinity ? open(context) : new ClockedSource(provider, context, clocks, open)
}

/**
 * A timeout starts up to one tick late and is checked up to one tick late: two eighths are the
 * quarter by which it may be late.
 */
const ticksPerLimit = 8

/** A process with nothing else to do stays alive until a tick finds that no pull is pending. */
const longestTickMs = 1_000

/**
 * One timer with a coarse tick. Nothing is measured when a chunk comes: at the next tick, a flag
 * and the number of pulls show whether something came.
 */
class ClockedSource extends ForwardingSource {
  readonly #provider: string
  readonly #context: OpenContext
  readonly #clocks: Clocks
  #pulls = 0
  #pullSeen = 0
  #contentCame = false
  #bytesCame = false
  #anyBytes = false
  #contentSince = 0
  #silenceSince = 0
  /** The end of the wait that the driver has announced. */
  #waitsUntil = 0
  #tick: ReturnType<typeof setTimeout> | undefined
  #tickMs = 0
  #tickDue = 0

  constructor(
    provider: string,
    context: OpenContext,
    clocks: Clocks,
    open: (context: OpenContext) => Source,
  ) {
    super()
    this.#provider = provider
    this.#context = context
    this.#clocks = clocks
    const onBytes = (): void => {
      this.#bytesCame = true
      context.onBytes()
    }
    this.upstream = open({ ...context, onBytes })
  }

  override batch(events: readonly ContentEvent[]): void {
    this.#contentCame = true
    super.batch(events)
  }

  /** Another attempt of a driver that makes several by itself. */
  override retry(event: RetryEvent): void {
    this.#contentCame = this.#anyBytes = this.#bytesCame = false
    this.#waitsUntil = performance.now() + event.delayMs
    super.retry(event)
  }

  protected override stopTimers(): void {
    clearTimeout(this.#tick)
  }

  protected override next(): void {
    this.#pulls++
    if (this.#tick === undefined) this.#start()
    super.next()
  }

  #start(): void {
    const now = performance.now()
    this.#restart(now)
    this.#arm(now)
  }

  #restart(now: number): void {
    this.#pullSeen = this.#pulls
    this.#contentSince = this.#silenceSince = Math.max(now, this.#waitsUntil)
  }

  #arm(now: number): void {
    const { firstChunkMs, chunkMs, silenceMs } = this.#clocks
    const shortest = Math.min(chunkMs, silenceMs, this.#contentCame ? Infinity : firstChunkMs)
    if (shortest === Infinity) return
    this.#tickMs = Math.min(Math.max(1, shortest / ticksPerLimit), longestTickMs)
    this.#tickDue = now + this.#tickMs
    this.#tick = setTimeout(this.#onTick, this.#tickMs)
  }

  readonly #onTick = (): void => {
    this.#tick = undefined
    // No pull is pending: the next one restarts the timeouts.
    if (!this.isPulled) return
    const now = performance.now()
    if (!this.#context.isAwaited()) {
      // A layer above has pulled ahead of the reader.
      this.#restart(now)
      this.#arm(now)
      return keepAlive(this.#tick, false)
    }
    const { firstChunkMs, chunkMs, silenceMs } = this.#clocks
    const lateMs = now - this.#tickDue
    if (lateMs > this.#tickMs) {
      // The process was blocked: what arrived meanwhile could not be read.
      this.#contentSince += lateMs
      this.#silenceSince += lateMs
    }
    if (this.#pullSeen !== this.#pulls) this.#restart(now)
    if (this.#bytesCame) {
      this.#bytesCame = false
      this.#anyBytes = true
      this.#silenceSince = now
    }
    const limit = this.#contentCame ? chunkMs : firstChunkMs
    if (now - this.#contentSince >= limit) {
      const [what, name] = this.#contentCame
        ? ['more content', 'chunkMs']
        : ['content', 'firstChunkMs']
      return this.#expire(`No ${what} came for ${limit} ms (timeout.${name}).`)
    }
    if (this.#anyBytes && now - this.#silenceSince >= silenceMs) {
      return this.#expire(`No data at all came for ${silenceMs} ms (timeout.silenceMs).`)
    }
    this.#arm(now)
  }

  #expire(message: string): void {
    // A stall after the finish reason is a complete answer that lost its terminal event.
    const completion = this.finished()
    this.close()
    if (completion !== undefined) return this.done(completion)
    this.fail(failureOf(this.#provider, 'timeout', message))
  }
}
