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
  const text = JSON.stringify(body)
  return text.includes('\\ud') ? JSON.parse(toWellFormedJson(body)) : body
}
