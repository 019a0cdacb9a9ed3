/**
 * JSON with bytes in it.
 *
 * @module
 */

import { toBase64 } from './base64.js'

/**
 * `JSON.stringify()` that writes bytes as base64: `Uint8Array`, Node's Buffer and `ArrayBuffer`.
 * On its own it writes `{"0":137}` for them, and `{}` for an `ArrayBuffer`.
 *
 * @throws TypeError for a `Blob`, whose bytes can only be read later, and for what
 *   `JSON.stringify()` refuses
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, replaceBytes)
}

function replaceBytes(this: Record<string, unknown>, key: string, written: unknown): unknown {
  // A string or a number, such as what the method toJSON() of a URL returns.
  if (typeof written !== 'object' || written === null) return written
  // Not `written`: Buffer has the method toJSON().
  const value = this[key]
  // Not `instanceof`: a page in a test has classes of its own.
  switch (Object.prototype.toString.call(value)) {
    case '[object Uint8Array]':
      return toBase64(value as Uint8Array)
    case '[object ArrayBuffer]':
      return toBase64(new Uint8Array(value as ArrayBuffer))
    case '[object Blob]':
    case '[object File]':
      throw new TypeError(
        'A Blob cannot be sent as JSON. Pass its bytes: new Uint8Array(await blob.arrayBuffer()).',
      )
    default:
      return written
  }
}
