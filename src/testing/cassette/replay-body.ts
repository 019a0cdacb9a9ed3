/**
 * The body of a replayed answer, with the recorded delays and the requested fault.
 *
 * @module
 */

import { terminated } from '../providers/fetch-error.js'
import type { ReplayFault } from './replay-fault.js'

export interface TimedChunk {
  bytes: Uint8Array
  afterMs: number
}

export class ReplayBody implements UnderlyingDefaultSource<Uint8Array> {
  readonly #chunks: readonly TimedChunk[]
  readonly #failure: (() => Error) | undefined
  /** How many bytes precede the fault. */
  readonly #limit: number
  readonly #fault: 'cut' | 'end' | 'stall' | undefined
  readonly #signal: AbortSignal | undefined
  #position = 0
  #sent = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #onAbort = (): void => {}

  /** @param failure - the error of the recorded body; undefined if it was whole */
  constructor(
    chunks: readonly TimedChunk[],
    failure: (() => Error) | undefined,
    fault: ReplayFault | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#chunks = fault?.kind === 'split' ? split(chunks, fault.chunkBytes) : chunks
    this.#failure = failure
    const late = fault !== undefined && 'afterBytes' in fault ? fault : undefined
    this.#limit = late?.afterBytes ?? Infinity
    this.#fault = late?.kind
    this.#signal = signal
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#onAbort = () => {
      clearTimeout(this.#timer)
      controller.error(this.#signal?.reason)
    }
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    if (this.#sent >= this.#limit) return this.#break(controller)
    const chunk = this.#chunks[this.#position++]
    if (chunk === undefined) return this.#finish(controller)
    if (chunk.afterMs > 0) await this.#wait(chunk.afterMs)
    if (this.#signal?.aborted) return
    const bytes = chunk.bytes.subarray(0, this.#limit - this.#sent)
    this.#sent += bytes.length
    controller.enqueue(bytes)
  }

  cancel(): void {
    this.#leave()
  }

  #break(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> | undefined {
    // This pull never resolves: the signal or `cancel()` ends the stream.
    if (this.#fault === 'stall') return new Promise(() => {})
    this.#leave()
    if (this.#fault === 'end') controller.close()
    else controller.error(terminated())
    return undefined
  }

  #finish(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#leave()
    if (this.#failure === undefined) controller.close()
    else controller.error(this.#failure())
  }

  #leave(): void {
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#onAbort)
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#timer = setTimeout(resolve, delayMs)
    })
  }
}

function split(chunks: readonly TimedChunk[], size: number): TimedChunk[] {
  return chunks.flatMap(({ bytes, afterMs }) => {
    const pieces: TimedChunk[] = []
    for (let start = 0; start < bytes.length; start += size) {
      pieces.push({
        bytes: bytes.subarray(start, start + size),
        afterMs: start === 0 ? afterMs : 0,
      })
    }
    return pieces
  })
}
