/**
 * The beginning of a body, kept until its first frame has been read, to find out what a body
 * without frames is.
 *
 * @module
 */

import { parseJson } from '../base/parse-json.js'
import { isErrorObject } from './error-body.js'
import type { BodyFraming } from './framing.js'

/** How much is kept, in bytes. */
const maxLength = 64 * 1024

export class Prologue {
  #chunks: Uint8Array[] = []
  #length = 0

  add(chunk: Uint8Array): void {
    if (this.#length < maxLength) this.#chunks.push(chunk.subarray(0, maxLength - this.#length))
    this.#length += chunk.length
  }

  /**
   * What the body is instead of frames: an error as JSON, or an excerpt of a page of a proxy, a
   * whole answer and the like. Undefined if it is empty, or was cut inside its first frame.
   */
  identify({ beginnings }: BodyFraming): { error: unknown } | { excerpt: string } | undefined {
    if (this.#length === 0) return undefined
    const decoder = new TextDecoder()
    const text = this.#chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('')
    const error = parseJson(text)
    if (holdsError(error)) return { error }
    if (beginnings.some((each) => text.startsWith(each) || each.startsWith(text))) return undefined
    return { excerpt: text.trim().slice(0, 200) }
  }
}

/** Gemini wraps its errors in an array. */
function holdsError(body: unknown): boolean {
  const value: unknown = Array.isArray(body) ? body[0] : body
  if (typeof value !== 'object' || value === null) return false
  return isErrorObject(value) || 'detail' in value
}
