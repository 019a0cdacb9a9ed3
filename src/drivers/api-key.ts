/**
 * Keys of providers.
 *
 * @module
 */

import { failureOf } from '../base/errors.js'
import { isHeaderValue } from '../http/headers.js'
import { unsendableError } from '../http/request-error.js'
import type { ApiKey } from './common-options.js'

/**
 * Returns the key of one request.
 *
 * @throws StreamError `setup` for a key that no header can carry; the error does not quote it
 */
export async function resolveKey(provider: string, apiKey: ApiKey): Promise<string> {
  const key: unknown = typeof apiKey === 'function' ? await apiKey() : apiKey
  if (typeof key === 'string' && key.trim() !== '' && isHeaderValue(key)) return key
  throw unsendableError(provider, 'The API key')
}

/**
 * The value of an environment variable; undefined without an environment, or without the permission
 * to read it.
 */
export function environment(name: string): string | undefined {
  try {
    return globalThis.process?.env?.[name] || undefined
  } catch {
    return undefined
  }
}

/** @throws StreamError `setup` if the environment has no such key */
export function keyFrom(provider: string, variable: string): string {
  const key = environment(variable)
  if (key !== undefined) return key
  const what = `no API key. Set the environment variable ${variable}, or pass apiKey.`
  throw failureOf(provider, 'setup', what)
}
