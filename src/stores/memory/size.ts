/**
 * How much memory texts take.
 *
 * @module
 */

import { isInteger, type Rule, rule } from '../../base/check-options.js'

/** @default of `maxBytes`: 64 MiB */
export const defaultMaxBytes: number = 64 * 1024 * 1024

export const maxBytesRule: Rule = rule(
  'an integer from 1, or Infinity',
  (value) => value === Infinity || isInteger(value, 1),
)

/** The header of a string, and its place in an array. */
const overheadBytes = 32

/** Engines store a text with two bytes a character if one of its characters needs them. */
export function bytesOf(text: string): number {
  return overheadBytes + (/[^\0-\xff]/.test(text) ? 2 : 1) * text.length
}

export function bytesOfAll(texts: readonly string[]): number {
  let bytes = 0
  for (const text of texts) bytes += bytesOf(text)
  return bytes
}
