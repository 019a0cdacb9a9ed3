/**
 * Extracts JSON from the text of a model, which may wrap it in a Markdown fence, a sentence or
 * reasoning.
 *
 * @module
 */

const thinkStart = '<think>'
const thinkEnd = '</think>'
const literals = ['true', 'false', 'null']
const firstWords = [thinkStart, ...literals]

/**
 * Extracts the JSON from a text that arrives in pieces. Each character is read once. The JSON is
 * the beginning of the text, if that can be JSON. Otherwise it begins after the first fence, or
 * with the first line that starts with a bracket. It ends with its value; the rest is ignored.
 */
export class JsonText {
  /** The current search for the JSON; undefined once it has begun. */
  #search: 'start' | 'thinking' | 'prose' | 'fence' | undefined = 'start'
  /** The last characters, if they may be the beginning of a tag, a fence or a literal. */
  #mark = ''
  #lineStart = true
  #depth = 0
  #inString = false
  #escaped = false
  #scalar = false
  #ended = false

  /** Whether the JSON has begun. */
  get begun(): boolean {
    return this.#search === undefined
  }

  /** @returns the next piece of the JSON; empty if the text contains none */
  feed(text: string): string {
    if (this.#ended) return ''
    let start = 0
    let literal = ''
    while (this.#search !== undefined) {
      const character = text[start]
      if (character === undefined) return ''
      if (!this.#begins(character)) start++
      else {
        if (this.#search === 'start') literal = this.#mark.slice(0, -1)
        this.#search = undefined
      }
    }
    return literal + text.slice(start, this.#end(text, start))
  }

  #begins(character: string): boolean {
    switch (this.#search) {
      case 'start':
        return this.#beginsText(character)
      case 'thinking':
        this.#mark = (this.#mark + character).slice(-thinkEnd.length)
        if (this.#mark === thinkEnd) this.#lookFor('start')
        return false
      case 'fence':
        // The word after a fence names the language.
        if (this.#mark === '' && /[\w+-]/.test(character)) return false
        this.#mark = ' '
        return !isSpace(character)
      default:
        return this.#beginsInProse(character)
    }
  }

  #beginsText(character: string): boolean {
    if (this.#mark === '') {
      if (isSpace(character)) return false
      if (/[-{["\d]/.test(character)) return true
    }
    const word = this.#mark + character
    if (firstWords.some((known) => known.startsWith(word))) {
      this.#mark = word
      if (word === thinkStart) this.#lookFor('thinking')
      return literals.includes(word)
    }
    this.#lineStart = this.#mark === ''
    this.#lookFor('prose')
    return this.#beginsInProse(character)
  }

  #beginsInProse(character: string): boolean {
    if (this.#lineStart && (character === '{' || character === '[')) return true
    this.#lineStart = character === '\n' || (this.#lineStart && isSpace(character))
    this.#mark = character === '`' ? `${this.#mark}\`` : ''
    if (this.#mark === '```') this.#lookFor('fence')
    return false
  }

  #lookFor(search: 'start' | 'thinking' | 'prose' | 'fence'): void {
    this.#search = search
    this.#mark = ''
  }

  /** The position in the text after the value; the length of the text if the value continues. */
  #end(text: string, start: number): number {
    for (let at = start; at < text.length; at++) {
      if (this.#ends(text.charCodeAt(at))) {
        this.#ended = true
        // White space or a fence ends a number, and is not part of it.
        return this.#scalar ? at : at + 1
      }
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
        this.#scalar = true
        return code <= 0x20 || code === 0x60
    }
  }
}

/** The JSON in a complete text; empty if there is none. */
export function findJson(text: string): string {
  return new JsonText().feed(text)
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\r' || character === '\t'
}
