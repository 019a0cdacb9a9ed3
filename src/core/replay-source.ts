/**
 * An answer that was given before.
 *
 * @module
 */

import { contentOfParts } from '../base/content-of-parts.js'
import type { AssistantMessage, OutputPart } from '../base/messages.js'
import type { Sink, Source } from '../pull/source.js'

/** Gives a stored answer again, without asking the model. */
export class ReplaySource implements Source {
  readonly #parts: readonly OutputPart[]
  #given = false

  constructor({ content }: AssistantMessage) {
    this.#parts = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  }

  pull(sink: Sink): void {
    if (!this.#given && this.#parts.length > 0) {
      this.#given = true
      return sink.batch(contentOfParts(this.#parts))
    }
    const answered = new Set(
      this.#parts.flatMap((part) => (part.type === 'tool-result' ? [part.id] : [])),
    )
    const waits = this.#parts.some((part) => part.type === 'tool-call' && !answered.has(part.id))
    sink.done({ finishReason: waits ? 'tool-calls' : 'stop', usage: {} })
  }

  close(): void {}

  finished(): undefined {
    return undefined
  }

  usage(): object {
    return {}
  }
}
