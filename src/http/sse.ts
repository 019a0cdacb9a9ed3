/**
 * Bytes to server-sent events.
 *
 * @module
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */

import { createParser, type EventSourceParser } from 'eventsource-parser'
import { StreamError } from '../base/errors.js'

/**
 * The longest event or line that is read, in characters. A longer one is an error, so that memory
 * stays bounded.
 */
export const maxEventLength: number = 16 * 1024 * 1024

/** Takes one event; it may throw, which ends the parsing of that chunk. */
export type OnServerSentEvent = (
  data: string,
  event: string | undefined,
  id: string | undefined,
) => void

/**
 * For chunks that split no character; it holds no state. A byte order mark at their beginning is
 * not the stream's.
 */
const plainDecoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true })

/** Reads one body, chunk by chunk. */
export class ServerSentEventReader {
  /** Created for the first chunk that begins with a byte order mark or splits a character. */
  #decoder: TextDecoder | undefined
  /** Whether something was read, and the decoder holds no part of a character. */
  #plain = false
  readonly #onEvent: OnServerSentEvent
  /** Created for the first event of an unusual shape. */
  #parser: EventSourceParser | undefined
  /**
   * The beginning of an unfinished line. It is joined once, so that a long line in many pieces
   * costs linear time.
   */
  #pending: string[] = []
  #pendingLength = 0
  /**
   * Whether the parser holds no part of an event, so that the next event may take the fast lane.
   */
  #clean = true

  constructor(onEvent: OnServerSentEvent) {
    this.#onEvent = onEvent
  }

  /**
   * @throws whatever the callback throws, and StreamError `protocol` for an event that is too long
   */
  feed(chunk: Uint8Array): void {
    // A last byte of ASCII means that no character is split. Stateless decoding takes 90 ns of 150
    // in Node.
    const whole = (chunk[chunk.length - 1] ?? 0x80) < 0x80
    // A byte order mark begins with 0xef.
    const isPlain = this.#plain || (this.#decoder === undefined && chunk[0] !== 0xef)
    // Of later chunks, a mark at the beginning is not the stream's.
    if (!whole || !isPlain) this.#decoder ??= new TextDecoder('utf-8', { ignoreBOM: this.#plain })
    this.#plain = whole
    this.#read(
      whole && isPlain
        ? plainDecoder.decode(chunk)
        : (this.#decoder as TextDecoder).decode(chunk, { stream: true }),
    )
  }

  /** The body has ended: a last event counts although its blank line is missing. */
  end(): void {
    const rest = this.#decoder?.decode() ?? ''
    // Nothing is left that a blank line could end.
    if (rest === '' && this.#clean && this.#pendingLength === 0) return
    this.#read(`${rest}\n\n`)
  }

  #read(chunk: string): void {
    let text = chunk
    if (this.#pendingLength > 0) {
      if (chunk.indexOf('\n') === -1 && chunk.indexOf('\r') === -1) return this.#hold(chunk)
      text = this.#pending.join('') + chunk
      this.#pending = []
      this.#pendingLength = 0
    }
    if (this.#clean && text.indexOf('\r') === -1) {
      const position = this.#fastLane(text)
      if (position === text.length) return
      if (position > 0) text = text.slice(position)
    }
    // The parser gets whole lines only: it would drop the beginning of an `error:` line in two
    // pieces.
    const linesEnd = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1
    if (linesEnd > 0) {
      const lines = text.slice(0, linesEnd)
      this.#clean = false
      this.#parser ??= this.#createParser()
      this.#parser.feed(lines)
      this.#clean = lines.endsWith('\n\n')
    }
    if (linesEnd < text.length) this.#hold(text.slice(linesEnd))
  }

  #createParser(): EventSourceParser {
    const parser = createParser({
      maxBufferSize: maxEventLength,
      onEvent: ({ data, event, id }) => this.#onEvent(data, event, id),
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded') throw tooLong()
        // Some servers (GPUStack) end a failed stream with a line `error: {...}`, whose field name
        // is "error".
        if (error.field === 'error' && error.value) this.#onEvent(error.value, 'error', undefined)
      },
    })
    // TextDecoder removes one byte order mark; a blank line keeps the parser from removing a second
    // one.
    parser.feed('\n')
    return parser
  }

  #hold(text: string): void {
    this.#pending.push(text)
    this.#pendingLength += text.length
    if (this.#pendingLength > maxEventLength) throw tooLong()
  }

  /**
   * Reads whole events of the most common shapes, `[event: X\n]data: {...}\n\n` and
   * `data: [DONE]\n\n`, without the parser.
   *
   * @returns the position of the first event of another shape
   */
  #fastLane(text: string): number {
    let position = 0
    for (;;) {
      let start = position
      let event: string | undefined
      if (text.startsWith('event: ', start)) {
        const lineEnd = text.indexOf('\n', start)
        if (lineEnd === -1) return position
        event = text.slice(start + 7, lineEnd)
        start = lineEnd + 1
      }
      const first = text.charCodeAt(start + 6)
      const isJson = first === 0x7b || first === 0x5b
      if (!isJson || !text.startsWith('data: ', start)) return position
      const end = text.indexOf('\n', start)
      if (end === -1 || text.charCodeAt(end + 1) !== 10) return position
      position = end + 2
      this.#onEvent(text.slice(start + 6, end), event || undefined, undefined)
    }
  }
}

export function tooLong(): StreamError {
  return new StreamError(
    'protocol',
    `An event or line is longer than the limit of ${maxEventLength} characters.`,
  )
}
