/**
 * Events of the application, beside those of a stream.
 *
 * @module
 */

import { toJson } from '../base/bytes-as-json.js'
import { isText } from '../base/check-options.js'
import { optionError } from '../base/option-error.js'

/** What an application sends to the reader of one response. */
export interface DataChannel {
  /**
   * Writes an event at once, also while the model is silent; before the response has begun, with
   * its first bytes. It is not part of the stream: it is not stored, and a reader that reconnects
   * does not receive it again.
   *
   * @param name - the application's name for this kind of event
   * @param data - JSON
   * @throws TypeError for a name that is empty, and for data that JSON cannot hold
   */
  push(name: string, data: unknown): void
  /** The events so far, as they are written. Each response has a place of its own in them. */
  readonly written: readonly string[]
  /** Calls back after each event. @returns the function that ends it */
  listen(listener: () => void): () => void
}

/**
 * Creates a channel for the option `data` of `sse()`. `connect()` and `useStream()` pass its events
 * to `onData`; other readers ignore them.
 *
 * @example
 * ```ts
 * const data = dataChannel()
 * data.push('title', { text: 'Sky' })
 * return toResponse(stream, sse({ data }))
 * ```
 */
export function dataChannel(): DataChannel {
  const written: string[] = []
  const listeners = new Set<() => void>()
  return {
    written,
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    push(name, data) {
      if (!isText(name)) throw optionError('name', name, 'a string that is not empty')
      written.push(`event: data\ndata: ${toJson({ type: 'data', name, data })}\n\n`)
      for (const listener of listeners) listener()
    },
  }
}
