/** What every provider refuses, whatever its wire. */

import { expect } from 'vitest'
import { broken, elsewhere, marksIn } from './origins.js'
import type { Target } from './targets.js'

export type Json = Record<string, unknown>

/** Every object in a value, itself included, in the order in which they end. */
export function objectsIn(value: unknown): Json[] {
  if (typeof value !== 'object' || value === null) return []
  const inside = Object.values(value).flatMap(objectsIn)
  return Array.isArray(value) ? inside : [...inside, value as Json]
}

/** Fields of this package that no provider knows. */
const own =
  /^(?:providerOptions|cache|partial|redacted|origin|mediaType|toolCallId|createdAt|isError)$/

/**
 * The body is JSON, holds nothing of another maker, nothing that never came whole, and no word that
 * is only for this package.
 */
export function checkNothingForeign(body: Json, target: Target): void {
  const text = JSON.stringify(body)
  expect(JSON.parse(text)).toEqual(body)
  expect(text).not.toContain(broken)
  expect(text).not.toContain(elsewhere)
  const foreign = [...marksIn(text)].filter((mark) => !isOwn(mark, target))
  expect(foreign).toEqual([])
  expect(text).not.toMatch(/"(?:openai-\w+|anthropic-messages|gemini)(?:\/\w+)?[:"]/)
  for (const object of objectsIn(body)) {
    expect(Object.keys(object).filter((name) => own.test(name))).toEqual([])
  }
}

function isOwn(mark: string, { wire, maker, provider }: Target): boolean {
  const [, madeOn = '', madeBy = ''] = /^MADEBY([a-z]+)X([a-z]+)X$/.exec(mark) ?? []
  const isMaker = maker === undefined || madeBy === maker
  if (madeOn === wire.replaceAll('-', '')) {
    return isMaker || (wire === 'openai-chat' && madeBy === provider)
  }
  // Gateways send what these makers signed on their own wires.
  if (wire !== 'openai-chat') return false
  return (
    (maker === 'anthropic' && mark.includes('anthropicmessagesXanthropic')) ||
    (maker === 'google' && mark.includes('geminiXgoogle'))
  )
}

/** Breakpoints of a cache, in the order in which what they stand on ends. */
export function breakpointsIn(body: Json): Json[] {
  return objectsIn(body).flatMap(({ cache_control, prompt_cache_breakpoint }) =>
    [cache_control, prompt_cache_breakpoint].filter((mark) => mark != null),
  ) as Json[]
}

export function checkBreakpoints(body: Json): void {
  expect(breakpointsIn(body).length).toBeLessThanOrEqual(4)
}

export function checkOnly(object: Json, names: string): void {
  const known = names.split(' ')
  expect(Object.keys(object).filter((name) => !known.includes(name))).toEqual([])
}

export function checkText(text: unknown): void {
  expect(text).toBeTypeOf('string')
  expect((text as string).trim()).not.toBe('')
}

export function checkUnique(ids: readonly unknown[]): void {
  expect(ids).toEqual([...new Set(ids)])
}
