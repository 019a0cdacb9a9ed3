/**
 * Bounds for JSON from elsewhere, checked before it is parsed.
 *
 * @module
 */

/** How deep values may be nested. JSON.stringify and validators run out of stack at some thousands. */
const maxDepth = 1_000

/**
 * How many strings, arrays and objects one text may hold. A key counts twice: parsing takes 0.1 us
 * for a value, and up to 0.7 us for a key of an object with many keys.
 */
const maxValues = 120_000

/** How many characters may stand between strings, and how many quotes within them. */
const maxBetween = 1024 * 1024

/** No shorter text exceeds a bound. */
const harmlessLength = 2 * maxDepth

/**
 * Skips strings by searching for their end, and stops at the first bound.
 *
 * @returns the bound that a text exceeds, for an error; undefined for harmless text
 */
export function exceededBound(json: string): string | undefined {
  if (json.length <= harmlessLength) return undefined
  let depth = 0
  let values = 0
  let between = 0
  for (let at = 0; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case 0x22: // "
        values++
        at = json.indexOf('"', at + 1)
        for (; at !== -1 && isEscaped(json, at); between++) at = json.indexOf('"', at + 1)
        if (at === -1) return undefined
        if (json.charCodeAt(at + 1) === 0x3a) values++
        break
      case 0x5b: // [
      case 0x7b: // {
        values++
        if (++depth > maxDepth) return `is nested more than ${maxDepth} levels deep`
        break
      case 0x5d: // ]
      case 0x7d: // }
        depth--
    }
    if (values > maxValues) return `holds more than ${maxValues} values`
    if (++between > maxBetween)
      return `holds more than ${maxBetween} characters between its strings`
  }
  return undefined
}

/** Whether an odd number of backslashes stands before a position. */
function isEscaped(json: string, position: number): boolean {
  let before = position
  while (json.charCodeAt(before - 1) === 0x5c) before--
  return (position - before) % 2 === 1
}
