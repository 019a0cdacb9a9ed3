/**
 * An answer that broke off, carried on by another attempt.
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
  'Your last message was cut off on its way. Go on exactly where it ends, in the middle of a word if it ends in one. Repeat nothing of it, and add no remark.'

/** What has been shown of an answer, for as long as it may have to be carried on. */
export class PartialAnswer {
  readonly #content = new Accumulator()
  /** The number of content blocks. */
  #blocks = 0
  /** The block that text goes on in: the last one that has content, if it is of text. */
  #open: number | undefined
  #continuable = true

  add(events: readonly ContentEvent[]): void {
    for (const event of events) {
      this.#content.add(event)
      if (event.index >= this.#blocks) this.#blocks = event.index + 1
      // A source stands beside the text and does not break it.
      if (event.kind === 'source') continue
      this.#open = event.kind === 'text' ? event.index : undefined
      if (event.kind !== 'text' && event.kind !== 'reasoning') this.#continuable = false
    }
  }

  /** It begins again. */
  reset(): void {
    this.#content.reset()
    this.#blocks = 0
    this.#open = undefined
    this.#continuable = true
  }

  /**
   * The request that has the model carry on, undefined where the answer has to begin again: half a tool call or a file cannot be
   * sent back, and half a JSON document is not finished in a second answer.
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

  /** What fits the next attempt on to what has been shown. */
  joint(): Joint {
    return new Joint(new Overlap(this.#content.text()), this.#open, this.#blocks)
  }
}

/** Gives the content of a further attempt the numbers that it has in the whole answer, and takes off what is repeated. */
export class Joint {
  readonly #overlap: Overlap
  readonly #indexes = new Map<number, number>()
  /** The block that the first text goes on in. */
  #open: number | undefined
  #blocks: number
  /** The last text that came, which what is held belongs to. */
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
        // What calls and files follow is whole.
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

  /** What was held because it might have been a repetition. */
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
