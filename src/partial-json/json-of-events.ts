/**
 * The JSON text in the events of a stream, attempt by attempt.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { CompleteEvent, ContentEvent, RetryEvent, StreamEvent } from '../base/events.js'
import { JsonText } from '../base/json-text.js'

/** The tool call whose arguments are read. */
export interface ToolCallChoice {
  /** The first call of the tool with this name. */
  tool?: string
  /** The call with this id. */
  id?: string
}

/** How an attempt ended: another one restarts the answer, or the stream has ended. */
type End = RetryEvent | CompleteEvent | StreamError | 'step'

export class JsonPieces implements AsyncIterable<string> {
  readonly #open: () => AsyncIterator<StreamEvent>
  readonly #call: ToolCallChoice | undefined
  #events: AsyncIterator<StreamEvent> | undefined
  /** The block that holds the arguments, or the last one with text. */
  #index: number | undefined
  #text = new JsonText()
  #whole = new WholeTokens()
  end: End | undefined
  /** How much of the JSON has arrived: a tool call may have begun without arguments. */
  found: 'nothing' | 'empty' | 'text' = 'nothing'

  /** @param call - undefined for the text of the answer */
  constructor(open: () => AsyncIterator<StreamEvent>, call: ToolCallChoice | undefined) {
    this.#open = open
    this.#call = call
  }

  /** Whether the JSON is the arguments of a tool call. */
  get isCall(): boolean {
    return this.#call !== undefined
  }

  /** Begins with the next attempt. The first one opens the stream. */
  begin(): void {
    this.#events ??= this.#open()
    this.end = undefined
    this.found = 'nothing'
    this.#index = undefined
    this.#text = new JsonText()
    this.#whole = new WholeTokens()
  }

  /** The JSON of the attempt, in pieces. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, void> {
    try {
      while (this.end === undefined && this.#events !== undefined) {
        const piece = this.#read(await this.#events.next())
        if (piece !== '') yield piece
      }
    } catch (error) {
      this.end = StreamError.from(error)
    }
    // A number at the end of an answer that broke off may lack digits.
    if (this.end === 'step') return
    if (StreamError.is(this.end) || this.end?.type === 'retry') return
    const rest = this.#whole.end()
    if (rest !== '') yield rest
  }

  /** Skips the rest of the attempt. */
  async skip(): Promise<End> {
    while (this.end === undefined && this.#events !== undefined) {
      this.#read(await this.#events.next())
    }
    return this.end as End
  }

  /** Cancels the stream. */
  close(): void {
    this.end ??= new StreamError('aborted', 'The stream was cancelled.')
    this.#events?.return?.().catch(() => {})
  }

  #read({ done, value }: IteratorResult<StreamEvent, unknown>): string {
    if (done) {
      this.end ??= new StreamError('interrupted', 'The events ended without a last one.')
      return ''
    }
    switch (value.type) {
      case 'content':
        return this.#readContent(value)
      case 'retry':
        if (value.mode === 'restart' && this.#reads(value.from)) this.end = value
        return ''
      case 'complete':
        this.end = value
        return ''
      case 'error':
        this.end = value.error
        return ''
      case 'start':
        return ''
    }
  }

  /** Whether a block from this one on has been read. */
  #reads(from: number = 0): boolean {
    return this.#index !== undefined && this.#index >= from
  }

  #readContent(content: ContentEvent): string {
    if (this.#call === undefined) {
      // The output of a turn is the text of its last step.
      if (content.kind === 'tool-result' && this.#index !== undefined) this.end = 'step'
      if (content.kind !== 'text') return ''
      this.#index = Math.max(this.#index ?? 0, content.index)
      return this.#take(this.#text.feed(content.text))
    }
    if (content.kind !== 'tool-call') return ''
    const { tool = content.name, id = content.id } = this.#call
    if (this.#index === undefined && tool === content.name && id === content.id) {
      this.#index = content.index
      this.found = 'empty'
    }
    return this.#index === content.index ? this.#take(content.input) : ''
  }

  #take(text: string): string {
    if (text.trim() !== '') this.found = 'text'
    return this.#whole.feed(text)
  }
}

/** Characters of numbers and white space, whose end is known only from what follows. */
const unfinished = /[-+.\deE\s]/

/**
 * Buffers a number or white space until it has ended. The parser waits for that, too, but it scans
 * all of it again with each piece, and models are known to write digits or blanks without end.
 */
class WholeTokens {
  #inString = false
  #escaped = false
  #held = ''

  feed(text: string): string {
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (this.#escaped) this.#escaped = false
      else if (code === 0x22) this.#inString = !this.#inString
      else if (code === 0x5c) this.#escaped = this.#inString
    }
    let end = text.length
    if (!this.#inString) while (end > 0 && unfinished.test(text.charAt(end - 1))) end--
    if (end === 0) {
      this.#held += text
      return ''
    }
    const piece = this.#held + text.slice(0, end)
    this.#held = text.slice(end)
    return piece
  }

  end(): string {
    return this.#held
  }
}
