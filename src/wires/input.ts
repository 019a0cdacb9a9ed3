/**
 * What all request encoders read in the same way.
 *
 * @module
 */

import type { FileInputPart, ImageInputPart, InputPart, Message, StreamRequest } from '../types.js'

/** The data of an image or a file: where it is, or what it is. */
export type InputData = { url: string } | { mediaType: string; base64: string }

export function readData(part: ImageInputPart | FileInputPart): InputData {
  const { data } = part
  if (data instanceof Uint8Array) return { mediaType: mediaTypeOf(part), base64: toBase64(data) }
  const text = String(data)
  const match = /^data:([^;,]*)[^,]*;base64,(.*)$/s.exec(text)
  if (match !== null) {
    return { mediaType: part.mediaType ?? (match[1] || 'image/png'), base64: match[2] ?? '' }
  }
  if (/^https?:/i.test(text)) return { url: text }
  return { mediaType: mediaTypeOf(part), base64: text }
}

export function toDataUrl(data: InputData): string {
  return 'url' in data ? data.url : `data:${data.mediaType};base64,${data.base64}`
}

/** The conversation as messages, whichever way it was given. */
export function messagesOf(request: StreamRequest): readonly Message[] {
  return request.messages ?? [{ role: 'user', content: request.prompt ?? '' }]
}

/** The instructions: `system`, then the system messages, wherever they stand. */
export function systemOf(request: StreamRequest): string[] {
  const texts = request.system === undefined ? [] : [request.system]
  for (const message of messagesOf(request)) {
    if (message.role === 'system') texts.push(textOfParts(message.content))
  }
  return texts.filter((text) => text.trim() !== '')
}

/** Content as parts, without empty text. */
export function partsOf(content: string | readonly InputPart[]): readonly InputPart[] {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
  return parts.filter((part) => part.type !== 'text' || part.text.trim() !== '')
}

export function textOfParts(content: string | readonly InputPart[]): string {
  return partsOf(content)
    .flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join('\n')
}

/** A tool's output, or the arguments of a call, as the text that goes over the wire. */
export function toText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

/** The ids of the tool calls that are answered, and of the answers that have a call before them. */
export function matchedCalls(messages: readonly Message[]): Set<string> {
  const called = new Set<string>()
  const matched = new Set<string>()
  for (const message of messages) {
    if (message.role === 'assistant' && typeof message.content !== 'string') {
      for (const part of message.content) if (part.type === 'tool-call') called.add(part.id)
    } else if (message.role === 'tool') {
      for (const part of message.content) if (called.has(part.id)) matched.add(part.id)
    }
  }
  return matched
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

function toBase64(bytes: Uint8Array): string {
  let binary = ''
  // In slices, because the arguments of one call have to fit on the stack.
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  }
  return btoa(binary)
}
