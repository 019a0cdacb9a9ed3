/**
 * Extracts JSON from the text of a model, which may wrap it in a Markdown fence, a sentence or
 * reasoning.
 *
 * @module
 */

import { JsonEnd } from './json-end.js'

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
  readonly #end = new JsonEnd()

  /** Whether the JSON has begun. */
  get begun(): boolean {
    return this.#search === undefined
  }

  /** @returns the next piece of the JSON; empty if the text contains none */
  feed(text: string): string {
    if (this.#end.found) return ''
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
    return literal + text.slice(start, this.#end.find(text, start))
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
}

/** The JSON in a complete text; empty if there is none. */
export function findJson(text: string): string {
  return new JsonText().feed(text)
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\r' || character === '\t'
}
