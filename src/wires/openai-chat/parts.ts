/**
 * Content parts in requests, with their options and marks for the cache.
 *
 * @module
 */

import { decodeText } from '../../base/base64.js'
import { StreamError } from '../../base/errors.js'
import type { CacheMark, ForProviders, InputPart } from '../../base/messages.js'
import { compact, type Json } from '../../base/read-json.js'
import { fileIdOf, readData, toDataUrl } from '../attachment-data.js'
import { withOptions } from '../provider-options.js'

/** How many marks Anthropic and OpenAI take in one request. */
const maxMarks = 4

/** The field of a mark: Anthropic's, which gateways take too, or OpenAI's. */
export type MarkField = 'cache_control' | 'prompt_cache_breakpoint'

/** The fields of a part, message or tool that are for providers. */
type Fields = { [Name in keyof ForProviders]: ForProviders[Name] | undefined }

/** Writes the parts of one request. */
export class PartEncoder {
  readonly provider: string
  readonly #field: MarkField | undefined
  readonly #marked: Json[] = []

  /** @param field - that of the marks for the server's prompt cache, if it takes any */
  constructor(provider: string, field: MarkField | undefined) {
    this.provider = provider
    this.#field = field
  }

  /** Adds the options and the mark of what became this item. */
  dress(item: Json, { providerOptions, cache }: Fields): Json {
    return this.#mark(withOptions(item, compact({ providerOptions }), this.provider), cache)
  }

  /** Adds the options of a message to it, and marks its last part. */
  dressMessage(message: Json, { providerOptions, cache }: Fields): Json {
    let { content } = message
    if (cache && this.#field && content) {
      const parts = typeof content === 'string' ? [textPart(content)] : [...(content as Json[])]
      const last = parts.pop() as Json
      // A copy: it may be a block of the caller's.
      content = [...parts, last[this.#field] ? last : this.#mark({ ...last }, cache)]
    }
    const marked = content === message.content ? message : { ...message, content }
    return withOptions(marked, compact({ providerOptions }), this.provider)
  }

  /** Adds the mark of the whole request, or of a tool, which OpenAI does not have. */
  markWhole(item: Json, cache: CacheMark | undefined): Json {
    return this.#field === 'cache_control' ? this.#mark(item, cache) : item
  }

  /** Removes all marks but the last ones, because more are refused. */
  limitMarks(): void {
    for (const item of this.#marked.slice(0, -maxMarks)) delete item[this.#field as MarkField]
  }

  encode(part: InputPart): Json {
    return this.dress(part.type === 'text' ? textPart(part.text) : this.#encodeData(part), part)
  }

  #mark(item: Json, cache: CacheMark | undefined): Json {
    const field = this.#field
    if (!cache || !field || item[field]) return item
    item[field] =
      field === 'cache_control'
        ? { type: 'ephemeral', ...(cache === '1h' && { ttl: cache }) }
        : // Of the two times that OpenAI has, half an hour is the default.
          { mode: 'explicit', ...(cache === '1h' && { ttl: '12h' }) }
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

function refusal(what: string): StreamError {
  return new StreamError('invalid-request', `Chat Completions ${what}`)
}
