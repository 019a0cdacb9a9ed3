/**
 * What surrounds a stream that is a turn of a conversation: something has to be there before the model is asked, and something has to
 * be done before the reader is told the end.
 *
 * @module
 */

import { StreamError } from '../errors.js'
import type { StreamRequest } from '../messages.js'
import type { Sink, Source } from '../transport/pull.js'
import type { CompleteEvent, Completion, ErrorEvent, Usage } from '../types.js'

export type End = CompleteEvent | ErrorEvent

export interface Turn {
  /**
   * Called at the first pull.
   *
   * @param signal - aborts when the stream ends before this has resolved
   * @returns what the model is asked
   */
  begin(request: StreamRequest, stream: TurnStream, signal: AbortSignal): Promise<StreamRequest>
  /** Called once if `begin` was. What it resolves with is told; it MUST NOT reject. */
  end(end: End): Promise<End>
}

/** The stream as its turn sees it. */
export interface TurnStream {
  /** Whether the reader has asked for what comes next and has not got it yet. */
  readonly waiting: boolean
  /** Changes whenever content comes. */
  readonly length: number
  /** Ends the stream with this error. */
  stop(error: StreamError): void
}

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

  usage(): Usage {
    return this.#source?.usage() ?? {}
  }
}
