/**
 * The end of one JSON value in a text that comes in pieces.
 *
 * @module
 */

/** Follows brackets and strings. Each character is read once. */
export class JsonEnd {
  #depth = 0
  #inString = false
  #escaped = false
  /** The value is a number or a literal, which only the character after it ends. */
  #scalar = false
  /** Whether the value has ended. */
  found = false

  /** @returns the position in the text after which the value has ended, or the text's length */
  find(text: string, start = 0): number {
    for (let at = start; at < text.length && !this.found; at++) {
      this.found = this.#ends(text.charCodeAt(at))
      // White space and a fence end a number, and are no part of it.
      if (this.found) return this.#scalar ? at : at + 1
    }
    return text.length
  }

  #ends(code: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false
      else if (code === 0x5c) this.#escaped = true
      else if (code === 0x22) this.#inString = false
      return !this.#inString && this.#depth === 0
    }
    switch (code) {
      case 0x22: // "
        this.#inString = true
        return false
      case 0x5b: // [
      case 0x7b: // {
        this.#depth++
        return false
      case 0x5d: // ]
      case 0x7d: // }
        return --this.#depth <= 0
      default:
        if (this.#depth > 0) return false
        if (code <= 0x20 && !this.#scalar) return false
        this.#scalar = true
        return code <= 0x20 || code === 0x60
    }
  }
}
