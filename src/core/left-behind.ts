/**
 * A stream whose producer is gone, as its readers have seen it.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import type { ContentEvent, RetryEvent } from '../base/events.js'
import type { AssistantMessage } from '../base/messages.js'

/** What readers have received of a stream whose producer is gone. */
export interface LeftBehind {
  /** The answer as far as it came. Its `id` is that of the `start` event. */
  partial: AssistantMessage
  /** The content that stands, one event for each block. */
  blocks: readonly ContentEvent[]
  /** Why the stream has to be continued. */
  error: StreamError
  /** The last `retry` event, if there was one. */
  retry?: Pick<RetryEvent, 'attempt' | 'step'>
}

/** By the error, because a caller may hand on a copy of the object. */
const continued = new WeakSet<StreamError>()

/** Declares that a stream announces the takeover itself, by its first event after `start`. */
export function announceTakeover({ error }: LeftBehind): void {
  continued.add(error)
}

/** Whether the stream that continues this one announces the takeover itself. */
export function isAnnounced({ error }: Pick<LeftBehind, 'error'>): boolean {
  return continued.has(error)
}

/** Collects the blocks of a stream. */
export class Blocks {
  readonly #blocks = new Map<number, ContentEvent>()

  /** The content that stands, one event for each block. */
  get events(): ContentEvent[] {
    return [...this.#blocks.values()]
  }

  add(event: ContentEvent): void {
    this.#blocks.set(event.index, joined(this.#blocks.get(event.index), event))
  }

  retry({ mode, from = 0 }: RetryEvent): void {
    if (mode === 'continue') return
    for (const index of this.#blocks.keys()) if (index >= from) this.#blocks.delete(index)
  }
}

/** One block from its beginning and what follows it. */
function joined(first: ContentEvent | undefined, event: ContentEvent): ContentEvent {
  if (first === undefined) return event
  if (event.kind === 'tool-call' && first.kind === 'tool-call') {
    return { ...first, ...event, input: first.input + event.input }
  }
  const isText = event.kind === 'text' || event.kind === 'reasoning'
  if (isText && first.kind === event.kind) {
    return { ...first, ...event, text: first.text + event.text }
  }
  return event
}
