/**
 * The results that a failed turn leaves, and its reader has not received.
 *
 * @module
 */

import type { ToolResultContent } from '../base/content-kinds.js'
import type { ErrorEvent } from '../base/events.js'

/** Collects the results that have been sent. */
export class SentResults {
  /** How many results each call id has had. */
  readonly #counts = new Map<string, number>()

  add({ id, preliminary }: ToolResultContent): void {
    if (!preliminary) this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1)
  }

  /** The other results of the partial answer, such as those that say that a run is uncertain. */
  missingFrom({ partial }: ErrorEvent, index: number): ToolResultContent[] {
    const counts = new Map(this.#counts)
    const missing: ToolResultContent[] = []
    for (const part of typeof partial.content === 'string' ? [] : partial.content) {
      if (part.type !== 'tool-result') continue
      const count = counts.get(part.id) ?? 0
      if (count > 0) counts.set(part.id, count - 1)
      else missing.push({ ...part, type: 'content', kind: 'tool-result', index })
    }
    return missing
  }
}
