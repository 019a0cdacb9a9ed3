/**
 * The body of a response that somebody else made, and may have read already.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'

/**
 * @returns undefined where there is no body
 * @throws StreamError `protocol` for a body that was read before, or is no Web stream: node-fetch and `openai` up to 4 give one of Node
 * @throws StreamError `setup` for a response without the property `body`: the `fetch` of React Native does not stream
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

/** Lets go of a body that nobody reads. */
export function cancelBody(response: Response | undefined): void {
  try {
    response?.body?.cancel().catch(() => {})
  } catch {
    // No Web stream.
  }
}
