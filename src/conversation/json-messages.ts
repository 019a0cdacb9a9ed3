/**
 * Messages as JSON.
 *
 * @module
 */

import { toJson } from '../base/bytes-as-json.js'
import type { Message } from '../base/messages.js'

/**
 * A copy that holds only JSON: bytes as base64, URLs as text. Every driver takes both.
 *
 * @throws TypeError for values that JSON cannot hold, such as a BigInt or a circle in the output of
 *   a tool
 */
export function toJsonMessages(messages: readonly Message[]): Message[] {
  try {
    return JSON.parse(toJson(messages)) as Message[]
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TypeError(`A message cannot be stored as JSON: ${reason}`, { cause })
  }
}
