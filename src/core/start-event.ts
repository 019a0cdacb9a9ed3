/**
 * Creates the first event of a stream.
 *
 * @module
 */

import type { StartEvent } from '../base/events.js'
import type { Message } from '../base/messages.js'
import { newId } from '../base/new-id.js'

/**
 * A `start` event with a new id.
 *
 * @param messages - those of the request
 */
export function startOf(
  { provider, model }: { provider: string; model: string },
  messages: readonly Message[] = [],
): StartEvent {
  const role = messages.at(-1)?.role
  const continues = role === 'assistant' || role === 'tool' ? { continues: true as const } : {}
  return { type: 'start', id: newId(), provider, model, ...continues }
}
