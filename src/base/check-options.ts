/**
 * Checks of options: a programmer's mistake throws a TypeError at the call that names the option, its value, and what is allowed.
 *
 * @module
 */

import { longestDelayMs } from './timers.js'

/** The values that one option takes. */
export interface Rule {
  /** In words, for the error: `a string`, `an integer from 1`. */
  readonly allowed: string
  isAllowed(value: unknown): boolean
  /** The value never appears in an error. */
  readonly secret?: true
  /** The rules of an object's own options. */
  readonly rules?: Readonly<Record<string, Rule>>
}

/** One rule for each option of a type; a missing or a superfluous one does not compile. */
export type Rules<Options> = { readonly [Name in keyof Required<Options>]: Rule }

/**
 * Checks all options of one function against its table of rules. An option that is undefined is absent.
 *
 * @param name - put before the name of each option in errors; empty for the options of `createStream()` and the like
 * @param allowed - what the options as a whole may be, for the error
 * @throws TypeError for a value that is no object, an unknown option, and a value that its rule does not allow
 */
export function checkOptions<Options extends object>(
  name: string,
  options: unknown,
  rules: Rules<Options>,
  allowed = 'an object',
): asserts options is Options {
  if (!isObject(options)) throw optionError(name || 'options', options, allowed)
  const table: Readonly<Record<string, Rule>> = rules
  for (const [key, value] of Object.entries(options)) {
    const option = name === '' ? key : `${name}.${key}`
    if (!Object.hasOwn(table, key)) throw unknownOption(option, key, Object.keys(table))
    if (value !== undefined) checkValue(option, value, table[key] as Rule)
  }
}

/** @throws TypeError if the rule does not allow the value */
export function checkValue(option: string, value: unknown, rule: Rule): void {
  const { allowed, secret, rules } = rule
  if (secret && !rule.isAllowed(value)) {
    throw new TypeError(`Option "${option}" has an invalid value (not shown). Allowed: ${allowed}.`)
  }
  if (!rule.isAllowed(value)) throw optionError(option, value, allowed)
  if (rules !== undefined && isObject(value)) checkOptions(option, value, rules, allowed)
}

/** The error for a value that is not allowed. */
export function optionError(option: string, value: unknown, allowed: string): TypeError {
  return new TypeError(`Option "${option}" is ${show(value)}. Allowed: ${allowed}.`)
}

function unknownOption(option: string, key: string, known: readonly string[]): TypeError {
  const meant = nearestName(key, known)
  const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`
  return new TypeError(`Unknown option "${option}".${hint} Allowed: ${known.join(', ')}.`)
}

// ---------------------------------------------------------------- rules

export function rule(allowed: string, isAllowed: (value: unknown) => boolean): Rule {
  return { allowed, isAllowed }
}

export function oneOf(...values: readonly unknown[]): Rule {
  return rule(values.map(show).join(', '), (value) => values.includes(value))
}

/** An object with options of its own, or one of the values that stand for it. */
export function optionsOf<Options>(
  allowed: string,
  rules: Rules<Options>,
  isShort: (value: unknown) => boolean = () => false,
): Rule {
  return { allowed, isAllowed: (value) => isObject(value) || isShort(value), rules }
}

export const anything: Rule = rule('anything', () => true)
export const text: Rule = rule('a string that is not empty', isText)
export const flag: Rule = rule('true or false', (value) => typeof value === 'boolean')
export const record: Rule = rule('an object', (value) => isObject(value) && !Array.isArray(value))
export const func: Rule = rule('a function', (value) => typeof value === 'function')
export const count: Rule = rule('an integer from 0, or Infinity', isCount)
export const delay: Rule = rule(`milliseconds from 0 to ${longestDelayMs}, or Infinity`, isDelay)
/** A delay above 0. */
export const limit: Rule = rule(
  `milliseconds above 0 and up to ${longestDelayMs}, or Infinity`,
  (value) => isDelay(value) && Number(value) > 0,
)
export const abortSignal: Rule = rule(
  'an AbortSignal',
  (value) =>
    isObject(value) && typeof (value as Partial<AbortSignal>).addEventListener === 'function',
)

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

export function isCount(value: unknown): boolean {
  return value === Infinity || (Number.isInteger(value) && Number(value) >= 0)
}

export function isDelay(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && (value <= longestDelayMs || value === Infinity)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

// ---------------------------------------------------------------- names

/** Names of other libraries for the same things. A name counts where the options have the one it stands for. */
const otherNames: Readonly<Record<string, string>> = {
  model: 'driver',
  provider: 'driver',
  maxTokens: 'maxOutputTokens',
  max_tokens: 'maxOutputTokens',
  max_output_tokens: 'maxOutputTokens',
  maxCompletionTokens: 'maxOutputTokens',
  top_p: 'topP',
  stop: 'stopSequences',
  stop_sequences: 'stopSequences',
  instructions: 'system',
  inputSchema: 'parameters',
  input_schema: 'parameters',
  execute: 'run',
  needsApproval: 'approve',
  onFinish: 'onEnd',
  onError: 'onEnd',
  abortSignal: 'signal',
  responseFormat: 'output',
  response_format: 'output',
  schema: 'output',
  tool_choice: 'toolChoice',
  reasoningEffort: 'reasoning',
  baseUrl: 'baseURL',
  api_key: 'apiKey',
  toolCallId: 'id',
  toolName: 'name',
}

/** The known name that an unknown one probably stands for. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const other = Object.hasOwn(otherNames, name) ? otherNames[name] : undefined
  if (other !== undefined && known.includes(other)) return other
  const same = known.find((each) => each.toLowerCase() === name.toLowerCase())
  if (same !== undefined) return same
  const [nearest] = known
    .map((each) => ({ each, distance: distanceOf(name, each) }))
    .filter(({ each, distance }) => distance <= Math.max(1, each.length / 4))
    .toSorted((one, another) => one.distance - another.distance)
  return nearest?.each
}

/** How many characters have to change, appear or go. Long names are cut: nobody misspells one by accident. */
function distanceOf(one: string, another: string): number {
  const [from, to] = [one.slice(0, 40), another]
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let at = 1; at <= from.length; at++) {
    const next = [at]
    for (let column = 1; column <= to.length; column++) {
      const changed = (row[column - 1] ?? 0) + (from[at - 1] === to[column - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}

// ---------------------------------------------------------------- values in errors

/** A value as an error quotes it, at most 80 characters. */
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

function shorten(value: string): string {
  return value.length > 80 ? `${value.slice(0, 80)}…` : value
}

// ---------------------------------------------------------------- single values, until every caller has a table

/** Refuses what is no object, and unknown options. */
export function checkKeys(
  option: string,
  value: unknown,
  keys: readonly string[],
  allowed = 'an object',
): void {
  if (!isObject(value)) throw optionError(option || 'options', value, allowed)
  for (const key of Object.keys(value)) {
    if (!keys.includes(key))
      throw unknownOption(option === '' ? key : `${option}.${key}`, key, keys)
  }
}

/** @returns the value, or the default where it is undefined */
export function checkCount(option: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  checkValue(option, value, count)
  return Number(value)
}

/** @returns the value, or the default where it is undefined */
export function checkDelay(option: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  checkValue(option, value, delay)
  return Number(value)
}

/** @returns the value, or the default where it is undefined */
export function checkLimit(option: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  checkValue(option, value, limit)
  return Number(value)
}

/** @returns the value, or the default where it is undefined */
export function checkFlag(option: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback
  checkValue(option, value, flag)
  return Boolean(value)
}
