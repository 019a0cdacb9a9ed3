/**
 * The body of one response of Node: pushed by the network, pulled by a reader.
 *
 * @module
 */

import type { BodyReader, OnChunk } from '../http/body-reader.js'

/** Where a body comes from. */
export interface Flow {
  pause(): void
  resume(): void
  /** Closes the connection. */
  abort(reason: Error): void
}

/** How much may wait for a slow reader before the network is paused, in bytes. */
const maxWaiting = 16 * 1024

/**
 * Delivers everything that has come since the last read as one chunk: a server that writes each
 * token as a chunk of its own often sends several in one packet.
 */
export class NodeBody implements BodyReader {
  readonly #flow: Flow
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #isPaused = false
  #isScheduled = false
  #onChunk: OnChunk | undefined
  #onDrop: ((error: unknown) => void) | undefined
  #end: { error?: unknown } | undefined
  #isCancelled = false

  constructor(flow: Flow) {
    this.#flow = flow
  }

  push(chunk: Uint8Array): void {
    if (this.#isCancelled || this.#end !== undefined || chunk.length === 0) return
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.length
    if (!this.#isPaused && this.#waitingBytes >= maxWaiting) {
      this.#isPaused = true
      this.#flow.pause()
    }
    this.#schedule()
  }

  end(): void {
    this.#end ??= {}
    this.#schedule()
  }

  fail(error: unknown): void {
    this.#end ??= { error }
    this.#schedule()
  }

  read(onChunk: OnChunk, onDrop: (error: unknown) => void): void {
    this.#onChunk = onChunk
    this.#onDrop = onDrop
    this.#schedule()
  }

  cancel(reason: Error = new DOMException('The body was cancelled.', 'AbortError')): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    this.#onChunk = undefined
    this.#onDrop = undefined
    this.#waiting = []
    if (this.#end === undefined) this.#flow.abort(reason)
  }

  /** At the end of the turn, so that all chunks of one packet are there, and on an empty stack. */
  #schedule(): void {
    if (this.#isScheduled || this.#onChunk === undefined) return
    if (this.#waiting.length === 0 && this.#end === undefined) return
    this.#isScheduled = true
    process.nextTick(flush, this)
  }

  /** @internal */
  flush(): void {
    this.#isScheduled = false
    const onChunk = this.#onChunk
    const onDrop = this.#onDrop
    if (onChunk === undefined) return
    this.#onChunk = undefined
    this.#onDrop = undefined
    const waiting = this.#waiting
    if (waiting.length > 0) {
      this.#waiting = []
      const bytes = this.#waitingBytes
      this.#waitingBytes = 0
      if (this.#isPaused) {
        this.#isPaused = false
        this.#flow.resume()
      }
      onChunk(waiting.length === 1 ? waiting[0] : Buffer.concat(waiting, bytes))
    } else if (this.#end !== undefined && 'error' in this.#end) onDrop?.(this.#end.error)
    else onChunk(undefined)
  }
}

function flush(body: NodeBody): void {
  body.flush()
}
