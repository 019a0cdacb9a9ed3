/**
 * Which output item an event belongs to.
 *
 * @module
 */

import type { FileContent } from '../../base/content-kinds.js'
import { type Json, textOf } from '../../base/read-json.js'

/** One item of the answer. */
export interface Item {
  readonly type: unknown
  readonly id: string | undefined
  /** Its `output_index`. */
  readonly position: number | undefined
  /** Our content blocks, under the index that the item's parts have on the wire. */
  readonly blocks: Map<unknown, number>
  /** `output_item.done` was read. */
  done: boolean
  /** Sources came as events of their own. */
  annotated: boolean
  /** Reasoning: whether its text is a summary or the raw one; the first that comes counts. */
  shows: 'summary' | 'raw' | undefined
  /** A call: what is needed to show it. */
  callId: string | undefined
  name: string | undefined
  /** A call: arguments that wait for its name. */
  held: string
  /** A call: arguments that were there from the start. */
  whole: string
  /** A call: arguments came. */
  filled: boolean
  /** A message, or an item without a kind of its own: what is known of it. */
  data: Json | undefined
  /** An image: the last preview. */
  preview: FileContent | undefined
}

/**
 * Items are known under their `output_index` and under their id, since servers leave out the one or the other: llama.cpp sends no
 * index, GitHub Copilot another id with each event.
 */
export class Items {
  readonly all: Item[] = []
  readonly #byPosition = new Map<number, Item>()
  readonly #byId = new Map<string, Item>()
  readonly #calls = new Map<unknown, Item>()
  readonly #last = new Map<unknown, Item>()

  open(type: unknown, outputIndex: unknown, itemId: unknown, callId?: unknown): Item {
    const position = typeof outputIndex === 'number' ? outputIndex : undefined
    const id = textOf(itemId)
    const item: Item = {
      type,
      id,
      position,
      blocks: new Map(),
      done: false,
      annotated: false,
      shows: undefined,
      callId: textOf(callId),
      name: undefined,
      held: '',
      whole: '',
      filled: false,
      data: undefined,
      preview: undefined,
    }
    this.all.push(item)
    if (position !== undefined) this.#byPosition.set(position, item)
    if (id !== undefined) this.#byId.set(id, item)
    if (item.callId !== undefined) this.#calls.set(item.callId, item)
    this.#last.set(type, item)
    return item
  }

  find(type: unknown, outputIndex: unknown, itemId: unknown): Item | undefined {
    const position = typeof outputIndex === 'number' ? outputIndex : undefined
    const id = textOf(itemId)
    let here = position === undefined ? undefined : this.#byPosition.get(position)
    if (here?.type !== type) here = undefined
    if (here !== undefined && (id === undefined || here.id === id)) return here
    let named = id === undefined ? undefined : this.#byId.get(id)
    if (named?.type !== type) named = undefined
    // With two to choose from the index counts, unless a server gives each item the same one.
    if (here === undefined ? named !== undefined : named?.position === position) return named
    if (here !== undefined) return here
    const last = this.#last.get(type)
    if (last === undefined || last.done) return undefined
    return position === undefined || last.position === undefined ? last : undefined
  }

  /** The item that an event speaks of; one whose beginning never came begins here. */
  of(type: unknown, event: Json): Item {
    const { output_index: position, item_id: id } = event
    return this.find(type, position, id) ?? this.open(type, position, id)
  }

  /** The call of that `call_id`, unless it is done. */
  call(type: unknown, callId: unknown): Item | undefined {
    const call = this.#calls.get(callId)
    return call !== undefined && call.type === type && !call.done ? call : undefined
  }

  /** The types of the items that there is content of so far. */
  shown(): Set<unknown> {
    const types = new Set<unknown>()
    for (const { type, blocks } of this.all) if (blocks.size > 0) types.add(type)
    return types
  }
}
