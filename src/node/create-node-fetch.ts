/**
 * A `fetch` for Node with connections of its own.
 *
 * @module
 */

import { checkOptions, has, type Rules, rule } from '../base/check-options.js'
import type { Fetch } from '../base/driver.js'
import type { Dispatcher } from './dispatcher.js'
import { send } from './node-fetch.js'

/** Options of `createNodeFetch()`. */
export interface NodeFetchOptions {
  /**
   * A dispatcher of the package `undici`, version 6 or later, for connections of its own: an
   * `EnvHttpProxyAgent` for proxies, an `Agent` for certificates, limits or HTTP/2.
   *
   * @default the dispatcher that the global `fetch` uses
   */
  dispatcher?: Dispatcher
}

const rules: Rules<NodeFetchOptions> = {
  dispatcher: rule('a dispatcher of the package undici', (value) => has(value, 'dispatch')),
}

/**
 * Creates a `nodeFetch` with connections of its own.
 *
 * @throws TypeError for an invalid option
 * @example
 * ```ts
 * import { Agent } from 'undici'
 *
 * const fetch = createNodeFetch({ dispatcher: new Agent({ allowH2: true }) })
 * const driver = compatible('groq', { model: 'llama-3.3-70b-versatile', fetch })
 * ```
 */
export function createNodeFetch(options: NodeFetchOptions = {}): Fetch {
  checkOptions('createNodeFetch', options, rules)
  const { dispatcher } = options
  return (input, init) => send(dispatcher, input, init)
}
