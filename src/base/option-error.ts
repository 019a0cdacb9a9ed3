/**
 * The error for an option.
 *
 * @module
 */

import { show } from './show.js'

/** The error for a value that is not allowed. */
export function optionError(
  option: string,
  value: unknown,
  allowed: string,
  hint: string = '',
): TypeError {
  return new TypeError(`Option "${option}" is ${show(value)}.${hint} Allowed: ${allowed}.`)
}
