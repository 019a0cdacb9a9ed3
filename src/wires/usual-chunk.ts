/**
 * Reads the usual chunk of an answer, which differs from the one before only in its text, without
 * parsing it. Parsing takes most of the CPU time of a token.
 *
 * @module
 */

import { parseJson } from '../base/parse-json.js'
import { isRecord, type Json } from '../base/read-json.js'

/** `filler` is a string without a meaning. */
type Kind = 'text' | 'filler' | 'number'

/** A value that differs from chunk to chunk, after characters that do not. */
interface Place {
  readonly before: string
  readonly kind: Kind
}

/** Reads a value of a chunk. */
type ReadValue = (chunk: Json) => unknown

/** How many chunks may be learned in vain: half of it. */
const patience = 16

/**
 * Holds a chunk that was parsed, as the characters between the values that differ. A chunk with the
 * same characters, and with any valid string or number at each of these places, would be parsed to
 * the same object with those values.
 */
export class UsualChunk {
  readonly #varying: Readonly<Record<string, Kind>>
  #places: readonly Place[] = []
  /** What follows the last place, without the last brace and the blanks before it. */
  #tail = ''
  #patience = patience
  /** The first chunk that is learned: the first texts are not delayed, and a short answer gains nothing. */
  #delay = 3
  /** The number in the last chunk; undefined if it has none. */
  number: number | undefined

  /** @param varying - the values beside the text that differ, by the name they have in a chunk */
  constructor(varying: Readonly<Record<string, Kind>> = {}) {
    this.#varying = varying
  }

  /**
   * The text of a chunk. Undefined for one that has to be parsed: then the chunk that was learned is
   * forgotten, because the new one may change what it means.
   */
  read(data: string): string | undefined {
    if (this.#places.length === 0) return undefined
    const text = this.#read(data)
    if (text === undefined) this.#places = []
    else if (this.#patience < patience) this.#patience++
    return text
  }

  /**
   * Learns a chunk that was parsed. Coming again with another text, it MUST change nothing but add
   * that text.
   */
  learn(data: string, chunk: Json, textOf: ReadValue): void {
    if (this.#patience <= 0 || --this.#delay > 0) return
    this.#patience -= 2
    this.number = undefined
    const text = textOf(chunk)
    if (typeof text !== 'string') return
    const values = [valueAt(data.indexOf(JSON.stringify(text)), text, 'text', textOf)]
    for (const [name, kind] of Object.entries(this.#varying)) {
      const value = chunk[name]
      if (value === undefined) continue
      const start = data.indexOf(
        JSON.stringify(value),
        data.indexOf(`"${name}":`) + name.length + 3,
      )
      values.push(valueAt(start, value, kind, (other) => other[name]))
    }
    values.sort((one, other) => one.start - other.start)
    const places: Place[] = []
    let sample = ''
    let from = 0
    for (const { kind, start, end, json } of values) {
      const before = data.slice(from, start)
      places.push({ before: copyOf(before), kind })
      sample += before + json
      from = end
    }
    const tail = data.slice(from, -1).trimEnd()
    const other = parseJson(`${sample}${tail}}`)
    // Wherever these places are, they are right if a change there changes the values.
    if (!isRecord(other) || values.some((value) => value.read(other) !== value.other)) return
    this.#places = places
    this.#tail = copyOf(tail)
  }

  #read(data: string): string | undefined {
    let text: string | undefined
    let at = 0
    for (const { before, kind } of this.#places) {
      const start = at + before.length
      // Faster than startsWith().
      if (data.slice(at, start) !== before) return undefined
      at = kind === 'number' ? numberEnd(data, start) : stringEnd(data, start, kind === 'text')
      if (at === -1) return undefined
      if (kind === 'number') this.number = Number(data.slice(start, at))
      else if (kind === 'text') {
        text = stringOf(data, start, at)
        if (text === undefined) return undefined
      }
    }
    const end = at + this.#tail.length
    let last = data.length - 1
    if (data.slice(at, end) !== this.#tail || data.charCodeAt(last) !== 0x7d) return undefined
    // Anthropic puts blanks before the last brace.
    while (last > end && data.charCodeAt(last - 1) === 0x20) last--
    return last === end ? text : undefined
  }
}

interface Value {
  kind: Kind
  read: ReadValue
  /** Where its characters are in the data, without the quotes of a string. */
  start: number
  end: number
  /** Another value, and its characters. */
  other: unknown
  json: string
}

function valueAt(position: number, value: unknown, kind: Kind, read: ReadValue): Value {
  const quote = kind === 'number' ? 0 : 1
  const other = kind === 'number' ? Number(value) + 1 : `${String(value)}.`
  const json = JSON.stringify(other)
  const start = position + quote
  const end = position + JSON.stringify(value).length - quote
  return { kind, read, start, end, other, json: json.slice(quote, json.length - quote) }
}

/** A string that keeps no longer one in memory. */
function copyOf(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string
}

/** The position of the quote that ends a string; -1 for a control character, and without a quote. */
function stringEnd(data: string, start: number, escapes: boolean): number {
  for (let at = start; ; at++) {
    const code = data.charCodeAt(at)
    if (code === 0x22) return at
    if (code === 0x5c && escapes) at++
    else if (!(code >= 0x20) || code === 0x5c) return -1
  }
}

/** The position after an integer that is exact; -1 for anything else. */
function numberEnd(data: string, start: number): number {
  let at = start
  while (data.charCodeAt(at) >= 0x30 && data.charCodeAt(at) <= 0x39) at++
  const length = at - start
  const isValid = length === 1 || (length > 1 && length < 16 && data.charCodeAt(start) !== 0x30)
  return isValid ? at : -1
}

/** The longest string that V8 copies instead of keeping the longer one that it is a part of. */
const longestCopy = 12

/** The string between two quotes; undefined for one that is not valid. */
function stringOf(data: string, start: number, end: number): string | undefined {
  const text = data.slice(start, end)
  if (text.length <= longestCopy && !text.includes('\\')) return text
  return parseJson(`"${text}"`) as string | undefined
}
