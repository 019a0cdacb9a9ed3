/**
 * Short names that the same text always gets.
 *
 * @module
 */

/**
 * Seven letters and digits, by FNV-1a. Texts that differ can have the same.
 *
 * @see http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function shortHash(text: string): string {
  let sum = 0x811c9dc5
  for (let at = 0; at < text.length; at++) {
    sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193)
  }
  return (sum >>> 0).toString(36).padStart(7, '0')
}
