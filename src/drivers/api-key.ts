/**
 * Keys of providers.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { ApiKey } from './common-options.js'

/** The key of one request. */
export async function resolveKey(apiKey: ApiKey): Promise<string> {
  return typeof apiKey === 'function' ? apiKey() : apiKey
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

/** @throws StreamError `auth` if the environment has no such key */
export function keyFrom(provider: string, variable: string): string {
  const key = environment(variable)
  if (key !== undefined) return key
  const message = `${provider}: no API key. Set the environment variable ${variable}, or pass apiKey.`
  throw new StreamError('auth', message, { provider })
}
