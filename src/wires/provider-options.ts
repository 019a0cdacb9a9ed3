/**
 * Options of a provider, at each level of a request.
 *
 * @module
 */

import type { ForProviders, OptionsByProvider } from '../base/messages.js'
import { isRecord, type Json } from '../base/read-json.js'
import type { StreamRequest } from '../base/request.js'

/** What a driver adds to each of its requests. */
export interface WireSettings<Traits = unknown> {
  /** The name of the provider whose options count. */
  provider?: string
  /** The caller's own traits of the model, which override the table. */
  traits?: Traits | undefined
  /** The driver's own constant part of the body. */
  body?: Json | undefined
}

/** The options of one provider; empty if there are none. */
export function optionsOf(options: OptionsByProvider | undefined, provider: string): Json {
  return options !== undefined && Object.hasOwn(options, provider)
    ? (options[provider] as Json)
    : {}
}

/** The driver's own part of the body with that of the request over it. */
export function bodyOptions(
  { providerOptions }: StreamRequest,
  provider: string,
  body: Json | undefined,
  joined: readonly string[],
): Json {
  return mergeOptions(body ?? {}, optionsOf(providerOptions, provider), joined)
}

/** What a part, message or tool becomes on the wire, with the provider's options for it. */
export function withOptions(
  item: Json,
  { providerOptions }: Pick<ForProviders, 'providerOptions'>,
  provider: string,
): Json {
  return providerOptions === undefined
    ? item
    : mergeOptions(item, optionsOf(providerOptions, provider))
}

/**
 * Merges options over what we send: objects deeply, and everything else is replaced.
 *
 * @param joined - the names of lists at the top that are joined instead, without repetitions
 */
export function mergeOptions(own: Json, options: Json, joined: readonly string[] = []): Json {
  const merged = { ...own }
  for (const [name, value] of Object.entries(options)) {
    const before = own[name]
    if (isRecord(before) && isRecord(value)) merged[name] = mergeOptions(before, value)
    else if (joined.includes(name) && Array.isArray(before) && Array.isArray(value)) {
      merged[name] = [...new Set([...before, ...value])]
    } else merged[name] = value
  }
  return merged
}
