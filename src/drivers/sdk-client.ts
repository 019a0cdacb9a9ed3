/**
 * Clients of the official SDKs. An SDK sends the request; its response is read here.
 *
 * @module
 */

import type { Fetch } from '../base/driver.js'
import { StreamError } from '../base/errors.js'
import { missingPackage } from '../base/missing-package.js'
import { keyFrom } from './api-key.js'
import type { ProviderOptions } from './common-options.js'

/** Options of both SDKs' constructors. */
interface SdkOptions {
  apiKey: string | (() => Promise<string>)
  baseURL?: string
  fetch?: Fetch
  defaultHeaders?: Record<string, string>
}

/** Options of one request. The SDK's own retries would multiply with ours, unseen. */
export function requestOptions(signal: AbortSignal): { signal: AbortSignal; maxRetries: 0 } {
  return { signal, maxRetries: 0 }
}

interface Sdk<Module> {
  provider: string
  /** The environment variable of the key. */
  variable: string
  packageName: string
  major: number
  load(): Promise<Module>
}

/**
 * Loads an SDK and creates its client.
 *
 * @throws StreamError `auth` without a key, and `invalid-request` if the package is missing or
 *   refuses the options or the runtime
 */
export async function createClient<Module, Client>(
  { provider, variable, packageName, major, load }: Sdk<Module>,
  { apiKey = keyFrom(provider, variable), baseURL, fetch, headers }: ProviderOptions,
  construct: (module: Module, options: SdkOptions) => Client,
): Promise<Client> {
  const module = await load().catch((error: unknown) => {
    throw missingPackage(packageName, major, error)
  })
  const options: SdkOptions = {
    apiKey: typeof apiKey === 'function' ? async () => apiKey() : apiKey,
    ...(baseURL === undefined ? {} : { baseURL }),
    ...(fetch === undefined ? {} : { fetch }),
    ...(headers === undefined ? {} : { defaultHeaders: headers }),
  }
  try {
    return construct(module, options)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `${provider}: the SDK cannot be used here: ${reason}`
    throw new StreamError('invalid-request', message, { provider, cause })
  }
}
