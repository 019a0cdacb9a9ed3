/**
 * Sources that have to wait for something before they are there.
 *
 * @module
 */

import type { Completion } from '../base/driver.js'
import { StreamError } from '../base/errors.js'
import type { UsageSum } from '../base/events.js'
import type { Resumption, Sink, Source } from './source.js'

/** A source that there is once a promise has resolved. From then on it costs one call a pull. */
export class PromisedSource implements Source {
  readonly #promise: (signal: AbortSignal) => Promise<Source>
  readonly #controller = new AbortController()
  #source: Source | undefined

  constructor(promise: (signal: AbortSignal) => Promise<Source>) {
    this.#promise = promise
  }

  pull(sink: Sink): void {
    if (this.#source !== undefined) return this.#source.pull(sink)
    const { signal } = this.#controller
    this.#promise(signal).then(
      (source) => {
        if (signal.aborted) return
        this.#source = source
        source.pull(sink)
      },
      (error: unknown) => {
        if (!signal.aborted) sink.fail(StreamError.from(error))
      },
    )
  }

  close(): void {
    this.#controller.abort()
    this.#source?.close()
  }

  finished(): Completion | undefined {
    return this.#source?.finished()
  }

  usage(): UsageSum {
    return this.#source?.usage() ?? {}
  }

  resumption(): Resumption | undefined {
    return this.#source?.resumption?.()
  }
}
