/**
 * Bodies of responses that other code made, and may have read already.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import { type BodyReader, type OnChunk, takeBody } from './body-reader.js'

/** A response whose body can be read by callback. */
interface OwnResponse {
  /**
   * Locks the body.
   *
   * @returns null for a response without a body, undefined if its Web stream is in use already
   * @throws TypeError for a body that was read before
   */
  [takeBody]?(): BodyReader | null | undefined
}

/**
 * @returns undefined for a response without a body
 * @throws StreamError `protocol` for a body that was read before, or is no Web stream: node-fetch
 *   and `openai` up to 4 return a stream of Node
 * @throws StreamError `setup` for a response without the property `body`: the `fetch` of React
 *   Native does not stream
 */
export function readerOf(response: Response): BodyReader | undefined {
  try {
    const own = (response as OwnResponse)[takeBody]?.()
    if (own !== undefined) return own ?? undefined
    const { body } = response
    // What types rule out, a polyfill does.
    if ((body as unknown) === undefined) {
      const message =
        'This fetch does not stream: its response has no body. Pass one that does as option "fetch", such as that of expo/fetch.'
      throw new StreamError('setup', message)
    }
    return body === null ? undefined : new WebReader(body.getReader())
  } catch (cause) {
    if (StreamError.is(cause)) throw cause
    const message = "The response's body was read before, or is no Web stream."
    throw new StreamError('protocol', message, { cause })
  }
}

/** Cancels a body that nobody reads. */
export function cancelBody(response: Response | undefined): void {
  try {
    if (response !== undefined) readerOf(response)?.cancel()
  } catch {
    // Nothing to cancel: it was read before, or is no Web stream.
  }
}

class WebReader implements BodyReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  #onChunk: OnChunk | undefined

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.#reader = reader
  }

  read(onChunk: OnChunk, onDrop: (error: unknown) => void): void {
    this.#onChunk = onChunk
    this.#reader.read().then(this.#onResult, onDrop)
  }

  cancel(): void {
    this.#reader.cancel().catch(() => {})
  }

  readonly #onResult = (result: ReadableStreamReadResult<Uint8Array>): void =>
    this.#onChunk?.(result.value)
}
