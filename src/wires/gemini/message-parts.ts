/**
 * The parts of a conversation's turns.
 *
 * @module
 * @see https://ai.google.dev/api/caching#Part
 */

import { decodeText } from '../../base/base64.js'
import type { InputPart, OutputPart, ToolResultPart } from '../../base/messages.js'
import { readData } from '../attachment-data.js'
import { compact, type Json } from '../read-json.js'
import { signatureFor } from '../signature.js'
import { toArguments, toText } from '../tool-texts.js'

export function encodeInput(part: InputPart): Json {
  if (part.type === 'text') return { text: part.text }
  const data = isStored(part.data) ? { url: String(part.data) } : readData(part)
  if ('url' in data) {
    const mimeType = part.mediaType ?? imageTypeOf(data.url)
    return { fileData: { ...compact({ mimeType }), fileUri: data.url } }
  }
  // Of the types that are text, these are refused as files.
  if (/[/+](json|ya?ml)$/.test(data.mediaType)) {
    const text = decodeText(data.base64)?.trim()
    if (text) return { text }
  }
  return { inlineData: { mimeType: data.mediaType, data: data.base64 } }
}

/** In Google's own storage */
function isStored(data: string | Uint8Array | URL): boolean {
  return !(data instanceof Uint8Array) && /^gs:/i.test(String(data))
}

const imageTypes: Partial<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  heic: 'image/heic',
  heif: 'image/heif',
}

/** By the ending; undefined where that says nothing, and then Google looks at the file. */
function imageTypeOf(url: string): string | undefined {
  const ending = /\.([a-z]{3,4})(?:[?#]|$)/i.exec(url)?.[1]
  return ending === undefined ? undefined : imageTypes[ending.toLowerCase()]
}

/**
 * Text, calls and images, with their signatures. Thoughts are left out: what the model needs of them is in the signatures of the
 * other parts.
 *
 * @param maker - of the model that is asked
 */
export function encodeAnswer(content: readonly OutputPart[], maker: string | undefined): Json[] {
  return content.flatMap((part): Json[] => {
    switch (part.type) {
      case 'text': {
        const signature = signatureOf(part, maker)
        // A signature may come with an empty text, and goes back with it.
        if (part.text.trim() === '' && signature.thoughtSignature === undefined) return []
        return [{ text: part.text, ...signature }]
      }
      case 'tool-call': {
        const call = { id: part.id, name: part.name, args: toArguments(part) }
        return [{ functionCall: call, ...signatureOf(part, maker) }]
      }
      case 'file':
        if (!part.mediaType.startsWith('image/') || part.data === '') return []
        return [{ inlineData: { mimeType: part.mediaType, data: part.data } }]
      default:
        return []
    }
  })
}

/** The field holds bytes as base64; anything else would be refused. */
function signatureOf(
  { signature }: { signature?: string },
  maker: string | undefined,
): { thoughtSignature?: string } {
  const thoughtSignature = signatureFor('gemini', maker, signature)
  if (thoughtSignature === undefined || !/^[\w+/-]+=*$/.test(thoughtSignature)) return {}
  return { thoughtSignature }
}

/** @param names - the names of the calls by their ids, because a result has to have the name of its call */
export function encodeResults(
  results: readonly ToolResultPart[],
  names: ReadonlyMap<string, string>,
): Json[] {
  return results.map(({ id, name, output, isError }) => ({
    functionResponse: {
      id,
      name: names.get(id) ?? name,
      // The names of both fields are Google's.
      response: isError ? { error: toText(output) } : { output: toValue(output) },
    },
  }))
}

/** JSON as it is, anything else as text. */
function toValue(output: unknown): unknown {
  if (typeof output !== 'object' || output === null) return toText(output)
  try {
    return JSON.parse(JSON.stringify(output))
  } catch {
    return toText(output)
  }
}
