/**
 * What Gemini says about an answer in its own words.
 *
 * @module
 * @see https://ai.google.dev/api/generate-content#v1beta.Candidate
 */

import type { RawEnd } from '../../base/events.js'
import { isRecord, type Json } from '../../base/read-json.js'

/** Fields of a response and its candidate that are read elsewhere. */
const known = new Set([
  'candidates',
  'usageMetadata',
  'modelVersion',
  'responseId',
  'error',
  'content',
  'index',
  'logprobsResult',
  'avgLogprobs',
])

/** Fields of a candidate that stand on their own, because they do not explain the finish reason. */
const notes = new Set(['groundingMetadata', 'urlContextMetadata', 'citationMetadata'])

const counts = ['totalTokenCount', 'promptTokenCount', 'candidatesTokenCount']

/** More names than the API has. A body with more of them has gone wrong. */
const maxNames = 64
/** More log probabilities than the longest answer has. */
const maxLogprobs = 200_000

/** Each chunk repeats and extends what came before, so the last value of a name counts. */
export class RawRecord {
  /** The counts so far. Vertex AI sends an object without counts until the end. */
  usage: unknown
  #finish = new Map<string, unknown>()
  #other = new Map<string, unknown>()
  #logprobs: Map<string, unknown> | undefined
  #room = maxLogprobs

  /** @param chunk - a whole response */
  response(chunk: Json): void {
    for (const name in chunk) {
      if (!known.has(name)) keep(this.#other, name, chunk[name])
    }
  }

  countUsage(usage: Json): void {
    if (this.usage === undefined || counts.some((name) => usage[name] !== undefined)) {
      this.usage = usage
    }
  }

  candidate(candidate: Json): void {
    for (const name in candidate) {
      if (known.has(name)) continue
      keep(notes.has(name) ? this.#other : this.#finish, name, candidate[name])
    }
    const { logprobsResult, avgLogprobs } = candidate
    if (isRecord(logprobsResult)) this.#join(logprobsResult)
    if (typeof avgLogprobs === 'number') this.#set('avgLogprobs', avgLogprobs)
  }

  /** Undefined if nothing was said. */
  get(): RawEnd | undefined {
    const raw: RawEnd = Object.fromEntries(this.#other)
    if (this.usage !== undefined) raw.usage = this.usage
    if (this.#finish.size > 0) raw.finish = Object.fromEntries(this.#finish)
    if (this.#logprobs !== undefined) raw.logprobs = Object.fromEntries(this.#logprobs)
    return Object.keys(raw).length === 0 ? undefined : raw
  }

  /** Each chunk has the lists for its own tokens. */
  #join(result: Json): void {
    for (const [name, value] of Object.entries(result)) {
      const list = this.#logprobs?.get(name)
      if (!Array.isArray(value)) this.#set(name, value)
      else {
        const added = value.slice(0, this.#room)
        this.#room -= added.length
        if (Array.isArray(list)) for (const item of added) list.push(item)
        else this.#set(name, added)
      }
    }
  }

  #set(name: string, value: unknown): void {
    this.#logprobs ??= new Map()
    keep(this.#logprobs, name, value)
  }
}

/** An empty value says nothing. */
function keep(fields: Map<string, unknown>, name: string, value: unknown): void {
  if (value === undefined || value === null || value === '') return
  if (fields.size < maxNames || fields.has(name)) fields.set(name, value)
}
