/**
 * Creates the first event of a stream.
 *
 * @module
 */

import type { StartEvent } from '../base/events.js'
import { newId } from '../base/new-id.js'

/** A `start` event with a new id. */
export function startOf({ provider, model }: { provider: string; model: string }): StartEvent {
  return { type: 'start', id: newId(), provider, model }
}
