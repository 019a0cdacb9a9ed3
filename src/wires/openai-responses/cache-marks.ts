/**
 * Marks of what may be cached.
 *
 * @module
 * @see https://developers.openai.com/api/docs/guides/prompt-caching
 */

import type { CacheMark } from '../../base/messages.js'
import { isRecord, type Json } from '../../base/read-json.js'

/** The number of prefixes that one request can write to the cache. */
const maxMarks = 4

/**
 * The breakpoints of one request. They stand on text, images and files for the model; nothing else
 * takes them. Models without breakpoints cache by themselves, and refuse the field.
 */
export class CacheMarks {
  readonly #isTaken: boolean
  readonly #marked: Json[] = []

  /** @param isTaken - the model has breakpoints */
  constructor(isTaken = false) {
    this.#isTaken = isTaken
  }

  /** Whether the mark is one for this model. */
  takes(cache: CacheMark | undefined): cache is CacheMark {
    return this.#isTaken && cache !== undefined
  }

  /** Marks a part, which is changed, so it must be in no other request. */
  part(part: Json, cache: CacheMark | undefined): void {
    // The caller's own breakpoint counts.
    if (!this.takes(cache) || part.prompt_cache_breakpoint !== undefined) return
    // Of the two lifetimes that the API has, half an hour is the default.
    const ttl = cache === '1h' ? { ttl: '12h' } : {}
    part.prompt_cache_breakpoint = { mode: 'explicit', ...ttl }
    this.#marked.push(part)
  }

  /** Marks the end of a user's message or of a result, whose text becomes a part for that. */
  end(item: Json, cache: CacheMark | undefined): void {
    if (!this.takes(cache)) return
    const name = item.type === 'message' ? 'content' : 'output'
    const text = item[name]
    if (typeof text === 'string') item[name] = [{ type: 'input_text', text }]
    const parts = item[name]
    const last: unknown = Array.isArray(parts) ? parts.at(-1) : undefined
    if (isRecord(last)) this.part(last, cache)
  }

  /** Drops the first marks if there are too many. */
  limit(): void {
    for (const part of this.#marked.slice(0, -maxMarks)) delete part.prompt_cache_breakpoint
  }
}
