/**
 * Arguments of a call that Vertex streams as values at paths, written as the next fragments of one JSON text.
 *
 * @module
 * @see https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling
 */

import { failureOf, type StreamError } from '../../base/errors.js'
import type { Json } from '../../base/read-json.js'

type Segment = string | number

/** An object or an array that has been opened and not yet closed. */
interface Level {
  /** The keys so far; undefined for an array. */
  keys: Set<string> | undefined
  /** The key or index that was written last; undefined while it is empty. */
  last: Segment | undefined
}

/** How many elements of arrays a call may leave out; they become null. */
const maxGaps = 1_000

/**
 * A model writes its arguments from left to right, so each path lies in what is still open and the text never has to be
 * rewritten. The work is linear in the arguments.
 */
export class PartialArguments {
  readonly #provider: string
  #levels: Level[] = []
  /** The path that was written last, as it came. */
  #path: string | undefined
  /** The value at that path is a string whose closing quote has not been written. */
  #inString = false
  #gaps = 0

  constructor(provider: string) {
    this.#provider = provider
  }

  /** Nothing has been written. */
  get empty(): boolean {
    return this.#path === undefined
  }

  /**
   * @returns the next fragment of the text; empty for an item that says nothing
   * @throws StreamError `protocol` for a path that cannot be read, or that leads back to what has been closed
   */
  write({ jsonPath, ...value }: Json): string {
    const text = valueOf(value)
    if (typeof jsonPath !== 'string' || text === undefined) return ''
    const isString = typeof value.stringValue === 'string'
    if (jsonPath === this.#path) return this.#inString && isString ? text : ''
    const path = parsePath(jsonPath)
    if (path === undefined) throw this.#refuse(jsonPath)
    let fragment = this.#endString()
    fragment += this.#moveTo(path, jsonPath)
    this.#path = jsonPath
    this.#inString = isString
    return fragment + (isString ? `"${text}` : text)
  }

  /** The rest of the text, after which it is whole. */
  close(): string {
    if (this.empty) return '{}'
    return this.#endString() + this.#closeLevels(0)
  }

  #endString(): string {
    const quote = this.#inString ? '"' : ''
    this.#inString = false
    return quote
  }

  #moveTo(path: readonly Segment[], jsonPath: string): string {
    let shared = 0
    while (shared < path.length && this.#levels[shared]?.last === path[shared]) shared++
    // It leads to a whole object or array, parts of which have been written, or into a plain value.
    if (shared === path.length || (shared > 0 && shared === this.#levels.length)) {
      throw this.#refuse(jsonPath)
    }
    let fragment = this.#closeLevels(shared + 1)
    for (const [depth, segment] of path.entries()) {
      if (depth < shared) continue
      let level = this.#levels[depth]
      if (level === undefined) {
        level = { keys: typeof segment === 'string' ? new Set() : undefined, last: undefined }
        this.#levels.push(level)
        fragment += level.keys === undefined ? '[' : '{'
      }
      const member = this.#addMember(level, segment)
      if (member === undefined) throw this.#refuse(jsonPath)
      fragment += member
    }
    return fragment
  }

  /** What stands before the value of a new member; undefined if it does not belong there. */
  #addMember(level: Level, segment: Segment): string | undefined {
    const { keys, last } = level
    const comma = last === undefined ? '' : ','
    level.last = segment
    if (typeof segment === 'string') {
      if (keys === undefined || keys.has(segment)) return undefined
      keys.add(segment)
      return `${comma}${JSON.stringify(segment)}:`
    }
    const gap = segment - (typeof last === 'number' ? last + 1 : 0)
    this.#gaps += gap
    if (keys !== undefined || gap < 0 || this.#gaps > maxGaps) return undefined
    return comma + 'null,'.repeat(gap)
  }

  #closeLevels(depth: number): string {
    let brackets = ''
    while (this.#levels.length > depth) {
      brackets += this.#levels.pop()?.keys === undefined ? ']' : '}'
    }
    return brackets
  }

  #refuse(jsonPath: string): StreamError {
    const what = `the arguments of a call do not continue at the path ${jsonPath.slice(0, 200)}.`
    return failureOf(this.#provider, 'protocol', what)
  }
}

/** The value as JSON, a string without its quotes; undefined where the item has none, as at the end of a value. */
function valueOf({ stringValue, numberValue, boolValue, nullValue }: Json): string | undefined {
  if (typeof stringValue === 'string') return JSON.stringify(stringValue).slice(1, -1)
  if (typeof numberValue === 'number') return JSON.stringify(numberValue)
  if (typeof boolValue === 'boolean') return String(boolValue)
  return nullValue === undefined ? undefined : 'null'
}

/** `.name`, `[0]`, `['name']` or `["name"]` */
const segmentPattern =
  /\.([^.[\]]+)|\[(\d{1,9})\]|\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/sy

/** The segments behind `$`, of which the first has to be a name. */
function parsePath(jsonPath: string): Segment[] | undefined {
  if (!jsonPath.startsWith('$')) return undefined
  const path: Segment[] = []
  segmentPattern.lastIndex = 1
  while (segmentPattern.lastIndex < jsonPath.length) {
    const match = segmentPattern.exec(jsonPath)
    if (match === null) return undefined
    const [, name, index, single, double] = match
    if (index !== undefined) path.push(Number(index))
    else path.push(name ?? (single ?? double ?? '').replace(/\\(.)/gs, '$1'))
  }
  return typeof path[0] === 'string' ? path : undefined
}
