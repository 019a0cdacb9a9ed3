/**
 * Checks of options. A programmer's mistake throws a TypeError at the call, which names the option, the value and what is
 * allowed.
 *
 * @module
 */

/** The longest delay that timers can hold, in milliseconds; a longer one would fire at once. */
export const longestDelayMs: number = 2 ** 31 - 1

export function optionError(option: string, value: unknown, allowed: string): TypeError {
  return new TypeError(`Option "${option}" is ${show(value)}. Allowed: ${allowed}.`)
}

/**
 * Refuses what is no object, and misspelt options, which would otherwise be silently without effect.
 *
 * @param option - empty for the options as a whole
 */
export function checkKeys(
  option: string,
  value: unknown,
  keys: readonly string[],
  allowed = 'an object',
): void {
  if (typeof value !== 'object' || value === null) {
    throw optionError(option || 'options', value, allowed)
  }
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue
    const name = option === '' ? key : `${option}.${key}`
    throw new TypeError(`Unknown option "${name}". Allowed: ${keys.join(', ')}.`)
  }
}

/** @returns the value, or the default where it is undefined */
export function checkCount(option: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  if (value === Infinity || (Number.isInteger(value) && (value as number) >= 0)) {
    return value as number
  }
  throw optionError(option, value, 'an integer from 0, or Infinity')
}

/** @returns the value, or the default where it is undefined */
export function checkDelay(option: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  if (isDelay(value)) return value
  throw optionError(option, value, `milliseconds from 0 to ${longestDelayMs}, or Infinity`)
}

/** @returns the value, or the default where it is undefined */
export function checkLimit(option: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  if (isDelay(value) && value > 0) return value
  throw optionError(option, value, `milliseconds above 0 and up to ${longestDelayMs}, or Infinity`)
}

function isDelay(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && (value <= longestDelayMs || value === Infinity)
}

/** @returns the value, or the default where it is undefined */
export function checkFlag(option: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback
  if (typeof value === 'boolean') return value
  throw optionError(option, value, 'true or false')
}

export function show(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'string') return JSON.stringify(shorten(value))
  if (typeof value !== 'object' || value === null) return String(value)
  try {
    return shorten(JSON.stringify(value))
  } catch {
    return Object.prototype.toString.call(value)
  }
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
