/**
 * Answers as a server keeps them, and as it writes them.
 */

import type { CompleteEvent, ContentEvent, StreamEvent } from '../../src/base/events.js'
import { sse } from '../../src/formats/sse.js'

export function text(value: string, index = 0): ContentEvent {
  return { type: 'content', index, kind: 'text', text: value }
}

/** A whole stream whose text comes in these pieces. */
export function answer(...pieces: string[]): StreamEvent[] {
  const whole = pieces.join('')
  const complete: CompleteEvent = {
    type: 'complete',
    text: whole,
    message: { role: 'assistant', content: [{ type: 'text', text: whole }] },
    finishReason: 'stop',
    usage: {},
    provider: 'p',
    model: 'm',
    attempts: 1,
    timing: { firstContentMs: 1, durationMs: 2 },
  }
  const start: StreamEvent = { type: 'start', id: `of ${whole}`, provider: 'p', model: 'm' }
  return [start, ...pieces.map((piece) => text(piece)), complete]
}

/** What `sse()` writes for the events from `after` on, each with its number in the stream. */
export function written(events: readonly StreamEvent[], after = 0, before = events.length): string {
  return sse()
    .encoder()
    .encode(events.slice(after, before), after + 1)
}
