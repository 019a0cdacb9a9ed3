/**
 * Bodies of responses that other code made, and may have read already.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'

/**
 * @returns undefined for a response without a body
 * @throws StreamError `protocol` for a body that was read before, or is no Web stream: node-fetch
 *   and `openai` up to 4 return a stream of Node
 * @throws StreamError `setup` for a response without the property `body`: the `fetch` of React
 *   Native does not stream
 */
export function readerOf({ body }: Response): ReadableStreamDefaultReader<Uint8Array> | undefined {
  // What types rule out, a polyfill does.
  if ((body as unknown) === undefined) {
    const message =
      'This fetch does not stream: its response has no body. Pass one that does as option "fetch", such as that of expo/fetch.'
    throw new StreamError('setup', message)
  }
  try {
    return body?.getReader()
  } catch (cause) {
    const message = "The response's body was read before, or is no Web stream."
    throw new StreamError('protocol', message, { cause })
  }
}

/** Cancels a body that nobody reads. */
export function cancelBody(response: Response | undefined): void {
  try {
    response?.body?.cancel().catch(() => {})
  } catch {
    // No Web stream.
  }
}
