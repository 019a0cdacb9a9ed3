/**
 * Removes secrets from what is written to a cassette.
 *
 * @module
 */

import { decodeText } from '../../base/base64.js'
import { bytesOf, type CassetteChunk, type Interaction, toChunk } from './cassette-file.js'
import { isAddressHeader, isHarmlessHeader, isHarmlessParameter } from './harmless.js'
import { Secrets, type Span, toBinary, toBytes, windowLength } from './secrets.js'

export const scrubbed = '[scrubbed]'

/** Names whose values are secrets, whatever they look like. */
const secretName =
  /auth|key|token|secret|passw|cookie|credential|session|signature|\bsig$|assertion|bypass|dpop|jwt/i

/** Fields of bodies that are secrets, as in requests for tokens and their answers. */
const secretField =
  /\b(?:api[-_]?key|(?:access|refresh|id|session)_token|client_secret|password|private_key|assertion)\b["'\\\s:=]{1,12}([^"'\\\s&,;]{8,})/gi

/** Keys of well-known services, and JSON Web Tokens. */
const knownKey =
  /\b(?:(?:glpat|gh[opsu]|gsk|hf|nvapi|pk|pplx|r8|sk|xai)[-_][\w-]{20,}|AIza[\w-]{30,}|AKIA[A-Z\d]{16}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,})/g

/**
 * Replaces the values of all headers and query parameters that are not known to be harmless, and
 * the secrets among them wherever else they stand, in any interaction: whole, in part, encoded, and
 * across the borders of chunks.
 *
 * @param further - the user's own; it receives each text that is written
 */
export function scrub(
  interactions: readonly Interaction[],
  further: (text: string) => string,
): Interaction[] {
  const secrets = new Secrets()
  for (const interaction of interactions) collect(interaction, (text) => secrets.add(text))
  return interactions.map((each) => clean(each, secrets, further))
}

function collect({ request, response, failure }: Interaction, add: (secret: string) => void): void {
  const addAll = (name: string, value: string): void => {
    const isSecret = secretName.test(name)
    for (const part of partsOf(value)) {
      if (isSecret || looksSecret(part)) add(toBinary(part))
    }
  }
  const headers = [...Object.entries(request.headers), ...Object.entries(response?.headers ?? {})]
  for (const [name, value] of headers) {
    if (!isHarmlessHeader(name)) addAll(name, value)
    else if (isAddressHeader(name)) collectQuery(value, request.url, addAll)
  }
  collectQuery(request.url, request.url, addAll)
  const chunks = response?.chunks ?? []
  for (const text of [request.body, failure ?? '', chunks.map(textOf).join('')]) {
    for (const [, secret = ''] of text.matchAll(secretField)) addAll('secret', secret)
    for (const [secret] of text.matchAll(knownKey)) addAll('secret', secret)
  }
}

function collectQuery(
  address: string,
  base: string,
  add: (name: string, value: string) => void,
): void {
  for (const [name, value] of addressOf(address, base)?.searchParams ?? []) {
    if (!isHarmlessParameter(name)) add(name, value)
  }
}

/** The parts of a value that may be keys: without a scheme, and without the names of fields. */
function partsOf(value: string): string[] {
  const [, scheme = '', rest = ''] = /^([\w-]+) +([^;,]+)$/.exec(value) ?? []
  const login = /^basic$/i.test(scheme) ? (decodeText(rest) ?? '') : ''
  const fields = value.split(/[\s;,&]+/).map((field) => {
    const inner = /^[\w.$-]+=(.*)$/.exec(field)?.[1] ?? ''
    // Otherwise the sign is the padding of base64.
    return inner.length >= windowLength ? inner : field
  })
  return [rest, login, ...login.split(':'), ...fields]
}

/** Whether a value under a name that reveals nothing is a key, not a word, a model or an address. */
function looksSecret(value: string): boolean {
  return /^[^\s:/]+$/.test(value) && /\d/.test(/\w{10,}/.exec(value)?.[0] ?? '')
}

function clean(
  { request, response, failure }: Interaction,
  secrets: Secrets,
  further: (text: string) => string,
): Interaction {
  const text = (value: string): string => further(replace(value, secrets))
  const address = (value: string): string => text(withoutQuery(value, request.url))
  const headers = (all: Record<string, string>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(all).map(([name, value]) => {
        if (!isHarmlessHeader(name)) return [name, scrubbed]
        return [name, isAddressHeader(name) ? address(value) : text(value)]
      }),
    )
  return {
    request: {
      method: request.method,
      url: address(request.url),
      headers: headers(request.headers),
      body: text(request.body),
    },
    ...(response && {
      response: {
        status: response.status,
        headers: headers(response.headers),
        chunks: cleanChunks(response.chunks, secrets).map((chunk) =>
          'text' in chunk ? { ...chunk, text: further(chunk.text) } : chunk,
        ),
        end: response.end,
      },
    }),
    ...(failure === undefined ? {} : { failure: text(failure) }),
  }
}

/** An address with the values of its harmless parameters only. The fragment goes. */
function withoutQuery(address: string, base: string): string {
  const url = addressOf(address, base)
  if (url === undefined) return scrubbed
  const query = [...url.searchParams].map(([name, value]) => {
    return `${encodeURIComponent(name)}=${isHarmlessParameter(name) ? encodeURIComponent(value) : scrubbed}`
  })
  const [path] = address.split(/[?#]/, 1)
  return query.length === 0 ? String(path) : `${path}?${query.join('&')}`
}

function addressOf(address: string, base: string): URL | undefined {
  try {
    return new URL(address, base)
  } catch {
    return undefined
  }
}

function replace(text: string, secrets: Secrets): string {
  const binary = toBinary(text)
  const spans = secrets.find(binary)
  if (spans.length === 0) return text
  return new TextDecoder().decode(toBytes(cut(binary, 0, spans)))
}

/** The chunks keep their borders: a secret is replaced in the chunk in which it begins. */
function cleanChunks(chunks: readonly CassetteChunk[], secrets: Secrets): CassetteChunk[] {
  const binaries = chunks.map(binaryOf)
  const spans = secrets.find(binaries.join(''))
  if (spans.length === 0) return [...chunks]
  let start = 0
  return chunks.map(({ afterMs }, index) => {
    const binary = binaries[index] as string
    const cleaned = cut(binary, start, spans)
    start += binary.length
    return toChunk(toBytes(cleaned), afterMs)
  })
}

/**
 * A piece of a text without the spans.
 *
 * @param start - of the piece in the text that the spans are of
 */
function cut(piece: string, start: number, spans: readonly Span[]): string {
  const end = start + piece.length
  let result = ''
  let at = start
  for (const [from, to] of spans) {
    if (to <= start || from >= end) continue
    result += piece.slice(at - start, Math.max(from, start) - start)
    if (from >= start) result += scrubbed
    at = Math.min(to, end)
  }
  return result + piece.slice(at - start)
}

function binaryOf(chunk: CassetteChunk): string {
  return 'text' in chunk ? toBinary(chunk.text) : atob(chunk.base64)
}

function textOf(chunk: CassetteChunk): string {
  return new TextDecoder().decode(bytesOf(chunk))
}
