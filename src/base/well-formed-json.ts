/**
 * JSON whose strings are well-formed.
 *
 * Text that was cut by its length can end in half an emoji. `JSON.stringify` writes such a half as an
 * escape, and strict parsers refuse the whole request because of it, as well as every later one that
 * repeats the text.
 *
 * @module
 */

/** An escape; `JSON.stringify` escapes the halves of surrogate pairs that stand alone, and no others. */
const escapes = /\\(?:(ud[89a-f]..)|[^])/g

/** As `JSON.stringify`, with U+FFFD in place of each lone half of a surrogate pair. */
export function toWellFormedJson(value: unknown): string {
  const text = JSON.stringify(value)
  if (!text?.includes('\\ud')) return text
  return text.replace(escapes, (escape, half) => (half === undefined ? escape : '\ufffd'))
}

/** The same for a body that other code serialises. It is copied only if it has to be changed. */
export function toWellFormed<T>(body: T): T {
  return isWellFormed(body) ? body : JSON.parse(toWellFormedJson(body))
}

/** Whether all strings are, as far as that is known without serialising the value. */
function isWellFormed(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return typeof value !== 'bigint'
  if (depth > maxDepth || 'toJSON' in value) return false
  return Object.entries(value).every(
    ([name, each]) => name.isWellFormed() && isWellFormed(each, depth + 1),
  )
}

/** A body that is nested deeper may be nested in itself. */
const maxDepth = 100
