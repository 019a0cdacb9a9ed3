/**
 * A source that is opened once a promise resolves.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import { ForwardingSource } from './forwarding-source.js'
import type { Source } from './source.js'

/**
 * Opens its source at the first pull, once a promise resolves. The signal aborts when it is closed
 * before.
 */
export class PromisedSource extends ForwardingSource {
  readonly #open: (signal: AbortSignal) => Promise<Source>
  readonly #controller = new AbortController()

  constructor(open: (signal: AbortSignal) => Promise<Source>) {
    super()
    this.#open = open
  }

  override close(): void {
    this.#controller.abort()
    super.close()
  }

  protected override next(): void {
    if (this.upstream !== undefined) return super.next()
    const { signal } = this.#controller
    this.#open(signal).then(
      (source) => {
        if (signal.aborted) return
        this.upstream = source
        source.pull(this)
      },
      (error: unknown) => {
        if (!signal.aborted) this.fail(StreamError.from(error))
      },
    )
  }
}
