/**
 * The content of a cassette: requests and their responses, byte for byte and with their timing, in a
 * JSON file that a person can read and edit.
 *
 * @module
 */

import { toBase64 } from '../../base/base64.js'

/** The content that `record` writes and `replay` plays. */
export interface Cassette {
  version: 1
  /** In the order of the requests. */
  interactions: Interaction[]
}

/** A request and its response. */
export interface Interaction {
  request: {
    method: string
    url: string
    headers: Record<string, string>
    body: string
  }
  /** Absent if the request failed before a response began; then `failure` has the reason. */
  response?: {
    status: number
    headers: Record<string, string>
    chunks: CassetteChunk[]
    /** `complete`: the body ended. `failed`: it broke off. `left`: the client disconnected first. */
    end: 'complete' | 'failed' | 'left'
  }
  failure?: string
}

/** One network chunk: text if it consists of whole characters, else base64. */
export type CassetteChunk = {
  /** After the previous chunk, or after the headers, in milliseconds. */
  afterMs: number
} & ({ text: string } | { base64: string })

export function toChunk(bytes: Uint8Array, afterMs: number): CassetteChunk {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { afterMs, text }
  } catch {
    return { afterMs, base64: toBase64(bytes) }
  }
}

export function bytesOf(chunk: CassetteChunk): Uint8Array<ArrayBuffer> {
  if ('text' in chunk) return new TextEncoder().encode(chunk.text)
  return Uint8Array.from(atob(chunk.base64), (character) => character.charCodeAt(0))
}

/** @throws TypeError for anything but a cassette */
export function parseCassette(text: string, file: string): Cassette {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new TypeError(`The cassette ${file} is not JSON. Record it again.`, { cause })
  }
  const cassette = value as Partial<Cassette> | null
  if (cassette?.version === 1 && Array.isArray(cassette.interactions)) return cassette as Cassette
  throw new TypeError(`${file} is not a cassette of version 1. Record it again.`)
}
