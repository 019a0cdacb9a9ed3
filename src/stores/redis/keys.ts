/**
 * The names of keys and channels.
 *
 * @module
 */

import { checkId } from '../../base/check-options.js'

/**
 * The part that all keys and channels of an id share. The braces are a hash tag: they send all of
 * them to the same server of a cluster.
 *
 * @throws TypeError for an id that is not well-formed: UTF-8 would turn it into that of another
 */
export function taggedName(prefix: string, id: string): string {
  checkId(id)
  return `${prefix}{${id.replaceAll(/[%{}]/g, encodeURIComponent)}}`
}

/** The beginning of the keys of an index. No key of an id has their endings. */
export function indexName(prefix: string): string {
  return `${prefix}{index}`
}
