/**
 * Converts messages to JSON.
 *
 * @module
 */

import { toBase64 } from '../base/base64.js'
import type { InputPart, Message } from '../base/messages.js'

/**
 * A copy that is plain JSON: bytes become base64, and URLs become strings. Every driver accepts
 * both.
 *
 * @throws TypeError for a value that JSON cannot hold, such as a BigInt or a circular reference in
 * the output of a tool
 */
export function toJsonMessages(messages: readonly Message[]): Message[] {
  const plain = messages.map((message) => {
    if (message?.role !== 'user' && message?.role !== 'system') return message
    const { content } = message
    return Array.isArray(content) ? { ...message, content: content.map(toJsonPart) } : message
  })
  try {
    return JSON.parse(JSON.stringify(plain)) as Message[]
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TypeError(`A message cannot be stored as JSON: ${reason}`, { cause })
  }
}

function toJsonPart(part: InputPart): InputPart {
  if (!('data' in part) || !(part.data instanceof Uint8Array)) return part
  return { ...part, data: toBase64(part.data) }
}
