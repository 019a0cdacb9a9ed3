/**
 * The object in one event of a stream.
 *
 * @module
 */

import { failureOf } from '../base/errors.js'
import { isRecord, type Json, recordsOf } from '../base/read-json.js'
import { isErrorBody } from '../http/error-body.js'
import { providerError } from '../http/provider-error.js'

/**
 * Reads the object in an event. It is empty for an event without data, and for a JSON value that is
 * no object: servers send `null` and the like to keep a connection open.
 *
 * @throws StreamError `protocol` for anything but JSON; the provider's error if an event named
 *   `error` is text, and if the data is an array of errors
 */
export function parseEventData(data: string, provider: string, event: string | undefined): Json {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch (cause) {
    if (event === 'error') throw providerError({ provider, body: data })
    if (data.trim() === '') return {}
    const what = `an event of the stream is not JSON: ${data.slice(0, 200)}`
    throw failureOf(provider, 'protocol', what, { cause })
  }
  if (isRecord(value)) return value
  // Google's servers wrap an error in an array.
  if (event === 'error' || recordsOf(value).some((item) => isErrorBody(item.error))) {
    throw providerError({ provider, body: value })
  }
  return {}
}
