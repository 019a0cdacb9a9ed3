/**
 * Spoken answers.
 *
 * @module
 * @see https://platform.openai.com/docs/guides/audio
 */

import { parseJson } from '../../base/parse-json.js'
import type { StreamRequest } from '../../base/request.js'
import { bodyOptions } from '../provider-options.js'
import { compact, isRecord, type Json, textOf } from '../read-json.js'
import { sign, signatureFor } from '../signature.js'
import { Bound } from './bound.js'

/** The longest audio of one answer, in characters of base64: about 17 minutes of `pcm16`. */
const maxLength = 64 * 1024 * 1024

/** The media types of the formats, by their names in a request. */
const mediaTypes: Partial<Record<string, string>> = {
  pcm16: 'audio/pcm;rate=24000',
  mp3: 'audio/mpeg',
  opus: 'audio/ogg',
}

/** The media type of the audio that a request asks for. OpenAI streams `pcm16` only. */
export function audioTypeOf(
  request: StreamRequest,
  provider: string,
  body: Json | undefined,
): string {
  const { audio } = bodyOptions(request, provider, body, [])
  const format = (isRecord(audio) ? textOf(audio.format) : undefined) ?? 'pcm16'
  return mediaTypes[format] ?? `audio/${format}`
}

/** The audio of one answer. */
export class AudioAnswer {
  readonly #bound: Bound
  /** Base64 without padding. */
  readonly #pieces: string[] = []
  /** The beginning of a group of four characters. */
  #characters = ''
  /** The beginning of a group of three bytes, which padding has cut off. */
  #bytes = ''
  #id: string | undefined
  #expiresAt: unknown
  /** The block of the transcript. */
  textIndex: number | undefined
  /** The block of the file. */
  fileIndex: number | undefined

  constructor(provider: string) {
    this.#bound = new Bound(provider, 'the audio', maxLength)
  }

  /**
   * Reads `delta.audio`.
   *
   * @throws StreamError `protocol` for audio that exceeds the bound; InvalidCharacterError for a
   *   piece after padding that is not base64
   */
  add({ id, data, expires_at: expiresAt }: Json): void {
    this.#id ??= textOf(id)
    this.#expiresAt = expiresAt ?? this.#expiresAt
    if (typeof data === 'string') this.#append(data)
  }

  /** The audio so far, in base64; undefined if there is none. */
  get data(): string | undefined {
    // One character alone is not a byte.
    const end = this.#characters.length > 1 ? atob(this.#characters) : ''
    return this.#pieces.join('') + btoa(this.#bytes + end) || undefined
  }

  /** What refers to the audio in the next request, for the transcript. */
  signature(maker: string | undefined): string | undefined {
    const audio = compact({ id: this.#id, expires_at: this.#expiresAt })
    return this.#id && sign('openai-chat', maker, JSON.stringify({ audio }))
  }

  /**
   * OpenAI encodes each piece on its own, with padding at its end. Other servers cut one text
   * anywhere. Both become one text.
   */
  #append(data: string): void {
    this.#bound.add(data.length)
    for (const piece of data.split(/(?<==)(?!=)/)) {
      const text = this.#characters + piece
      const end = piece.endsWith('=') ? text.length : text.length - (text.length % 4)
      this.#characters = text.slice(end)
      const whole = text.slice(0, end)
      if (this.#bytes === '' && !whole.endsWith('=')) this.#pieces.push(whole)
      else {
        const bytes = this.#bytes + atob(whole)
        const known = bytes.length - (bytes.length % 3)
        this.#pieces.push(btoa(bytes.slice(0, known)))
        this.#bytes = bytes.slice(known)
      }
    }
  }
}

/** The audio that a text is the transcript of, as long as the provider keeps it. */
export function audioOf(
  maker: string | undefined,
  signature: string | undefined,
): Json | undefined {
  const kept = parseJson(signatureFor('openai-chat', maker, signature) ?? '')
  const audio = isRecord(kept) && isRecord(kept.audio) ? kept.audio : undefined
  const id = textOf(audio?.id)
  if (id === undefined || Number(audio?.expires_at) * 1000 < Date.now()) return undefined
  return { id }
}
