/**
 * Arguments and results of tools as the wire formats take them.
 *
 * @module
 */

import type { ToolCallPart } from '../base/messages.js'
import { toWellFormedJson } from '../base/well-formed-json.js'
import { isRecord, type Json } from './read-json.js'

/** A tool's output as the text that goes over the wire; never empty, which some providers refuse. */
export function toText(value: unknown): string {
  const text = typeof value === 'string' ? value : toJson(value)
  return text.trim() === '' ? '(empty)' : text
}

function toJson(value: unknown): string {
  try {
    return toWellFormedJson(value) ?? ''
  } catch {
    // A circle, or a BigInt
    return String(value)
  }
}

/**
 * The arguments of a call as an object, which is what every wire wants. A model that was cut off left a text that is not JSON: it
 * goes back under a name that tells so.
 */
export function toArguments({ input, error }: ToolCallPart): Json {
  if (error !== undefined) return { invalid_json: input }
  if (isRecord(input)) return input
  if (input === null || input === undefined || input === '') return {}
  return { input }
}
