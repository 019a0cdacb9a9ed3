/**
 * Some providers accept only schemas of objects. Other schemas are sent as the only property of an
 * object, which is removed from the answer.
 *
 * @module
 */

/** The property that holds the value. */
export const wrapperKey = 'value'

const head = `{"${wrapperKey}":`

/** Whether a value is such an object and nothing else. */
export function isWrapper(value: unknown): value is { [wrapperKey]: unknown } {
  return Object.keys(Object(value)).join() === wrapperKey
}

/** Removes the object from a streamed text. Each character is read once. */
export class Unwrapper {
  /** Text that may be the beginning of the object. */
  #before: string | undefined = ''
  /** How much of the head has been matched. */
  #matched = 0
  #begun = false
  /** A brace that may be the last one, and the white space after it. */
  #after = ''

  /** Whether the text began with the object. */
  unwrapped = false

  /** @returns the text that certainly belongs to the value */
  feed(text: string): string {
    if (this.#before !== undefined) return this.#feedHead(text)
    return this.unwrapped ? this.#feedBody(text) : text
  }

  /** @returns the buffered text, if there was no wrapper */
  end(): string {
    return this.#before ?? ''
  }

  #feedHead(text: string): string {
    let isHead = true
    for (let at = 0; at < text.length && isHead; at++) {
      const character = text.charAt(at)
      if (character === head[this.#matched]) this.#matched++
      else isHead = character.trim() === ''
      if (this.#matched < head.length) continue
      this.#before = undefined
      this.unwrapped = true
      return this.#feedBody(text.slice(at + 1))
    }
    // Not looked at again, so that blanks without end are read once.
    const before = (this.#before ?? '') + text
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
