/**
 * Content blocks that only the provider understands, such as those of its own tools.
 *
 * @module
 */

import { exceededBound } from '../../base/json-bounds.js'
import { isRecord, type Json } from '../../base/read-json.js'

/**
 * A block whose deltas are merged without knowing their kinds, so that a kind that is added later
 * comes whole too.
 */
export class ProviderBlock {
  readonly name: string
  /** A block that answers another one has nothing to come: its result is in its start. */
  readonly isResult: boolean
  readonly #start: Json
  /** A map, because names come from the provider: `__proto__` is one like any other. */
  #fields: Map<string, unknown> | undefined
  /** The JSON of `input`; undefined if none of it came in fragments. */
  #input: string | undefined

  constructor(name: string, start: Json) {
    this.name = name
    this.isResult = typeof start.tool_use_id === 'string'
    this.#start = start
  }

  /** Whether the block began with this field. */
  has(field: string): boolean {
    return Object.hasOwn(this.#start, field)
  }

  add(delta: Json): void {
    if (delta.type === 'input_json_delta') {
      const { partial_json } = delta
      const takes = this.has('input') || this.name.endsWith('tool_use')
      if (takes && typeof partial_json === 'string') {
        this.#input = (this.#input ?? '') + partial_json
      }
      return
    }
    this.#fields ??= new Map(Object.entries(this.#start))
    // A summary comes in one piece, and its signature too.
    const isWhole = delta.type === 'compaction_delta' || delta.type === 'signature_delta'
    for (const [name, value] of Object.entries(delta)) {
      if (name === 'type') continue
      const before = this.#fields.get(name)
      const grows = !isWhole && typeof before === 'string' && typeof value === 'string'
      this.#fields.set(name, grows ? before + value : value)
    }
  }

  get changed(): boolean {
    return this.#fields !== undefined || this.#input !== undefined
  }

  /** The block so far. What an earlier call returned does not change. */
  read(): Json {
    if (!this.changed) return this.#start
    const fields = new Map(this.#fields ?? Object.entries(this.#start))
    if (this.#input !== undefined) {
      // At the end, where the provider's own SDK has it.
      fields.delete('input')
      fields.set('input', parseInput(this.#input, this.#start.input))
    }
    return Object.fromEntries(fields)
  }
}

/** @param whole - the input that came with the start, which counts if no fragment holds anything */
function parseInput(json: string, whole: unknown): unknown {
  if (json.trim() === '') return isRecord(whole) ? whole : {}
  try {
    if (exceededBound(json) === undefined) return JSON.parse(json)
  } catch {
    // The answer was cut off within the input.
  }
  return { invalid_json: json }
}
