/**
 * Reasoning that a model writes into its text, between tags, as the open models do where their
 * server does not take it apart.
 *
 * @module
 */

import type { TextContent } from '../base/content-kinds.js'
import type { Completion } from '../base/driver.js'
import type { ContentEvent, RawEnd, Usage } from '../base/events.js'
import type { ResponsePosition, WireDecoder } from '../http/wire-decoder.js'

/**
 * `true`: an answer that begins with `<think>`, or another tag that models use, has its reasoning
 * as reasoning; in any other place a tag is text. `'opened'`: the answer begins within the
 * reasoning, because the chat template has written the opening tag, as those of DeepSeek R1 and QwQ
 * do. Without a closing tag all of the answer is reasoning.
 */
export type ThinkTags = boolean | 'opened'

/** DeepSeek, Qwen and most others; Gemini on OpenAI's wire; ByteDance; Mistral; Moonshot. */
const tags: readonly (readonly [string, string])[] = [
  ['<think>', '</think>'],
  ['<thinking>', '</thinking>'],
  ['<thought>', '</thought>'],
  ['<seed:think>', '</seed:think>'],
  ['[THINK]', '[/THINK]'],
  ['◁think▷', '◁/think▷'],
]

/** The decoder, or one around it that takes the reasoning out of its text. */
export function readThinkTags(decoder: WireDecoder, thinkTags: ThinkTags = false): WireDecoder {
  return thinkTags === false ? decoder : new ThinkTagDecoder(decoder, thinkTags === 'opened')
}

class ThinkTagDecoder implements WireDecoder {
  readonly #inner: WireDecoder
  readonly #opened: boolean
  /**
   * `before` the tag, `in` the reasoning, `between` it and the text, or `done`: what comes is as it
   * is.
   */
  #place: 'before' | 'in' | 'between' | 'done' = 'before'
  /**
   * White space before the first text. It stands apart from `#held`, so that blanks without end are
   * read once.
   */
  #blank = ''
  /** Text that the next piece may make a tag, and the event that it began with. */
  #held = ''
  #first: TextContent | undefined
  #close = '</think>'
  /**
   * The block of the reasoning. It takes the place of the text's, so all blocks from there on move
   * up by one.
   */
  #index = Infinity
  #told = false

  constructor(inner: WireDecoder, opened: boolean) {
    this.#inner = inner
    this.#opened = opened
  }

  get ended(): boolean | undefined {
    return this.#inner.ended
  }

  decode(data: string, event: string | undefined, out: ContentEvent[]): void {
    const from = out.length
    let over = true
    try {
      this.#inner.decode(data, event, out)
      over = this.#inner.finished() !== undefined
    } finally {
      if (this.#place !== 'done') {
        for (const content of out.splice(from)) this.#take(content, out)
        if (over) this.#read(true, out)
      } else if (this.#index !== Infinity) {
        for (let at = from; at < out.length; at++) this.#move(out[at] as ContentEvent)
      }
    }
  }

  finished(): Completion | undefined {
    return this.#inner.finished()
  }

  usage(): Usage {
    return this.#inner.usage?.() ?? {}
  }

  raw(): RawEnd | undefined {
    return this.#inner.raw?.()
  }

  get responseId(): string | undefined {
    return this.#inner.responseId
  }

  position(): ResponsePosition | undefined {
    return this.#inner.position?.()
  }

  #take(event: ContentEvent, out: ContentEvent[]): void {
    if (event.kind !== 'text' || this.#place === 'done') {
      // No tag goes on behind something else.
      this.#read(true, out)
      out.push(this.#move(event))
      return
    }
    this.#first ??= event
    this.#held += event.text
    this.#read(false, out, event)
  }

  #move(event: ContentEvent): ContentEvent {
    if (event.index >= this.#index) event.index++
    return event
  }

  /**
   * @param over - nothing more can come, so that what could become a tag is none
   * @param latest - the event with the latest text
   */
  #read(over: boolean, out: ContentEvent[], latest: TextContent | undefined = this.#first): void {
    const first = this.#first
    if (first === undefined || latest === undefined) return
    if (this.#place === 'before') this.#begin(first, over, out)
    if (this.#place === 'in') this.#think(over, out)
    if (this.#place !== 'between') return
    const text = this.#held.trimStart()
    this.#held = ''
    if (text === '') return
    this.#place = 'done'
    out.push(this.#move({ ...latest, text }))
  }

  #begin(first: TextContent, over: boolean, out: ContentEvent[]): void {
    const text = this.#held.trimStart()
    this.#blank += this.#held.slice(0, this.#held.length - text.length)
    this.#held = text
    const pair = tags.find(([open]) => text.startsWith(open))
    if (pair === undefined && !over && tags.some(([open]) => open.startsWith(text))) return
    if (pair !== undefined || this.#opened) {
      const [open, close] = pair ?? ['', this.#close]
      this.#place = 'in'
      this.#index = first.index
      this.#close = close
      this.#held = text.slice(open.length)
      return
    }
    this.#place = 'done'
    this.#held = ''
    if (this.#blank + text !== '') out.push({ ...first, text: this.#blank + text })
  }

  #think(over: boolean, out: ContentEvent[]): void {
    const held = this.#held
    const end = held.indexOf(this.#close)
    const isOpen = end === -1
    const known = isOpen ? held.length - (over ? 0 : overlap(held, this.#close)) : end
    this.#tell(held.slice(0, known), out)
    this.#held = held.slice(isOpen ? known : end + this.#close.length)
    if (!isOpen) this.#place = 'between'
  }

  #tell(reasoning: string, out: ContentEvent[]): void {
    const text = this.#told ? reasoning : reasoning.trimStart()
    if (text === '') return
    this.#told = true
    out.push({ type: 'content', index: this.#index, kind: 'reasoning', text })
  }
}

/** How many characters at the end of the text may be the beginning of the tag. */
function overlap(text: string, tag: string): number {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length--) {
    if (tag.startsWith(text.slice(-length))) return length
  }
  return 0
}
