/**
 * Spoken answers.
 *
 * @module
 * @see https://platform.openai.com/docs/guides/audio
 */

import { parseJson } from '../../base/parse-json.js'
import { compact, isRecord, type Json, textOf } from '../../base/read-json.js'
import type { StreamRequest } from '../../base/request.js'
import { bodyOptions } from '../provider-options.js'
import { sign, signatureFor } from '../signature.js'

/** The media types of the formats, by their names in a request. */
const mediaTypes: Partial<Record<string, string>> = {
  pcm16: 'pcm;rate=24000',
  mp3: 'mpeg',
  opus: 'ogg',
}

/** The media type of the audio that a request asks for. OpenAI streams `pcm16` only. */
export function audioTypeOf(
  request: StreamRequest,
  provider: string,
  body: Json | undefined,
): string {
  const { audio } = bodyOptions(request, provider, body, [])
  const format = (isRecord(audio) && textOf(audio.format)) || 'pcm16'
  return `audio/${mediaTypes[format] ?? format}`
}

/** The audio of one answer. */
export class AudioAnswer {
  /** Base64 without padding. */
  #data = ''
  /** The beginning of a group of four characters. */
  #characters = ''
  /** The beginning of a group of three bytes. */
  #bytes = ''
  #reference: Json = {}
  /** The block of the transcript. */
  textIndex: number | undefined
  /** The block of the file. */
  fileIndex: number | undefined

  /**
   * Reads `delta.audio`.
   *
   * OpenAI encodes each piece on its own, with padding at its end. Other servers cut one text
   * anywhere. Both become one text.
   *
   * @throws InvalidCharacterError for data that is not base64
   */
  add({ id, data, expires_at: expiresAt }: Json): void {
    this.#reference = {
      ...this.#reference,
      ...compact({ id: textOf(id), expires_at: expiresAt ?? undefined }),
    }
    if (typeof data !== 'string') return
    for (const piece of data.split(/(?<==)(?!=)/)) {
      const text = this.#characters + piece
      const end = piece.endsWith('=') ? text.length : text.length - (text.length % 4)
      this.#characters = text.slice(end)
      const bytes = this.#bytes + atob(text.slice(0, end))
      const known = bytes.length - (bytes.length % 3)
      this.#bytes = bytes.slice(known)
      this.#data += btoa(bytes.slice(0, known))
    }
  }

  /** The audio so far, in base64; empty if there is none. */
  get data(): string {
    // One character alone is not a byte.
    const end = this.#characters.length > 1 ? atob(this.#characters) : ''
    return this.#data + btoa(this.#bytes + end)
  }

  /** What refers to the audio in the next request, for the transcript. */
  signature(maker: string | undefined): string | undefined {
    const audio = this.#reference
    return audio.id ? sign('openai-chat', maker, JSON.stringify({ audio })) : undefined
  }
}

/** The audio that a text is the transcript of, as long as the provider keeps it. */
export function audioOf(
  maker: string | undefined,
  signature: string | undefined,
): Json | undefined {
  const kept = parseJson(signatureFor('openai-chat', maker, signature) ?? '')
  const audio = isRecord(kept) && isRecord(kept.audio) ? kept.audio : {}
  const id = textOf(audio.id)
  const isGone = Number(audio.expires_at) * 1000 < Date.now()
  return id === undefined || isGone ? undefined : { id }
}
