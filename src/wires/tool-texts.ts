/**
 * Arguments and results of tools in the form that providers take.
 *
 * @module
 */

import type { ToolCallPart } from '../base/messages.js'
import { isRecord, type Json } from '../base/read-json.js'
import { toWellFormedJson } from '../base/well-formed-json.js'

/** A tool's output as text. It is never empty, because some providers refuse that. */
export function toText(value: unknown): string {
  const text = typeof value === 'string' ? value : toJson(value)
  return text.trim() === '' ? '(empty)' : text
}

function toJson(value: unknown): string {
  try {
    return toWellFormedJson(value) ?? ''
  } catch {
    // A circular value, or a BigInt
    return String(value)
  }
}

/**
 * The arguments of a call as an object, which every provider requires. Arguments that are not JSON,
 * because the answer was cut off, go back under a name of their own.
 */
export function toArguments({ input, error }: ToolCallPart): Json {
  if (isRecord(input)) return input
  if (error !== undefined) return { invalid_json: input }
  if (input === null || input === undefined || input === '') return {}
  return { input }
}
