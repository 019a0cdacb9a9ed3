/**
 * What a server reports beside the answer, in its own words.
 *
 * @module
 */

import type { RawEnd } from '../../base/events.js'
import { isRecord, type Json } from '../../base/read-json.js'

/** Fields of a chunk and of a choice that have a place elsewhere, or none. */
const known =
  /^(id|object|created|model|choices|usage|error|obfuscation|p|index|delta|message|logprobs|token_ids|__proto__)$/

/** How many fields are kept. */
const maxFields = 64

/** The longest event whose fields are kept, in characters. */
const maxEventLength = 1024 * 1024

/** The length of the events whose log probabilities and token ids are collected, in characters. */
const maxCollected = 16 * 1024 * 1024

export class ReportedEnd {
  #fields: Json = {}
  #finish: Json | undefined
  #logprobs: Record<string, unknown[]> | undefined
  #tokenIds: unknown[] | undefined
  #collected = 0

  /** Keeps the fields of a chunk. A later value replaces an earlier one. */
  chunk(chunk: Json, length: number): void {
    if (length > maxEventLength || Object.keys(this.#fields).length > maxFields) return
    Object.assign(this.#fields, unknownOf(chunk))
  }

  /** Keeps the fields of a choice that has finished. */
  finish(choice: Json, length: number): void {
    if (length <= maxEventLength) this.#finish = unknownOf(choice)
  }

  /** Collects the log probabilities and the token ids of a choice. */
  tokens({ logprobs, token_ids: ids }: Json, length: number): void {
    if (!isRecord(logprobs) && !Array.isArray(ids)) return
    this.#collected += length
    if (this.#collected > maxCollected) return
    if (Array.isArray(ids)) append((this.#tokenIds ??= []), ids)
    if (!isRecord(logprobs)) return
    for (const [name, list] of Object.entries(logprobs)) {
      if (!Array.isArray(list)) continue
      // Without a prototype, whose fields a name could be.
      this.#logprobs ??= Object.create(null) as Record<string, unknown[]>
      append((this.#logprobs[name] ??= []), list)
    }
  }

  /** @param usage - as it was sent */
  end(usage: unknown): RawEnd | undefined {
    const fields = [
      ['usage', usage],
      ['finish', this.#finish],
      ['logprobs', this.#logprobs],
      ['token_ids', this.#tokenIds],
      ...Object.entries(this.#fields),
    ].filter(([, value]) => value !== undefined)
    return fields.length === 0 ? undefined : Object.fromEntries(fields)
  }
}

function unknownOf(record: Json): Json {
  const fields = Object.entries(record)
  return Object.fromEntries(
    fields.filter(([name, value]) => value !== null && value !== undefined && !known.test(name)),
  )
}

function append(list: unknown[], items: readonly unknown[]): void {
  for (const item of items) list.push(item)
}
