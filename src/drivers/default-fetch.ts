/**
 * The `fetch` of drivers that are given none.
 *
 * @module
 */

import type { Fetch } from '../base/driver.js'

/** What only Node's own `fetch` has in its source. */
const mark = 'internal/deps/undici'

let lastSeen: Fetch | undefined
let lastIsOwn = false
let nodeFetch: Fetch | undefined

/**
 * `nodeFetch` in Node, the global `fetch` in other runtimes. A global `fetch` that somebody has
 * replaced, such as a mock or a tracer, is used as it is. It is looked up for each request, so that
 * one that is replaced later is used, too.
 */
export const defaultFetch: Fetch = async (input, init) => {
  const { fetch } = globalThis
  if (!isNodeOwn(fetch)) return fetch(input, init)
  // Loaded here, so that no other runtime loads it.
  nodeFetch ??= (await import('../node/node-fetch.js')).nodeFetch
  return nodeFetch(input, init)
}

function isNodeOwn(fetch: Fetch): boolean {
  if (fetch !== lastSeen) {
    lastSeen = fetch
    lastIsOwn = Function.prototype.toString.call(fetch).includes(mark)
  }
  return lastIsOwn
}
