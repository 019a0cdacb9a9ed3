/**
 * What one event of a stream holds.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import { isErrorBody } from '../http/error-body.js'
import { providerError } from '../http/provider-error.js'
import { isRecord, type Json, recordsOf } from './read-json.js'

/**
 * The object that an event holds. An event without data holds an empty one.
 *
 * @throws StreamError `protocol` for anything but a JSON object; what the provider says where an event named `error` is text
 */
export function parseEventData(data: string, provider: string, event: string | undefined): Json {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch (cause) {
    if (event === 'error') throw providerError({ provider, body: data })
    if (data.trim() === '') return {}
    const message = `${provider}: an event of the stream is not JSON: ${data.slice(0, 200)}`
    throw new StreamError('protocol', message, { provider, cause })
  }
  if (isRecord(value)) return value
  // Google's servers wrap an error in an array.
  if (event === 'error' || recordsOf(value).some((item) => isErrorBody(item.error))) {
    throw providerError({ provider, body: value })
  }
  const message = `${provider}: an event of the stream is not an object: ${data.slice(0, 200)}`
  throw new StreamError('protocol', message, { provider })
}
