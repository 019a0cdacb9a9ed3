/**
 * Text, images and documents for the model.
 *
 * @module
 */

import { decodeText } from '../../base/base64.js'
import { StreamError } from '../../base/errors.js'
import type { FileInputPart, ForProviders, ImageInputPart, InputPart } from '../../base/messages.js'
import { compact, type Json } from '../../base/read-json.js'
import { fileIdOf, readData } from '../attachment-data.js'
import { withOptions } from '../provider-options.js'
import { type CacheMarks, isCacheable } from './cache-marks.js'

/** What the blocks of one request have in common. */
export interface BlockContext {
  /** The name of the provider whose options count. */
  provider: string
  /** Who made the model. */
  maker: string | undefined
  marks: CacheMarks
}

/** A block with the options and the cache mark of the part that it comes from. */
export function finishBlock(
  block: Json,
  part: ForProviders,
  { provider, marks }: BlockContext,
): Json {
  const finished = withOptions(block, part, provider)
  return isCacheable(finished) ? marks.add(finished, part.cache) : finished
}

/**
 * @throws StreamError `invalid-request` for the id of a file that another provider keeps, and for a
 *   file of a type that the API does not take
 */
export function encodeInputPart(part: InputPart, context: BlockContext): Json {
  const block = part.type === 'text' ? { type: 'text', text: part.text } : encodeFile(part, context)
  return finishBlock(block, part, context)
}

function encodeFile(part: ImageInputPart | FileInputPart, { maker }: BlockContext): Json {
  const isImage = part.type === 'image' || part.mediaType.startsWith('image/')
  const title = 'filename' in part && !isImage ? compact({ title: part.filename }) : {}
  const type = isImage ? 'image' : 'document'
  const fileId = fileIdOf(part)
  if (fileId !== undefined) {
    checkFileId(fileId, maker)
    return { type, source: { type: 'file', file_id: fileId }, ...title }
  }
  const data = readData(part)
  if ('url' in data) return { type, source: { type: 'url', url: data.url }, ...title }
  const mediaType = takenType(data.mediaType)
  if (mediaType !== undefined) {
    const source = { type: 'base64', media_type: mediaType, data: data.base64 }
    return { type: mediaType === pdf ? 'document' : 'image', source, ...title }
  }
  const text = isText.test(data.mediaType) ? decodeText(data.base64)?.trim() : undefined
  if (!text) throw refusal(data.mediaType)
  return {
    type: 'document',
    source: { type: 'text', media_type: 'text/plain', data: text },
    ...title,
  }
}

const pdf = 'application/pdf'

/** The API's name of a type that it takes as bytes. */
function takenType(mediaType: string): string | undefined {
  const [name = ''] = mediaType.toLowerCase().split(';')
  const type = name.trim().replace(/^image\/jpg$/, 'image/jpeg')
  return /^image\/(?:jpeg|png|gif|webp)$/.test(type) || type === pdf ? type : undefined
}

/** Types that are text; the API knows one of them by its name. */
const isText = /^text\/|[/+](?:json|xml|ya?ml)\b/i

function refusal(mediaType: string): StreamError {
  return new StreamError(
    'invalid-request',
    `The Messages API takes JPEG, PNG, GIF, WebP, PDF and text, but a file has the type ${mediaType}, or its text cannot be read.`,
  )
}

/** Ids of Anthropic have an underscore, and those of OpenAI a hyphen. */
function checkFileId(fileId: string, maker: string | undefined): void {
  if (maker !== 'anthropic' || !fileId.startsWith('file-')) return
  throw new StreamError(
    'invalid-request',
    `Anthropic has no file "${fileId}": its ids begin with "file_". Upload the file there, or send its data.`,
  )
}
