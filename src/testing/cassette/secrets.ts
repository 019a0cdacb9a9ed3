/**
 * Finds secrets in text, whole or in part, and in the spellings of JSON, URLs and base64.
 *
 * Texts and secrets are binary strings here, one character a byte, so that the bytes of a body can
 * be searched whatever they are.
 *
 * @module
 */

/**
 * So many characters of a secret in a row are a part of it. Providers quote a part of a bad key in
 * their errors. A shorter part is found in places where it is no secret.
 */
export const windowLength = 8

/** A part of a text: from its first character up to, and without, the other. */
export type Span = [start: number, end: number]

export class Secrets {
  readonly #windows = new Set<string>()
  /** Whether a window begins with these two bytes. Most places of a text are ruled out by it. */
  readonly #pairs = new Uint8Array(65_536)

  /** Shorter secrets than a window are left alone. */
  add(secret: string): void {
    if (secret.length < windowLength) return
    for (const form of [secret, ...base64Forms(secret)]) {
      for (let at = 0; at + windowLength <= form.length; at++) {
        this.#windows.add(form.slice(at, at + windowLength))
        this.#pairs[pairAt(form, at)] = 1
      }
    }
    this.#pairs[pairAt(secret, 0)] = 2
  }

  /** In order, and apart from each other. */
  find(text: string): Span[] {
    if (this.#windows.size === 0) return []
    const found = [...this.#findWindows(text), ...this.#findMasked(text)]
    // Most texts have nothing that could be decoded.
    if (/[\\%]/.test(text)) {
      const { characters, starts } = decoded(text)
      for (const [start, end] of this.#findWindows(characters)) {
        found.push([starts[start] as number, starts[end] as number])
      }
    }
    return joined(found)
  }

  #findWindows(text: string): Span[] {
    const found: Span[] = []
    for (let at = 0; at + windowLength <= text.length; at++) {
      if (this.#pairs[pairAt(text, at)] === 0) continue
      const end = at + windowLength
      if (this.#windows.has(text.slice(at, end))) found.push([at, end])
    }
    return found
  }

  /** A secret whose middle is hidden, such as `sk-ab****wxyz`. */
  #findMasked(text: string): Span[] {
    const masked = /[\w-]{2,64}(?:\*{3,}|\.{3,})[\w-]{0,64}/g
    return [...text.matchAll(masked)]
      .filter(([match]) => this.#pairs[pairAt(match, 0)] === 2)
      .map(({ 0: match, index }) => [index, index + match.length])
  }
}

function pairAt(text: string, at: number): number {
  return (text.charCodeAt(at) << 8) | text.charCodeAt(at + 1)
}

/**
 * A text without the escapes of JSON, of JSON inside JSON, and of URLs.
 *
 * @returns the text, and where each of its characters begins in the original
 */
function decoded(text: string): { characters: string; starts: Uint32Array } {
  const starts = new Uint32Array(text.length + 1)
  const parts: string[] = []
  let length = 0
  let at = 0
  const copy = (end: number): void => {
    parts.push(text.slice(at, end))
    while (at < end) starts[length++] = at++
  }
  const escapes = /\\+(?:u00([0-9a-f]{2})|([^\\]))|%([0-9a-f]{2})/gi
  for (const { 0: match, 1: unicode, 2: escaped, 3: percent, index } of text.matchAll(escapes)) {
    copy(index)
    parts.push(escaped ?? String.fromCharCode(Number.parseInt(unicode ?? percent ?? '', 16)))
    starts[length++] = at
    at += match.length
  }
  copy(text.length)
  starts[length] = text.length
  return { characters: parts.join(''), starts }
}

/**
 * The characters of base64 that stand for the secret alone, wherever it begins in a group of three
 * bytes, in both alphabets.
 */
function base64Forms(secret: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const base64 = btoa('\0'.repeat(offset) + secret)
    const start = Math.ceil((offset * 8) / 6)
    const form = base64.slice(start, Math.floor(((offset + secret.length) * 8) / 6))
    return [form, form.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

function joined(spans: Span[]): Span[] {
  const result: Span[] = []
  for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = result.at(-1)
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end)
    else result.push([start, end])
  }
  return result
}

/** A text as a binary string of its UTF-8. */
export function toBinary(text: string): string {
  let binary = ''
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte)
  return binary
}

export function toBytes(binary: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
