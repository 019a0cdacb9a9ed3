/**
 * What the user sends, as messages.
 *
 * @module
 */

import { toBase64 } from '../base/base64.js'
import { StreamError } from '../base/errors.js'
import type { InputPart, Message } from '../base/messages.js'
import type { ChatDraft, ChatInput } from './state.js'

/**
 * The messages of an input; a promise if files have to be read.
 *
 * @throws StreamError `invalid-request` for files that are larger than the limit together
 */
export function messagesOf(
  input: ChatInput,
  maxFileBytes: number,
): readonly Message[] | Promise<readonly Message[]> {
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  if (Array.isArray(input)) return input as readonly Message[]
  if ('role' in input) return [input]
  const { text, files = [], parts = [], metadata } = input as ChatDraft
  const said: InputPart[] = text === undefined || text === '' ? [] : [{ type: 'text', text }]
  const message = (content: readonly InputPart[]): Message[] => {
    const fields = metadata === undefined ? {} : { metadata }
    return [{ role: 'user', content: [...said, ...parts, ...content], ...fields }]
  }
  const blobs = [...files]
  if (blobs.length === 0) return message([])
  const bytes = blobs.reduce((sum, { size }) => sum + size, 0)
  if (bytes > maxFileBytes) {
    const what = blobs.length === 1 ? `The file${nameOf(blobs[0])} is` : 'The files are'
    const sentence = `${what} too large: ${inMb(bytes)}. The limit is ${inMb(maxFileBytes)}.`
    throw new StreamError('invalid-request', sentence, { publicMessage: sentence })
  }
  return Promise.all(blobs.map(toPart)).then(message)
}

async function toPart(file: Blob): Promise<InputPart> {
  const { name: filename } = file as { name?: string }
  try {
    const data = toBase64(new Uint8Array(await file.arrayBuffer()))
    const mediaType = file.type || 'application/octet-stream'
    if (mediaType.startsWith('image/')) return { type: 'image', data, mediaType }
    return { type: 'file', data, mediaType, ...(filename === undefined ? {} : { filename }) }
  } catch (cause) {
    const sentence = `The file${nameOf(file)} cannot be read.`
    throw new StreamError('invalid-request', sentence, { cause, publicMessage: sentence })
  }
}

function nameOf(file: Blob | undefined): string {
  const { name } = (file ?? {}) as { name?: string }
  return name === undefined ? '' : ` "${name}"`
}

function inMb(bytes: number): string {
  return `${Number((bytes / 1_000_000).toFixed(1))} MB`
}
