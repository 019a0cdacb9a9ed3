/**
 * How a stream begins.
 *
 * @module
 */

import type { StartEvent } from '../base/events.js'

/** The first event of a stream, with an id of its own. */
export function startOf({ provider, model }: { provider: string; model: string }): StartEvent {
  // Browsers have randomUUID in secure contexts only.
  const id = globalThis.crypto?.randomUUID?.() ?? `stream-${Math.random().toString(36).slice(2)}`
  return { type: 'start', id, provider, model }
}
