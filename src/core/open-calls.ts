/**
 * The calls of an answer that wait for a result.
 *
 * @module
 */

import type { OutputPart, ToolCallPart } from '../base/messages.js'

/** The calls that have no result in the message. */
export function openCallsOf(parts: readonly OutputPart[]): ToolCallPart[] {
  const answered = new Set(
    parts.flatMap((part) => (part.type === 'tool-result' && !part.preliminary ? [part.id] : [])),
  )
  return parts.filter((part) => part.type === 'tool-call').filter(({ id }) => !answered.has(id))
}
