/**
 * Which tool call a fragment belongs to.
 *
 * @module
 */

import type { ToolCallContent } from '../../types.js'
import { isRecord, type Json, textOf } from '../json.js'

interface Call {
  block: number
  id: string
  name: string
}

export class ToolCalls {
  readonly #calls = new Map<unknown, Call>()
  #last: Call | undefined

  get any(): boolean {
    return this.#last !== undefined
  }

  /**
   * @param fragment - one item of `delta.tool_calls`
   * @param begin - gives a new content block
   * @returns undefined for a fragment that says nothing
   */
  add(fragment: Json, begin: () => number): ToolCallContent | undefined {
    const called = isRecord(fragment.function) ? fragment.function : fragment
    const id = textOf(fragment.id)
    const name = textOf(called.name)
    const input = argumentsOf(called.arguments)
    let call = this.#find(fragment.index, id, name)
    if (call === undefined) {
      if (id === undefined && name === undefined && input === '') return undefined
      call = { block: begin(), id: id ?? `call_${this.#calls.size + 1}`, name: name ?? '' }
      this.#calls.set(keyOf(fragment.index, id) ?? call.id, call)
    } else {
      // The beginning was announced already: id and name repeated on later fragments say nothing new.
      if (input === '' && call.name !== '') return undefined
      call.name ||= name ?? ''
    }
    this.#last = call
    return {
      type: 'content',
      index: call.block,
      kind: 'tool-call',
      id: call.id,
      name: call.name,
      input,
    }
  }

  /** The key is the index, else the id, else the last call goes on. */
  #find(index: unknown, id: string | undefined, name: string | undefined): Call | undefined {
    const key = keyOf(index, id)
    if (key === undefined) return name === undefined ? this.#last : undefined
    const call = this.#calls.get(key)
    // Servers that number every parallel call 0 tell them apart by id.
    if (call !== undefined && id !== undefined && name !== undefined && id !== call.id)
      return undefined
    return call
  }
}

function keyOf(index: unknown, id: string | undefined): unknown {
  return typeof index === 'number' ? index : id
}

/** A string by the specification, null or an object from some servers. */
function argumentsOf(value: unknown): string {
  if (typeof value === 'string') return value
  return isRecord(value) ? JSON.stringify(value) : ''
}
