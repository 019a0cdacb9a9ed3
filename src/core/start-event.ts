/**
 * Creates the first event of a stream.
 *
 * @module
 */

import type { StartEvent } from '../base/events.js'

/** A `start` event with a new id. */
export function startOf({ provider, model }: { provider: string; model: string }): StartEvent {
  // Browsers have randomUUID in secure contexts only.
  const id = globalThis.crypto?.randomUUID?.() ?? `stream-${Math.random().toString(36).slice(2)}`
  return { type: 'start', id, provider, model }
}
