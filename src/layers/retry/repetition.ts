/**
 * A response that is read again from its beginning, after readers have received a part of it.
 *
 * @module
 */

import { type ContentEvent, textOf } from '../../base/events.js'

/** Removes what readers have received. */
export class Repetition {
  /** What is left of each block. */
  readonly #left: Map<number, ContentEvent>

  /** @param shown - one event for each block */
  constructor(shown: readonly ContentEvent[]) {
    this.#left = new Map(shown.map((event) => [event.index, event]))
  }

  /** Whether all of it has come again. */
  get isOver(): boolean {
    return this.#left.size === 0
  }

  /** @returns what is new; undefined if the response is another one */
  join(events: readonly ContentEvent[]): readonly ContentEvent[] | undefined {
    const fresh: ContentEvent[] = []
    for (const event of events) {
      const left = this.#left.get(event.index)
      if (left === undefined) {
        fresh.push(event)
        continue
      }
      const rest = this.#take(left, event)
      if (rest === undefined) return undefined
      if (rest !== 'known') fresh.push(rest)
    }
    return fresh
  }

  #take(left: ContentEvent, event: ContentEvent): ContentEvent | 'known' | undefined {
    if (left.kind !== event.kind) return undefined
    const known = textOf(left)
    const text = textOf(event)
    if (known === undefined || text === undefined) {
      // What comes whole takes the place of what came before.
      this.#left.delete(event.index)
      return event
    }
    const length = Math.min(known.length, text.length)
    if (known.slice(0, length) !== text.slice(0, length)) return undefined
    if (known.length === length) this.#left.delete(event.index)
    else this.#left.set(event.index, withText(left, known.slice(length)))
    const rest = withText(event, text.slice(length))
    return text.length === length && !isSigned(event, left) ? 'known' : rest
  }
}

/** Whether an event signs its block with what readers have not received. */
function isSigned(event: object, left: object): boolean {
  const { signature } = event as { signature?: string }
  return signature !== undefined && signature !== (left as { signature?: string }).signature
}

function withText(event: ContentEvent, text: string): ContentEvent {
  if (event.kind === 'tool-call') return { ...event, input: text }
  return event.kind === 'text' || event.kind === 'reasoning' ? { ...event, text } : event
}
