/**
 * Options that all drivers have.
 *
 * @module
 */

import {
  checkOptions,
  func,
  isText,
  oneOf,
  type Rule,
  type Rules,
  record,
  required,
  rule,
} from '../base/check-options.js'
import type { Fetch } from '../base/driver.js'
import { isRecord } from '../base/read-json.js'
import { hasLogin, isValidUrl } from '../base/url.js'

/** A key, or a function that returns one for each request, for keys that rotate. */
export type ApiKey = string | (() => string | Promise<string>)

/** Headers, or a function that returns them for each request, for tokens that expire. */
export type ProviderHeaders =
  | Record<string, string>
  | (() => Record<string, string> | Promise<Record<string, string>>)

/** The name of a model: any string, of which editors complete the known ones. */
export type ModelName<Known extends string> = Known | (string & Record<never, never>)

/** Options that every driver has. */
export interface ProviderOptions {
  /** The name of the model. */
  model: string
  apiKey?: ApiKey
  baseURL?: string
  /**
   * Used instead of the global `fetch`.
   *
   * @default `nodeFetch` of `sluice/node` in Node, unless the global `fetch` has been replaced; the
   * global `fetch` at the time of each request everywhere else
   */
  fetch?: Fetch
  /**
   * Sent with each request. A value that no header can carry fails the request with a StreamError
   * of code `setup`.
   */
  headers?: ProviderHeaders
  /**
   * Further fields of every request's body, merged like `providerOptions` of a request, which win
   * over them.
   */
  body?: Record<string, unknown>
}

export const providerRules: Rules<ProviderOptions> = {
  model: required(rule('the name of a model', (value) => isText(value) && value.isWellFormed())),
  apiKey: secret(
    'a string, or a function that returns one',
    (value) => typeof value === 'string' || typeof value === 'function',
  ),
  // A password would be in the error of every request that fails.
  baseURL: rule(
    'a URL that begins with http:// or https://, without a name and password',
    (value) =>
      isText(value) && /^https?:/i.test(value) && isValidUrl(value) && !hasLogin(new URL(value)),
  ),
  fetch: func,
  headers: secret(
    'an object of names and values, or a function that returns one',
    (value) => isRecord(value) || typeof value === 'function',
  ),
  body: record,
}

export const thinkTagsRule: Rule = oneOf(true, false, 'opened')

/** A rule for values that hold keys, which no error may quote. */
export function secret(allowed: string, isAllowed: Rule['isAllowed']): Rule {
  return { allowed, isAllowed, secret: true }
}

/**
 * Checks the options of one driver.
 *
 * @throws TypeError for an unknown option, and a value that is not allowed
 */
export function checkProvider<Options extends ProviderOptions>(
  driver: string,
  options: Options,
  rules: Rules<Options>,
): void {
  checkOptions(driver, options, rules, 'an object with at least a model')
}
