/**
 * Content parts in requests, with their options and marks for the cache.
 *
 * @module
 */

import { decodeText } from '../../base/base64.js'
import { StreamError } from '../../base/errors.js'
import type { CacheMark, ForProviders, InputPart } from '../../base/messages.js'
import { fileIdOf, readData, toDataUrl } from '../attachment-data.js'
import { withOptions } from '../provider-options.js'
import { compact, type Json } from '../read-json.js'

/** How many marks Anthropic takes in one request. */
const maxMarks = 4

/** The fields of a part, message or tool that are for providers. */
type Fields = { [Name in keyof ForProviders]: ForProviders[Name] | undefined }

/** Writes the parts of one request. */
export class PartEncoder {
  readonly provider: string
  readonly #takesMarks: boolean
  readonly #marked: Json[] = []

  /** @param takesMarks - whether the server takes marks for its prompt cache */
  constructor(provider: string, takesMarks = false) {
    this.provider = provider
    this.#takesMarks = takesMarks
  }

  /** Adds the options and the mark of what became this item. */
  dress(item: Json, { providerOptions, cache }: Fields): Json {
    return this.#mark(withOptions(item, compact({ providerOptions }), this.provider), cache)
  }

  /** Adds the options of a message to it, and marks its last part. */
  dressMessage(message: Json, { providerOptions, cache }: Fields): Json {
    let { content } = message
    if (cache && this.#takesMarks && content) {
      const parts = typeof content === 'string' ? [textPart(content)] : [...(content as Json[])]
      const last = parts.pop() as Json
      // A copy: it may be a block of the caller's.
      content = [...parts, last.cache_control ? last : this.#mark({ ...last }, cache)]
    }
    const marked = content === message.content ? message : { ...message, content }
    return withOptions(marked, compact({ providerOptions }), this.provider)
  }

  /** The mark of the whole request. */
  cacheOf(cache: CacheMark | undefined): Json | undefined {
    return cache && this.#takesMarks ? cacheControl(cache) : undefined
  }

  /** Removes all marks but the last ones, because more are refused. */
  limitMarks(others: number): void {
    for (const item of this.#marked.slice(0, others - maxMarks)) delete item.cache_control
  }

  encode(part: InputPart): Json {
    return this.dress(part.type === 'text' ? textPart(part.text) : this.#encodeData(part), part)
  }

  #mark(item: Json, cache: CacheMark | undefined): Json {
    if (!cache || !this.#takesMarks || item.cache_control) return item
    item.cache_control = cacheControl(cache)
    this.#marked.push(item)
    return item
  }

  #encodeData(part: Exclude<InputPart, { type: 'text' }>): Json {
    const isImage = part.type === 'image' || part.mediaType.startsWith('image/')
    const id = fileIdOf(part)
    if (id !== undefined) {
      if (isImage) throw refusal(`takes no image by its id (${id}). Send its data or its URL.`)
      if (this.provider === 'openai' && id.startsWith('file_')) {
        throw refusal(`has no file ${id}: the id is one of Anthropic's.`)
      }
      return { type: 'file', file: { file_id: id } }
    }
    const data = readData(part)
    const url = toDataUrl(data)
    if (isImage) {
      const detail = part.type === 'image' ? part.detail : undefined
      // Few servers know "original".
      const known = detail === 'original' ? 'high' : detail
      return { type: 'image_url', image_url: { url, ...compact({ detail: known }) } }
    }
    const { mediaType } = part
    const filename = part.filename ?? (mediaType === 'application/pdf' ? 'file.pdf' : 'file')
    // This API takes files by their content only, so the model gets the address as text.
    if ('url' in data) return textPart(`${filename}: ${data.url}`)
    const audio = /^audio\/(?:x-)?(mp3|mpeg|wav)$/.exec(mediaType)?.[1]
    if (audio !== undefined) {
      const format = audio === 'mpeg' ? 'mp3' : audio
      return { type: 'input_audio', input_audio: { data: data.base64, format } }
    }
    const text = mediaType.startsWith('text/') ? decodeText(data.base64)?.trim() : undefined
    if (text) return textPart(text)
    return { type: 'file', file: { file_data: url, filename } }
  }
}

export function textPart(text: string): Json {
  return { type: 'text', text }
}

/**
 * Content as one text where it holds nothing but texts, because not every server takes parts.
 *
 * @param separator - between the texts
 */
export function contentOf(parts: Json[], separator: string): string | Json[] {
  const isPlain = parts.every((part) => part.type === 'text' && Object.keys(part).length === 2)
  return isPlain ? parts.map(({ text }) => text).join(separator) : parts
}

function cacheControl(cache: CacheMark): Json {
  return { type: 'ephemeral', ...(cache === '1h' ? { ttl: cache } : {}) }
}

function refusal(what: string): StreamError {
  return new StreamError('invalid-request', `Chat Completions ${what}`)
}
