/**
 * Finds the elements of the arrays at a path in JSON that arrives in pieces.
 *
 * @module
 */

import { JsonEnd } from '../base/json-end.js'

/** An array or object on the path. */
interface Container {
  readonly isArray: boolean
  /** The last key of an object. */
  key: string
}

/** What may come next, apart from white space. */
type Expected = 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'separator'

/**
 * Only the containers on the path are followed. All other values are cut out whole and parsed by
 * `JSON.parse()`, those that are no elements just for their validity. Each character is read once
 * here and once there, however deep the values are nested.
 */
export class ElementFinder {
  readonly #path: readonly string[]
  /** The open containers. The path leads to each of them, so its length is their limit. */
  readonly #open: Container[] = []
  #expected: Expected = 'value'
  /** The value or key whose end has not arrived. */
  #token: Token | undefined

  /** @param path - keys, and `*` for every element of an array */
  constructor(path: readonly string[]) {
    this.#path = path
  }

  /**
   * Yields the elements that are whole. They are the same for any pieces.
   *
   * @throws SyntaxError for text that is not JSON, after the elements before it
   */
  *feed(text: string): Generator<unknown, void, void> {
    let at = 0
    while (at < text.length) {
      this.#token ??= this.#read(text.charAt(at))
      if (this.#token === undefined) {
        at++
        continue
      }
      at = this.#token.take(text, at)
      if (!this.#token.isWhole) return
      const isElement = this.#isElement
      const value = this.#endToken(this.#token)
      if (isElement) yield value
    }
  }

  /** @throws SyntaxError if the JSON is not whole */
  end(): void {
    // Nothing else ends a number or literal that is all of the JSON.
    if (this.#token !== undefined && this.#open.length === 0) this.#endToken(this.#token)
    if (this.#expected !== 'separator' || this.#open.length > 0)
      throw new SyntaxError('Unexpected end of JSON')
  }

  /** Reads white space or punctuation; otherwise the character begins a token, which is returned. */
  #read(character: string): Token | undefined {
    switch (character) {
      case ' ':
      case '\n':
      case '\r':
      case '\t':
        return undefined
      case '{':
      case '[':
        if (!this.#isOnPath(character)) break
        this.#open.push({ isArray: character === '[', key: '' })
        this.#expected = character === '[' ? 'first value' : 'first key'
        return undefined
      case '}':
      case ']':
        this.#close(character)
        return undefined
      case ':':
        if (this.#expected !== 'colon') throw unexpected(character)
        this.#expected = 'value'
        return undefined
      case ',':
        if (this.#expected !== 'separator' || this.#open.length === 0) throw unexpected(character)
        this.#expected = this.#open.at(-1)?.isArray ? 'value' : 'key'
        return undefined
    }
    const isAllowed = this.#expectsValue || (this.#expectsKey && character === '"')
    if (!isAllowed) throw unexpected(character)
    return new Token(character)
  }

  #close(character: '}' | ']'): void {
    const first = character === ']' ? 'first value' : 'first key'
    const isAllowed = this.#expected === 'separator' || this.#expected === first
    if (!isAllowed || this.#open.pop()?.isArray !== (character === ']')) throw unexpected(character)
    this.#expected = 'separator'
  }

  #endToken(token: Token): unknown {
    this.#token = undefined
    const value: unknown = JSON.parse(token.text)
    const container = this.#open.at(-1)
    if (this.#expectsKey && container !== undefined) {
      container.key = String(value)
      this.#expected = 'colon'
    } else this.#expected = 'separator'
    return value
  }

  get #expectsValue(): boolean {
    return this.#expected === 'value' || this.#expected === 'first value'
  }

  get #expectsKey(): boolean {
    return this.#expected === 'key' || this.#expected === 'first key'
  }

  /** Whether the next value is an element. Only arrays are opened at the end of the path. */
  get #isElement(): boolean {
    return this.#open.length > this.#path.length
  }

  #isOnPath(bracket: '{' | '['): boolean {
    if (!this.#expectsValue || this.#isElement) return false
    const container = this.#open.at(-1)
    const step = this.#path[this.#open.length - 1]
    if (container?.isArray ? step !== '*' : container !== undefined && step !== container.key)
      return false
    return bracket === '[' || this.#open.length < this.#path.length
  }
}

function unexpected(character: string): SyntaxError {
  return new SyntaxError(`Unexpected ${JSON.stringify(character)} in JSON`)
}

/** A number or literal ends before one of these. */
const delimiter = /[\s,\]}]/g

/** A value or key. */
class Token {
  /** Undefined for numbers and literals. */
  readonly #end: JsonEnd | undefined
  text = ''
  isWhole = false

  constructor(first: string) {
    this.#end = /["[{]/.test(first) ? new JsonEnd() : undefined
  }

  /** @returns the position in the text after what belongs to the token */
  take(text: string, start: number): number {
    const end =
      this.#end === undefined ? this.#findDelimiter(text, start) : this.#end.find(text, start)
    this.isWhole = this.#end?.found ?? end < text.length
    this.text += text.slice(start, end)
    return end
  }

  #findDelimiter(text: string, start: number): number {
    delimiter.lastIndex = start
    return delimiter.exec(text)?.index ?? text.length
  }
}
