/**
 * Frames of an AWS event stream, from the provider's side.
 *
 * @module
 */

import { crc32 } from '../../http/crc32.js'

const encoder = new TextEncoder()

/** The type of a header that is text. */
const textType = 7

/** @param headers - each value is text */
export function awsFrame(
  headers: Readonly<Record<string, string>>,
  payload: string,
): Uint8Array<ArrayBuffer> {
  const head = Object.entries(headers).flatMap(([name, value]) => {
    const [key, text] = [encoder.encode(name), encoder.encode(value)]
    return [key.length, ...key, textType, text.length >> 8, text.length & 255, ...text]
  })
  const body = encoder.encode(payload)
  // Before the headers: two lengths and a checksum. After the payload: a checksum.
  const frame = new Uint8Array(12 + head.length + body.length + 4)
  const view = new DataView(frame.buffer)
  view.setUint32(0, frame.length)
  view.setUint32(4, head.length)
  view.setUint32(8, crc32(frame.subarray(0, 8)))
  frame.set(head, 12)
  frame.set(body, 12 + head.length)
  view.setUint32(frame.length - 4, crc32(frame.subarray(0, -4)))
  return frame
}
