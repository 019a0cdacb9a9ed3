/**
 * An answer that was given before.
 *
 * @module
 */

import type { AssistantMessage } from '../base/messages.js'
import type { Sink, Source } from '../pull/source.js'

/** Ends a stored answer that is given again, without asking the model. */
export class ReplaySource implements Source {
  readonly #message: AssistantMessage

  constructor(message: AssistantMessage) {
    this.#message = message
  }

  pull(sink: Sink): void {
    const { content } = this.#message
    const parts = typeof content === 'string' ? [] : content
    const answered = new Set(
      parts.flatMap((part) => (part.type === 'tool-result' ? [part.id] : [])),
    )
    const waits = parts.some((part) => part.type === 'tool-call' && !answered.has(part.id))
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
