/**
 * Converts messages to JSON.
 *
 * @module
 */

import { toJson as toJsonText } from '../base/bytes-as-json.js'
import type { Message } from '../base/messages.js'

/** A copy that is plain JSON: bytes become base64, and URLs become strings. */
export function toJson<T>(value: T): T {
  return JSON.parse(toJsonText(value)) as T
}

/**
 * A copy that is plain JSON: bytes become base64, and URLs become strings. Every driver accepts
 * both.
 *
 * @throws TypeError for a value that JSON cannot hold, such as a BigInt or a circular reference in
 * the output of a tool
 */
export function toJsonMessages(messages: readonly Message[]): Message[] {
  try {
    return toJson(messages) as Message[]
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TypeError(`A message cannot be stored as JSON: ${reason}`, { cause })
  }
}
