/**
 * How a body is divided into frames.
 *
 * @module
 */

import { LineReader } from './lines.js'
import { ServerSentEventReader } from './sse.js'

/** `sse`: server-sent events. `ndjson`: one JSON value a line. */
export type Framing = 'sse' | 'ndjson'

/** Reads one body, chunk by chunk. */
export interface FrameReader {
  /**
   * @throws whatever the callback throws, and StreamError `protocol` for a frame that is too long
   */
  feed(chunk: Uint8Array): void
  /** The body has ended: a last frame counts although its end is missing. */
  end(): void
}

interface FramingRules {
  /** For errors. */
  name: string
  /** What a body of this framing begins with. */
  beginnings: readonly string[]
  createReader(onFrame: (data: string, event: string | undefined) => void): FrameReader
}

export const framings: Readonly<Record<Framing, FramingRules>> = {
  sse: {
    name: 'server-sent events',
    // The names of fields, and comments.
    beginnings: ['data:', 'event:', 'id:', 'retry:', ':'],
    createReader: (onFrame) => new ServerSentEventReader(onFrame),
  },
  ndjson: {
    name: 'lines of JSON',
    beginnings: ['{'],
    createReader: (onFrame) => new LineReader((line) => onFrame(line, undefined)),
  },
}
