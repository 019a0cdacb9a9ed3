/**
 * What a cassette holds: requests and the responses to them, byte for byte and with their timing, as a JSON file that a person can
 * read and change.
 *
 * @module
 */

/** What `record` writes and `replay` plays. */
export interface Cassette {
  version: 1
  /** In the order in which they were asked. */
  interactions: Interaction[]
}

/** A request and what came back. */
export interface Interaction {
  request: {
    method: string
    url: string
    headers: Record<string, string>
    body: string
  }
  /** Absent where the request failed before an answer came; then `failure` says how. */
  response?: {
    status: number
    headers: Record<string, string>
    chunks: CassetteChunk[]
    /** `complete`: the body ended. `failed`: it broke off. `left`: the client left before its end. */
    end: 'complete' | 'failed' | 'left'
  }
  failure?: string
}

/** One network chunk: as text where it is whole characters, as base64 where it is not. */
export type CassetteChunk = {
  /** After the one before it, or after the headers, in milliseconds. */
  afterMs: number
} & ({ text: string } | { base64: string })

export function toChunk(bytes: Uint8Array, afterMs: number): CassetteChunk {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { afterMs, text }
  } catch {
    let binary = ''
    for (const byte of bytes) binary += String.fromCharCode(byte)
    return { afterMs, base64: btoa(binary) }
  }
}

export function bytesOf(chunk: CassetteChunk): Uint8Array<ArrayBuffer> {
  if ('text' in chunk) return new TextEncoder().encode(chunk.text)
  return Uint8Array.from(atob(chunk.base64), (character) => character.charCodeAt(0))
}

/** @throws TypeError for anything else than a cassette */
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
