/**
 * How a body is divided into frames.
 *
 * @module
 */

import { LineReader } from './lines.js'
import { ServerSentEventReader } from './sse.js'

/** Reads one body, chunk by chunk. */
export interface FrameReader {
  /**
   * @throws whatever the callbacks throw, and StreamError `protocol` for a frame that is too long.
   *   Anything else that is thrown becomes `protocol` too.
   */
  feed(chunk: Uint8Array): void
  /** The body has ended: a last frame counts although its end is missing. */
  end(): void
}

/** A way to divide a body into frames, such as `awsEventStream`. */
export interface BodyFraming {
  /** The name of its frames, in the plural, for errors. */
  name: string
  /**
   * The content type of its bodies, as responses begin it. Responses of any other type are read as
   * server-sent events.
   *
   * @default none: all responses are of this framing
   */
  contentType?: string
  /** What its bodies begin with. Any other body that holds no frame is quoted in the error. */
  beginnings: readonly string[]
  /**
   * Returns a reader for one body.
   *
   * @param onFrame - takes the data of a frame, and its name if it has one
   * @param onError - takes an error that the framing itself carries, in the shape of the `body` of
   *   `providerError()`. It throws, unless the answer is already whole.
   */
  createReader(
    onFrame: (data: string, event: string | undefined) => void,
    onError: (body: unknown) => void,
  ): FrameReader
}

/**
 * `sse`: server-sent events. `ndjson`: one JSON value a line. Other framings are values, so that
 * only drivers that use them load them.
 */
export type Framing = 'sse' | 'ndjson' | BodyFraming

export const serverSentEvents: BodyFraming = {
  name: 'server-sent events',
  // The names of fields, and comments.
  beginnings: ['data:', 'event:', 'id:', 'retry:', ':'],
  createReader: (onFrame) => new ServerSentEventReader(onFrame),
}

const jsonLines: BodyFraming = {
  name: 'lines of JSON',
  beginnings: ['{'],
  createReader: (onFrame) => new LineReader((line) => onFrame(line, undefined)),
}

/** Undefined for a value that is no framing. */
export function framingOf(value: unknown): BodyFraming | undefined {
  if (value === 'sse') return serverSentEvents
  if (value === 'ndjson') return jsonLines
  const given = value as BodyFraming | null
  return given?.createReader && given
}
