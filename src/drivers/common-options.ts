/**
 * What all drivers take, and where their keys come from.
 *
 * @module
 */

import { checkKeys, optionError } from '../base/check-options.js'
import type { Fetch } from '../base/driver.js'
import { StreamError } from '../base/errors.js'
import type { ThinkTags } from '../wires/think-tags.js'

/** A key, or a function that gives one for each request, for keys that rotate. */
export type ApiKey = string | (() => string | Promise<string>)

/** Options that every driver has. */
export interface ProviderOptions {
  /** The model that is asked. */
  model: string
  apiKey?: ApiKey
  baseURL?: string
  /** Used instead of the global `fetch`. */
  fetch?: Fetch
  /** Sent with each request. */
  headers?: Record<string, string>
}

const common = ['model', 'apiKey', 'baseURL', 'fetch', 'headers']

/** @throws TypeError naming the option, the value and what is allowed */
export function checkProvider(
  driver: string,
  options: ProviderOptions,
  further: readonly string[],
): void {
  checkKeys(driver, options, [...common, ...further], 'an object with at least a model')
  const { model, apiKey, baseURL, fetch, headers } = options
  if (typeof model !== 'string' || model === '') {
    throw optionError(`${driver}.model`, model, 'the name of a model')
  }
  if (apiKey !== undefined && typeof apiKey !== 'string' && typeof apiKey !== 'function') {
    throw new TypeError(
      `Option "${driver}.apiKey" has to be a string, or a function that gives one.`,
    )
  }
  if (baseURL !== undefined && !URL.canParse(baseURL)) {
    throw optionError(`${driver}.baseURL`, baseURL, 'an absolute URL')
  }
  if (fetch !== undefined && typeof fetch !== 'function') {
    throw optionError(`${driver}.fetch`, fetch, 'a function like fetch')
  }
  if (headers !== undefined && (typeof headers !== 'object' || headers === null)) {
    throw new TypeError(`Option "${driver}.headers" has to be an object of names and values.`)
  }
}

/** @throws TypeError naming the option, the value and what is allowed */
export function checkThinkTags(driver: string, thinkTags: ThinkTags | undefined): void {
  if (thinkTags === undefined || thinkTags === 'opened' || typeof thinkTags === 'boolean') return
  throw optionError(`${driver}.thinkTags`, thinkTags, 'true, false, "opened"')
}

/** The options of a driver in the words of both SDKs' constructors. */
export function sdkOptions(
  { baseURL, fetch, headers }: ProviderOptions,
  apiKey: ApiKey,
): {
  apiKey: string | (() => Promise<string>)
  baseURL?: string
  fetch?: Fetch
  defaultHeaders?: Record<string, string>
} {
  return {
    apiKey: typeof apiKey === 'function' ? async () => apiKey() : apiKey,
    ...(baseURL === undefined ? {} : { baseURL }),
    ...(fetch === undefined ? {} : { fetch }),
    ...(headers === undefined ? {} : { defaultHeaders: headers }),
  }
}

/** A client of an SDK, whose constructor refuses some options and some runtimes. */
export function construct<Client>(provider: string, create: () => Client): Client {
  try {
    return create()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `${provider}: the SDK cannot be used here: ${reason}`
    throw new StreamError('invalid-request', message, { provider, cause })
  }
}

/** The key of one request. */
export async function resolveKey(apiKey: ApiKey): Promise<string> {
  return typeof apiKey === 'function' ? apiKey() : apiKey
}

/** Undefined where there is no environment, or no right to read it. */
export function environment(name: string): string | undefined {
  try {
    return globalThis.process?.env?.[name] || undefined
  } catch {
    return undefined
  }
}

export function missingKey(provider: string, variable: string): StreamError {
  const message = `${provider}: no API key. Set the environment variable ${variable}, or pass apiKey.`
  return new StreamError('auth', message, { provider })
}
