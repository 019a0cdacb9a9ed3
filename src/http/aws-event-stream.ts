/**
 * Bytes to the frames of an AWS event stream, in which Bedrock answers.
 *
 * A frame is a prelude (length of the frame, length of its headers, and a checksum of both), the
 * headers, a payload, and a checksum of all that. Numbers are big-endian.
 *
 * @module
 * @see https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html
 * @see https://smithy.io/2.0/aws/amazon-eventstream.html
 */

import { exceededBound } from '../base/json-bounds.js'
import { parseJson } from '../base/parse-json.js'
import { crc32 } from './crc32.js'
import type { BodyFraming, FrameReader } from './framing.js'
import { maxEventLength, tooLong } from './sse.js'

/**
 * The framing of AWS event streams, for `framing` of `httpDriver()`.
 *
 * The data of a frame is its payload, and its name is the header `:event-type`. A frame of Bedrock's
 * InvokeModelWithResponseStream holds an event of the model's own protocol: the data is that event,
 * without a name. Exceptions and errors fail the attempt with the code that fits their type. A wrong
 * checksum is `protocol`.
 */
export const awsEventStream: BodyFraming = {
  name: 'frames of an AWS event stream',
  contentType: 'application/vnd.amazon.eventstream',
  // The length of a frame has four bytes, and the limit leaves the first one empty.
  beginnings: ['\0'],
  createReader: (onFrame, onError) => new AwsEventStreamReader(onFrame, onError),
}

const preludeLength = 12
const checksumLength = 4

const utf8 = /* @__PURE__ */ new TextDecoder()

/** Reads one body, chunk by chunk. */
class AwsEventStreamReader implements FrameReader {
  readonly #onFrame: (data: string, event: string | undefined) => void
  readonly #onError: (body: unknown) => void
  /** Holds the beginning of an unfinished frame. It grows by doubling, so copying stays linear. */
  #buffer = new Uint8Array(0)
  #held = 0
  /** How many bytes have to be there before reading can continue. */
  #needed = preludeLength

  constructor(
    onFrame: (data: string, event: string | undefined) => void,
    onError: (body: unknown) => void,
  ) {
    this.#onFrame = onFrame
    this.#onError = onError
  }

  feed(chunk: Uint8Array): void {
    let bytes = chunk
    if (this.#held > 0) {
      this.#hold(chunk)
      if (this.#held < this.#needed) return
      bytes = this.#buffer.subarray(0, this.#held)
    }
    let at = 0
    for (;;) {
      const rest = bytes.subarray(at)
      this.#needed = rest.length < preludeLength ? preludeLength : frameLength(rest)
      if (rest.length < this.#needed) break
      this.#read(rest.subarray(0, this.#needed))
      at += this.#needed
    }
    this.#held = 0
    // It may be the end of the buffer itself, which set() moves.
    this.#hold(bytes.subarray(at))
  }

  /** A frame without its end has no checksum, so it does not count. */
  end(): void {}

  #hold(bytes: Uint8Array): void {
    const length = this.#held + bytes.length
    if (length > this.#buffer.length) {
      const buffer = new Uint8Array(Math.max(length, 2 * this.#buffer.length))
      buffer.set(this.#buffer.subarray(0, this.#held))
      this.#buffer = buffer
    }
    this.#buffer.set(bytes, this.#held)
    this.#held = length
  }

  #read(frame: Uint8Array): void {
    const end = frame.length - checksumLength
    if (crc32(frame.subarray(0, end)) !== uint32(frame, end)) throw wrongChecksum()
    const headersEnd = preludeLength + uint32(frame, 4)
    const headers = readHeaders(frame.subarray(preludeLength, headersEnd))
    const payload = utf8.decode(frame.subarray(headersEnd, end))
    switch (headers.get(':message-type')) {
      case 'event':
        return this.#readEvent(payload, headers.get(':event-type'))
      case 'exception':
        return this.#onError({
          error: { ...fieldsOf(payload), type: headers.get(':exception-type') },
        })
      case 'error':
        return this.#onError({
          error: { code: headers.get(':error-code'), message: headers.get(':error-message') },
        })
      default:
        throw new Error('a frame is neither an event nor an error')
    }
  }

  #readEvent(payload: string, type: string | undefined): void {
    const bytes = type === 'chunk' ? fieldsOf(payload).bytes : undefined
    if (typeof bytes !== 'string') {
      if (payload !== '') this.#onFrame(payload, type)
      return
    }
    this.#onFrame(decodeBase64(bytes), undefined)
  }
}

/** The length of the frame that begins here, by a prelude that is whole. */
function frameLength(bytes: Uint8Array): number {
  const length = uint32(bytes, 0)
  if (crc32(bytes.subarray(0, 8)) !== uint32(bytes, 8)) throw wrongChecksum()
  if (length > maxEventLength) throw tooLong()
  const least = preludeLength + uint32(bytes, 4) + checksumLength
  if (length < least) throw new Error('a frame is shorter than its headers')
  return length
}

/**
 * The lengths of values by their type: booleans, integers, bytes, text, a timestamp, a UUID. Bytes
 * and text carry their length.
 */
const valueLengths: readonly number[] = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16]
const textType = 7

/** The headers that are text, which all that matter are. */
function readHeaders(bytes: Uint8Array): Map<string, string> {
  const headers = new Map<string, string>()
  let at = 0
  const take = (length: number): Uint8Array => {
    const taken = bytes.subarray(at, at + length)
    at += length
    if (at > bytes.length) throw new Error('a header of a frame is cut')
    return taken
  }
  const uint8 = (): number => take(1)[0] as number
  while (at < bytes.length) {
    const name = utf8.decode(take(uint8()))
    const type = uint8()
    const length = valueLengths[type]
    if (length === undefined) throw new Error('a header of a frame has an unknown type')
    const value = take(length === -1 ? uint8() * 256 + uint8() : length)
    if (type === textType) headers.set(name, utf8.decode(value))
  }
  return headers
}

/** The fields of a payload; none if it is no object, or exceeds a bound. */
function fieldsOf(payload: string): Partial<Record<string, unknown>> {
  const value = exceededBound(payload) === undefined ? parseJson(payload) : undefined
  return typeof value === 'object' && value !== null ? value : {}
}

/** @throws DOMException for a text that is not base64 */
function decodeBase64(text: string): string {
  const binary = atob(text)
  // Uint8Array.from() with a callback takes 50 times as long.
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at)
  return utf8.decode(bytes)
}

function uint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0)
}

function wrongChecksum(): Error {
  return new Error('the checksum of a frame is wrong')
}
