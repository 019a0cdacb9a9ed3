/**
 * The names of keys and channels.
 *
 * @module
 */

/**
 * The part that all keys and channels of an id share. The braces are a hash tag: they send all of
 * them to the same server of a cluster.
 */
export function taggedName(prefix: string, id: string): string {
  return `${prefix}{${id.replaceAll(/[%{}]/g, encodeURIComponent)}}`
}
