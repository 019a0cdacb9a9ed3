/**
 * The seals of the calls of one step.
 *
 * @module
 */

import type { ToolCallContent } from '../base/content-kinds.js'
import type { OutputPart } from '../base/messages.js'
import type { Call } from './calls.js'
import { type RunSettings, scopeOf } from './decide.js'

export interface SealedCalls {
  parts: readonly OutputPart[]
  /** The events that show the seals. */
  events: readonly ToolCallContent[]
}

/**
 * Seals the calls that may be run.
 *
 * @param blocks - the blocks of the calls, in their order
 */
export async function sealCalls(
  parts: readonly OutputPart[],
  calls: readonly Call[],
  blocks: readonly number[],
  settings: RunSettings,
): Promise<SealedCalls> {
  const { sealer } = settings
  if (sealer === undefined) return { parts, events: [] }
  const seals = new Map<OutputPart, string>()
  const events: ToolCallContent[] = []
  for (const [position, { part, ...call }] of calls.entries()) {
    const index = blocks[position]
    if (part.error !== undefined || index === undefined) continue
    const seal = await sealer.seal(scopeOf({ part, ...call }, settings), part)
    seals.set(part, seal)
    const { id, name } = part
    events.push({ type: 'content', index, kind: 'tool-call', id, name, input: '', seal })
  }
  const sealed = parts.map((part) => {
    const seal = seals.get(part)
    return seal === undefined ? part : ({ ...part, seal } as OutputPart)
  })
  return { parts: sealed, events }
}
