/**
 * The data of the images and files in a request.
 *
 * @module
 */

import { toBase64 } from '../base/base64.js'
import type { FileInputPart, ImageInputPart } from '../base/messages.js'

/** The data of an image or a file: where it is, or what it is. */
export type InputData = { url: string } | { mediaType: string; base64: string }

/**
 * The id under which a provider keeps an uploaded file: `file-abc` (OpenAI and others) or `file_abc`
 * (Anthropic). Base64 has neither character. Undefined for other data.
 */
export function fileIdOf({ data }: ImageInputPart | FileInputPart): string | undefined {
  return typeof data === 'string' && /^file[-_][\w-]{1,200}$/.test(data) ? data : undefined
}

export function readData(part: ImageInputPart | FileInputPart): InputData {
  const { data } = part
  if (data instanceof Uint8Array) return { mediaType: mediaTypeOf(part), base64: toBase64(data) }
  const text = String(data)
  if (/^data:/i.test(text)) return readDataUrl(text, part)
  if (/^https?:/i.test(text)) return { url: text }
  return { mediaType: mediaTypeOf(part), base64: text }
}

/** @see https://www.rfc-editor.org/rfc/rfc2397 */
function readDataUrl(url: string, part: ImageInputPart | FileInputPart): InputData {
  const comma = url.indexOf(',')
  const head = url.slice('data:'.length, comma === -1 ? url.length : comma)
  const body = comma === -1 ? '' : url.slice(comma + 1)
  const named = head.split(';', 1)[0]
  if (/;base64$/i.test(head)) {
    const mediaType = part.mediaType ?? (named || mediaTypeOf({ ...part, data: body }))
    return { mediaType, base64: body }
  }
  return {
    mediaType: part.mediaType ?? (named || 'text/plain'),
    base64: toBase64(new TextEncoder().encode(decodePercent(body))),
  }
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export function toDataUrl(data: InputData): string {
  return 'url' in data ? data.url : `data:${data.mediaType};base64,${data.base64}`
}

/** The first bytes, in base64, of the formats that every provider takes. */
const imageTypes: Partial<Record<string, string>> = { '/9j/': 'jpeg', R0lG: 'gif', UklG: 'webp' }

function mediaTypeOf({ mediaType, data }: ImageInputPart | FileInputPart): string {
  if (mediaType !== undefined) return mediaType
  const start = data instanceof Uint8Array ? toBase64(data.subarray(0, 3)) : String(data)
  return `image/${imageTypes[start.slice(0, 4)] ?? 'png'}`
}
