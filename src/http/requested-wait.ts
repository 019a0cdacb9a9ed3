/**
 * How long a provider asks to wait, in words and in fields of all kinds.
 *
 * @module
 */

import { type HeaderReader, header } from './headers.js'
import { maxWaitMs } from './retry-after.js'

const unitsMs: Partial<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Digits and letters alternate, so that a text is read in one way only. */
const durationPart =
  '(\\d+(?:\\.\\d+)?(?:e\\d+)?)\\s*(m(?:s|illi[a-z]+|in[a-z]*)?|s(?:ec[a-z]*)?|h(?:(?:ou)?rs?)?|d(?:ays?)?)(?![a-z])[\\s,]*(?:and\\s+)?'
const duration = new RegExp(`^(?:${durationPart})+$`)
const durationParts = new RegExp(durationPart, 'g')

/**
 * Reads a wait: a number of seconds, a duration such as `6m0s`, or the time at which it ends, as a
 * date or in seconds or milliseconds since 1970.
 *
 * @param unitMs - the unit of a plain number
 * @returns milliseconds, 30 days at most; undefined for anything else
 */
export function toWaitMs(value: unknown, unitMs = 1_000): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const number = value === '' ? Number.NaN : Number(value)
  const delayMs = Number.isNaN(number) ? durationMs(String(value)) : numberMs(number, unitMs)
  return delayMs >= 0 ? Math.min(Math.ceil(delayMs), maxWaitMs) : undefined
}

function numberMs(number: number, unitMs: number): number {
  // No wait takes 30 years, so a number as large as that is a time.
  if (number < 1e9 || unitMs === 1) return number * unitMs
  return Math.max(0, number * (number < 1e11 ? 1_000 : 1) - Date.now())
}

/** The sum of the parts of a duration, or the time until a date; NaN for any other text. */
function durationMs(text: string): number {
  if (/^(\d{4}-\d\d-\d\d|[a-z]{3})/i.test(text)) return Math.max(0, Date.parse(text) - Date.now())
  const lower = text.trim().toLowerCase()
  if (!duration.test(lower)) return Number.NaN
  let sum = 0
  for (const [, count, unit = ''] of lower.matchAll(durationParts)) {
    sum += Number(count) * (/^m(s|illi)/.test(unit) ? 1 : (unitsMs[unit.charAt(0)] ?? 0))
  }
  return sum
}

const sentence = new RegExp(
  `(?:try(?:ing)? again|retry|\\bwait|resets?)\\D{0,20}?((?:${durationPart})+)`,
)

/**
 * The wait in a sentence, such as "Please try again in 1m30s" (OpenAI, Groq), "Please retry in 35s"
 * (Google) or "Please retry after 8 seconds" (Azure).
 *
 * @param text - in lower case
 */
export function waitInWords(text: string): number | undefined {
  return toWaitMs(sentence.exec(text)?.[1])
}

/** The wait in the headers of a provider, which write more than the RFC knows. */
export function waitInHeaders(headers: HeaderReader | undefined): number | undefined {
  return toWaitMs(header(headers, 'retry-after-ms'), 1) ?? toWaitMs(header(headers, 'retry-after'))
}

const fieldNames = /^(retry.?(after|delay)|estimated_time|resets?_(in|at)|x-ratelimit-reset)/i

/**
 * The longest wait in the fields of an error, such as `retry_after`, and in those of the headers
 * that OpenRouter puts into the body.
 */
export function waitInFields(fields: object): number | undefined {
  let longest: number | undefined
  for (const [name, value] of Object.entries(fields)) {
    if (!fieldNames.test(name)) continue
    const delayMs = toWaitMs(value, /ms$|milli/i.test(name) ? 1 : 1_000)
    if (delayMs !== undefined) longest = Math.max(longest ?? 0, delayMs)
  }
  return longest
}

/** The limits in the names of headers: those of OpenAI, Groq, Anthropic and Cerebras. */
const kinds = [
  '',
  '-requests',
  '-tokens',
  '-input-tokens',
  '-output-tokens',
  '-requests-day',
  '-tokens-minute',
]

/**
 * The wait until a limit resets, for a refusal without `retry-after`: the longest of those of which
 * nothing remains, else the shortest.
 */
export function waitForReset(headers: HeaderReader | undefined): number | undefined {
  let longest: number | undefined
  let shortest: number | undefined
  const read = (reset: string, remaining: string): void => {
    const delayMs = toWaitMs(header(headers, reset))
    if (delayMs === undefined) return
    if (Number(header(headers, remaining) ?? 0) > 0)
      shortest = Math.min(shortest ?? delayMs, delayMs)
    else longest = Math.max(longest ?? 0, delayMs)
  }
  for (const kind of kinds) {
    read(`x-ratelimit-reset${kind}`, `x-ratelimit-remaining${kind}`)
    read(`anthropic-ratelimit${kind}-reset`, `anthropic-ratelimit${kind}-remaining`)
  }
  return longest ?? shortest
}

/** The first unit of time that a sentence about a limit names. */
const limitUnit =
  /(?:limit|quota|too many)(?:(?!\. )[^]){0,250}?(?:(per ?day|\bdaily\b)|per ?(?:min|sec|hour))/
const dailyLimit =
  /(?:per ?day|\bdaily)[ \w]{0,20}(?:limit|quota|allowance|allocation)|limit: 0(?![.\d])/

/**
 * Whether a sentence is about a limit for a day, or a limit of 0, which no retry outlasts. A hint at
 * such a limit in a later sentence does not count.
 *
 * @param text - in lower case, with single spaces for hyphens and underscores
 */
export function isDailyLimit(text: string): boolean {
  return limitUnit.exec(text)?.[1] !== undefined || dailyLimit.test(text)
}
