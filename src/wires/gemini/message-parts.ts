/**
 * The parts of a conversation's turns.
 *
 * @module
 * @see https://ai.google.dev/api/caching#Part
 */

import { decodeText } from '../../base/base64.js'
import { StreamError } from '../../base/errors.js'
import type { ImageDetail, InputPart, OutputPart, ToolCallPart } from '../../base/messages.js'
import { compact, type Json } from '../../base/read-json.js'
import { fileIdOf, readData } from '../attachment-data.js'
import { isThirdGeneration } from '../models/gemini.js'
import { withOptions } from '../provider-options.js'
import { blockFor, signatureFor } from '../signature.js'
import { toArguments } from '../tool-texts.js'

/** Whom the parts are for. */
export interface PartSettings {
  provider: string
  model: string
  /** Who made the model. */
  maker: string | undefined
}

const levels: Readonly<Record<Exclude<ImageDetail, 'auto'>, string>> = {
  low: 'MEDIA_RESOLUTION_LOW',
  high: 'MEDIA_RESOLUTION_HIGH',
  original: 'MEDIA_RESOLUTION_ULTRA_HIGH',
}

/** @throws StreamError `invalid-request` for the id of a file, because Gemini names files by address */
export function encodeInput(part: InputPart, { provider, model }: PartSettings): Json {
  const data = encodeData(part, provider)
  const { detail = 'auto' } = part as { detail?: ImageDetail }
  // Earlier generations refuse a resolution for a single part.
  const isDetailed = part.type === 'image' && detail !== 'auto' && isThirdGeneration(model)
  const item = isDetailed ? { ...data, mediaResolution: { level: levels[detail] } } : data
  return withOptions(item, part, provider)
}

function encodeData(part: InputPart, provider: string): Json {
  if (part.type === 'text') return { text: part.text }
  const id = fileIdOf(part)
  if (id !== undefined) {
    const message = `Gemini has no file "${id}". Give the name of a file uploaded to Gemini ("files/..."), a URL, or the data.`
    throw new StreamError('invalid-request', message, { provider })
  }
  const url = storedAt(part.data)
  const data = url === undefined ? readData(part) : { url }
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

const filesURL = 'https://generativelanguage.googleapis.com/v1beta/'

/** The address in Google's storage: of Google Cloud, or of the API's own files, which have names. */
function storedAt(data: string | Uint8Array | URL): string | undefined {
  if (data instanceof Uint8Array) return undefined
  const text = String(data)
  if (/^files\/[a-z0-9-]{1,40}$/.test(text)) return filesURL + text
  return /^gs:/i.test(text) ? text : undefined
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
 * Text, calls, images and the provider's own parts, with their signatures. Thoughts without a
 * signature are left out: what the model needs of them is in the signatures of the other parts.
 */
export function encodeAnswer(content: readonly OutputPart[], settings: PartSettings): Json[] {
  return content.flatMap((part): Json[] => {
    const item = encodePart(part, settings.maker)
    return item === undefined ? [] : [withOptions(item, part, settings.provider)]
  })
}

function encodePart(part: OutputPart, maker: string | undefined): Json | undefined {
  switch (part.type) {
    case 'text': {
      const signature = signatureOf(part, maker)
      // A signature may come with an empty text, and goes back with it.
      if (part.text.trim() === '' && signature.thoughtSignature === undefined) return undefined
      return { text: part.text, ...signature }
    }
    case 'reasoning': {
      const signature = signatureOf(part, maker)
      // Without the name of its wire, the signature of a thought may be that of another provider.
      if (signature.thoughtSignature === undefined || !part.signature?.startsWith('gemini')) {
        return undefined
      }
      return { text: part.text, thought: true, ...signature }
    }
    case 'tool-call':
      return encodeCall(part, maker)
    case 'file': {
      if (part.partial || !part.mediaType.startsWith('image/') || part.data === '') return undefined
      const inlineData = { mimeType: part.mediaType, data: part.data }
      return { inlineData, ...signatureOf(part, maker) }
    }
    case 'provider':
      return blockFor('gemini', maker, part)
    default:
      return undefined
  }
}

export function encodeCall(part: ToolCallPart, maker: string | undefined): Json {
  const functionCall = { id: part.id, name: part.name, args: toArguments(part) }
  return { functionCall, ...signatureOf(part, maker) }
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
