/**
 * What all request encoders read in the same way.
 *
 * @module
 */

import { StreamError } from '../errors.js'
import type {
  FileInputPart,
  ImageInputPart,
  InputPart,
  Message,
  StreamRequest,
  ToolCallPart,
} from '../messages.js'
import { isRecord, type Json } from './json.js'

/** The data of an image or a file: where it is, or what it is. */
export type InputData = { url: string } | { mediaType: string; base64: string }

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

/** The text that base64 stands for; undefined where it is not base64. */
export function decodeText(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    return new TextDecoder().decode(bytes)
  } catch {
    return undefined
  }
}

/** The conversation as messages, whichever way it was given. */
export function messagesOf(request: StreamRequest): readonly Message[] {
  return request.messages ?? [{ role: 'user', content: request.prompt ?? '' }]
}

/**
 * The instructions: `system`, then the system messages, wherever they stand.
 *
 * @param further - what the wire itself has to say, at the end
 */
export function systemOf(request: StreamRequest, further?: string): string[] {
  const texts = request.system === undefined ? [] : [request.system]
  for (const message of messagesOf(request)) {
    if (message.role === 'system') texts.push(textOfParts(message.content))
  }
  if (further !== undefined) texts.push(further)
  return texts.filter((text) => text.trim() !== '')
}

/** Content as parts, without empty ones. */
export function partsOf(content: string | readonly InputPart[]): readonly InputPart[] {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
  return parts.filter((part) => {
    if (part.type === 'text') return part.text.trim() !== ''
    return part.data instanceof Uint8Array ? part.data.length > 0 : String(part.data) !== ''
  })
}

export function textOfParts(content: string | readonly InputPart[]): string {
  return partsOf(content)
    .flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join('\n')
}

/** A tool's output as the text that goes over the wire; never empty, which some providers refuse. */
export function toText(value: unknown): string {
  const text = typeof value === 'string' ? value : toJson(value)
  return text.trim() === '' ? '(empty)' : text
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    // A circle, or a BigInt
    return String(value)
  }
}

/**
 * The arguments of a call as an object, which is what every wire wants. A model that was cut off left a text that is not JSON: it
 * goes back under a name that tells so.
 */
export function toArguments({ input, error }: ToolCallPart): Json {
  if (error !== undefined) return { invalid_json: input }
  if (isRecord(input)) return input
  if (input === null || input === undefined || input === '') return {}
  return { input }
}

/** @throws StreamError `invalid-request` for a body without messages: the provider would refuse it with less to go on */
export function checkMessages(body: Json): Json {
  if (!Array.isArray(body.messages) || body.messages.length > 0) return body
  throw new StreamError(
    'invalid-request',
    'There is nothing to send: the prompt or the messages hold no content. Give text, an image, a file, or a tool call with its result.',
  )
}

/** The first bytes of the formats that every provider takes. */
function mediaTypeOf(part: ImageInputPart | FileInputPart): string {
  if (part.mediaType !== undefined) return part.mediaType
  const { data } = part
  const start = data instanceof Uint8Array ? toBase64(data.subarray(0, 12)) : String(data)
  if (start.startsWith('/9j/')) return 'image/jpeg'
  if (start.startsWith('R0lG')) return 'image/gif'
  if (start.startsWith('UklG')) return 'image/webp'
  return 'image/png'
}

/** Works in every runtime. */
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  // In slices, because the arguments of one call have to fit on the stack.
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  }
  return btoa(binary)
}
