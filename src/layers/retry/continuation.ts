/**
 * Continues an answer that broke off with another attempt.
 *
 * @module
 */

import { Accumulator } from '../../base/accumulator.js'
import type { Driver } from '../../base/driver.js'
import type { ContentEvent } from '../../base/events.js'
import type { Message } from '../../base/messages.js'
import type { StreamRequest } from '../../base/request.js'
import { Overlap } from './overlap.js'

const instruction =
  'Your last message was cut off. Continue exactly where it ends, even within a word. Repeat nothing, and add no remark.'

/** The part of an answer that the reader has received, kept in case it must be continued. */
export class PartialAnswer {
  readonly #content = new Accumulator()
  /** The number of content blocks. */
  #blocks = 0
  /** The block that more text belongs to: the last one, if it is a text block. */
  #open: number | undefined
  #continuable = true

  add(events: readonly ContentEvent[]): void {
    for (const event of events) {
      this.#content.add(event)
      if (event.index >= this.#blocks) this.#blocks = event.index + 1
      // A source does not interrupt the text.
      if (event.kind === 'source') continue
      this.#open = event.kind === 'text' ? event.index : undefined
      if (event.kind !== 'text' && event.kind !== 'reasoning') this.#continuable = false
    }
  }

  /** The answer restarts from this block on. */
  reset(from: number = 0): void {
    this.#content.reset(from)
    this.#blocks = Math.min(this.#blocks, from)
    this.#open = undefined
    if (from === 0) this.#continuable = true
  }

  /**
   * The request that makes the model continue. Undefined if the answer must restart: half a tool
   * call or a file cannot be sent back, and models do not finish half a JSON document in a second
   * answer.
   */
  request(request: StreamRequest, driver: Driver): StreamRequest | undefined {
    const text = this.#content.text()
    if (!this.#continuable || text.trim() === '' || 'output' in request) return undefined
    const continuation = driver.continuation?.(request) ?? 'request'
    if (continuation === 'none') return undefined
    const { prompt, messages = [{ role: 'user', content: prompt ?? '' }], ...rest } = request
    const further: Message[] = [{ role: 'assistant', content: text }]
    if (continuation === 'request') further.push({ role: 'user', content: instruction })
    return { ...rest, messages: [...messages, ...further] }
  }

  /** Joins the next attempt to what the reader has received. */
  joint(): Joint {
    return new Joint(new Overlap(this.#content.text()), this.#open, this.#blocks)
  }
}

/**
 * Renumbers the blocks of a further attempt within the whole answer, and removes what the model
 * repeats.
 */
export class Joint {
  readonly #overlap: Overlap
  readonly #indexes = new Map<number, number>()
  /** The block that the first text belongs to. */
  #open: number | undefined
  #blocks: number
  /** The last text event, which the buffered text belongs to. */
  #text: ContentEvent | undefined

  constructor(overlap: Overlap, open: number | undefined, blocks: number) {
    this.#overlap = overlap
    this.#open = open
    this.#blocks = blocks
  }

  join(events: readonly ContentEvent[]): readonly ContentEvent[] {
    const joined: ContentEvent[] = []
    for (const event of events) {
      if (event.kind !== 'text') {
        // Text before a call or a file is complete.
        if (event.kind !== 'reasoning' && event.kind !== 'source') joined.push(...this.flush())
        joined.push({ ...event, index: this.#indexOf(event) })
        continue
      }
      this.#text = event
      const text = this.#overlap.done ? event.text : this.#overlap.feed(event.text)
      if (text !== '' || event.signature !== undefined) joined.push(this.#toText(event, text))
    }
    return joined
  }

  /** Text that was buffered because it might have been a repetition. */
  flush(): readonly ContentEvent[] {
    const text = this.#overlap.end()
    if (text === '' || this.#text?.kind !== 'text') return []
    return [this.#toText(this.#text, text)]
  }

  #toText(event: ContentEvent & { kind: 'text' }, text: string): ContentEvent {
    return { ...event, index: this.#indexOf(event), text }
  }

  #indexOf({ index, kind }: ContentEvent): number {
    let known = this.#indexes.get(index)
    if (known === undefined) {
      known = kind === 'text' ? (this.#open ?? this.#blocks++) : this.#blocks++
      if (kind === 'text') this.#open = undefined
      this.#indexes.set(index, known)
    }
    return known
  }
}
