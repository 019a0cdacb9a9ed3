/**
 * Providers that take the schema of an object only get other schemas as the one property of an object. What they answer is told
 * without that object.
 *
 * @module
 */

/** The property that holds what was asked for. */
export const wrapperKey = 'value'

const head = `{"${wrapperKey}":`

/** Whether a value is such an object. */
export function isWrapper(value: unknown): value is { [wrapperKey]: unknown } {
  const isObject = typeof value === 'object' && value !== null
  return isObject && wrapperKey in value && Object.keys(value).length === 1
}

/** Takes the object off a text that comes in pieces; each character is looked at once. */
export class Unwrapper {
  /** What has come while it was not sure yet whether it is the head. */
  #before: string | undefined = ''
  /** How much of the head has been seen. */
  #matched = 0
  #begun = false
  /** A bracket that may be the last one, with the white space after it. */
  #after = ''

  /** Whether the text is in the object, as it has to be. */
  unwrapped = false

  /** @returns what is sure to belong to the value */
  feed(text: string): string {
    if (this.#before !== undefined) return this.#feedHead(text)
    return this.unwrapped ? this.#feedBody(text) : text
  }

  /** @returns what was held back, if it was no wrapper after all */
  end(): string {
    return this.#before ?? ''
  }

  #feedHead(text: string): string {
    for (let at = 0; at < text.length; at++) {
      const character = text.charAt(at)
      if (character === head[this.#matched]) this.#matched++
      else if (character.trim() !== '') break
      if (this.#matched < head.length) continue
      this.#before = undefined
      this.unwrapped = true
      return this.#feedBody(text.slice(at + 1))
    }
    const before = (this.#before ?? '') + text
    const isHead = head.startsWith(before.replaceAll(/\s/g, ''))
    this.#before = isHead ? before : undefined
    return isHead ? '' : before
  }

  #feedBody(text: string): string {
    const body = this.#begun ? text : text.trimStart()
    if (body === '') return ''
    this.#begun = true
    const trimmed = body.trimEnd()
    if (trimmed === '' && this.#after !== '') {
      this.#after += body
      return ''
    }
    const value = this.#after + body
    const isLast = trimmed.endsWith('}')
    this.#after = isLast ? body.slice(trimmed.length - 1) : ''
    return isLast ? value.slice(0, value.length - this.#after.length) : value
  }
}
