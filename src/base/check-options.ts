/**
 * Checks options. A programmer's mistake throws a TypeError at the call, which names the option,
 * its value and what is allowed.
 *
 * @module
 */

import { nearestName } from './nearest-name.js'
import { optionError } from './option-error.js'
import { isRecord } from './read-json.js'
import { show } from './show.js'
import { longestDelayMs } from './timers.js'

/** The values that an option accepts. */
export interface Rule {
  /** The description for the error: `a string`, `an integer from 1`. */
  readonly allowed: string
  isAllowed(value: unknown): boolean
  /**
   * Undefined is checked like any other value. Without this, it means that the option is absent.
   */
  readonly required?: true
  /** The value never appears in an error. */
  readonly secret?: true
  /** All values, if they are words. */
  readonly choices?: readonly string[]
  /** The rules of an object's own options. */
  readonly rules?: Table
  /** The rule of each value in an object, or in an array. */
  readonly each?: Rule
}

type Table = Readonly<Record<string, Rule>>

/** One rule for each option of a type. A missing or superfluous rule does not compile. */
export type Rules<Options> = { readonly [Name in keyof Required<Options>]: Rule }

/**
 * Checks all options of one function against its table of rules.
 *
 * @param name - a prefix for the name of each option in errors; empty for top-level options, such
 * as those of `createStream()`
 * @param allowed - the description of the options as a whole, for the error
 * @param isOpen - accept unknown options, too, unless they look like a misspelt one
 * @throws TypeError for a value that is not an object, for an unknown option, and for a value that
 * its rule does not allow
 */
export function checkOptions(
  name: string,
  options: unknown,
  rules: Table,
  allowed = 'an object',
  isOpen = false,
): void {
  if (!isRecord(options)) throw optionError(name || 'options', options, allowed)
  const full = (key: string): string => (name === '' ? key : `${name}.${key}`)
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(rules, key)) {
      checkValue(full(key), options[key], rules[key] as Rule)
      continue
    }
    const known = Object.keys(rules)
    const hint = hintFor(key, known)
    if (isOpen && hint === '') continue
    throw new TypeError(`Unknown option ${show(full(key))}.${hint} Allowed: ${known.join(', ')}.`)
  }
  for (const key in rules) {
    if (rules[key]?.required && options[key] === undefined) {
      throw optionError(full(key), undefined, rules[key].allowed)
    }
  }
}

/** @throws TypeError if the rule does not allow the value */
export function checkValue(option: string, value: unknown, by: Rule): void {
  const { allowed, rules, each } = by
  if (value === undefined && !by.required) return
  if (!by.isAllowed(value)) {
    if (!by.secret) throw optionError(option, value, allowed, hintFor(value, by.choices ?? []))
    throw new TypeError(`Option "${option}" has an invalid value (not shown). Allowed: ${allowed}.`)
  }
  if (rules !== undefined && isRecord(value)) checkOptions(option, value, rules, allowed)
  if (each !== undefined) {
    for (const [key, one] of Object.entries(value as object)) {
      checkValue(Array.isArray(value) ? `${option}[${key}]` : `${option}.${key}`, one, each)
    }
  }
}

/** @throws TypeError for an id with half a surrogate pair. Any other id may be unknown. */
export function checkId(value: string): void {
  if (isText(value)) checkValue('id', value, id)
}

/** A sentence with a space before it; empty if no known name is near. */
function hintFor(name: unknown, known: readonly string[]): string {
  const meant = isText(name) ? nearestName(name, known) : undefined
  return meant === undefined ? '' : ` Did you mean "${meant}"?`
}

// ---------------------------------------------------------------- rules

export function rule(allowed: string, isAllowed: (value: unknown) => boolean): Rule {
  return { allowed, isAllowed }
}

export function required(of: Rule, allowed: string = of.allowed): Rule {
  return { ...of, allowed, required: true }
}

export function oneOf(...values: readonly unknown[]): Rule {
  const allowed = values
    .map(show)
    .join(', ')
    .replace(/, ([^,]*)$/, ' or $1')
  return { allowed, isAllowed: (value) => values.includes(value), choices: values.filter(isText) }
}

/** A rule for an object with options of its own, or a shorthand for it. */
export function optionsOf(
  allowed: string,
  rules: Table,
  isShort: (value: unknown) => boolean = () => false,
): Rule {
  return { allowed, isAllowed: (value) => isRecord(value) || isShort(value), rules }
}

/** For values that are checked elsewhere or cannot be wrong. */
export const anything: Rule = { allowed: 'anything', isAllowed: () => true }
export const string: Rule = { allowed: 'a string', isAllowed: isString }
export const text: Rule = { allowed: 'a string that is not empty', isAllowed: isText }
/** Half a surrogate pair would be another id in a database, and that of somebody else. */
export const id: Rule = {
  allowed: 'a well-formed string that is not empty',
  isAllowed: (value) => isText(value) && value.isWellFormed(),
}
export const flag: Rule = { allowed: 'true or false', isAllowed: isFlag }
export const record: Rule = { allowed: 'an object', isAllowed: isRecord }
export const list: Rule = { allowed: 'an array', isAllowed: Array.isArray }
export const func: Rule = { allowed: 'a function', isAllowed: isFunction }
export const integer: Rule = {
  allowed: 'an integer from 0',
  isAllowed: (value) => isInteger(value, 0),
}
export const count: Rule = { allowed: 'an integer from 0, or Infinity', isAllowed: isCount }
export const delay: Rule = {
  allowed: `milliseconds from 0 to ${longestDelayMs}, or Infinity`,
  isAllowed: isDelay,
}
/** A delay above 0. */
export const limit: Rule = {
  allowed: `milliseconds above 0 and up to ${longestDelayMs}, or Infinity`,
  isAllowed: (value) => isDelay(value) && value !== 0,
}
export const abortSignal: Rule = {
  allowed: 'an AbortSignal',
  isAllowed: (value) => has(value, 'addEventListener'),
}
export const driver: Rule = {
  allowed: 'a driver, such as openai({ model })',
  isAllowed: (value) => has(value, 'stream'),
}
export const events: Rule = {
  allowed:
    'a stream, such as createStream({ driver, prompt }), or another async iterable of its events',
  isAllowed: (value) => has(value, Symbol.asyncIterator),
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

export function isInteger(value: unknown, least: number, most: number = Infinity): boolean {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most
}

export function isCount(value: unknown): boolean {
  return value === Infinity || isInteger(value, 0)
}

export function isDelay(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && (value <= longestDelayMs || value === Infinity)
}

function isString(value: unknown): boolean {
  return typeof value === 'string'
}

function isFlag(value: unknown): boolean {
  return typeof value === 'boolean'
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

/** Whether the value is an object with these methods, whatever its class. */
export function has(value: unknown, ...methods: readonly (string | symbol)[]): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    methods.every((method) => isFunction((value as Record<string | symbol, unknown>)[method]))
  )
}
