/**
 * Server-sent events in the words of these routes, whose fields are written with underscores.
 */

import { type Encoder, type Format, type SseOptions, type StreamEvent, sse } from 'sluice'

/** `sse()` with a `message_count` beside the `messageCount` that the package's own client reads. */
export function countedSse(options: SseOptions = {}): Format {
  const format = sse(options)
  return { ...format, encoder: () => new CountedEncoder(format.encoder()) }
}

class CountedEncoder implements Encoder {
  readonly #encoder: Encoder

  constructor(encoder: Encoder) {
    this.#encoder = encoder
  }

  encode(events: readonly StreamEvent[], firstId?: number | null): string {
    const last = events.at(-1)
    if (last?.type !== 'complete' || last.messageCount === undefined) {
      return this.#encoder.encode(events, firstId)
    }
    const counted = { ...last, message_count: last.messageCount }
    return this.#encoder.encode([...events.slice(0, -1), counted], firstId)
  }
}
