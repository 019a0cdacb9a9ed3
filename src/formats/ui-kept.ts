/**
 * Our fields in AI SDK messages, which have to come back with their parts.
 *
 * @module
 */

import type { InputPart } from '../base/messages.js'

/** Our fields. `parseMessages()` checks those that come back. */
export interface Kept {
  signature?: string
  redacted?: true
  seal?: string
  /** The id of the message that a seal is bound to. */
  messageId?: string
  custom?: true
  /** The error text is that of a call that must not run. */
  failed?: true
  /** The output of a failed run, if it is not a text. */
  output?: unknown
  /** The result has content only. */
  hasOutput?: false
  content?: readonly InputPart[]
  /** It is an image of the user. */
  image?: true
  detail?: string
  /** What the provider sent with a source. */
  raw?: unknown
}

/** Metadata with our fields; empty if there are none. */
export function keep(
  values: { [Name in keyof Kept]: Kept[Name] | undefined },
): { sluice: Kept } | undefined {
  const known = Object.entries(values).filter(([, value]) => value !== undefined)
  return known.length === 0 ? undefined : { sluice: Object.fromEntries(known) }
}
