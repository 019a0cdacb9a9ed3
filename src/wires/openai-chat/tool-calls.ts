/**
 * Which tool call a fragment belongs to.
 *
 * @module
 */

import type { ToolCallContent } from '../../types.js'
import { isRecord, type Json, textOf } from '../json.js'

interface Call {
  /** Undefined until there is something to show of it. */
  block: number | undefined
  id: string
  name: string
  arguments: string
}

export class ToolCalls {
  readonly #calls = new Map<unknown, Call>()
  #last: Call | undefined

  get any(): boolean {
    return this.#last?.block !== undefined
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
    let call = this.#find(fragment.index, id, name, input)
    if (call === undefined) {
      if (id === undefined && name === undefined && input === '') return undefined
      call = { block: undefined, id: id ?? newId(), name: name ?? '', arguments: '' }
      this.#calls.set(keyOf(fragment.index, id) ?? call.id, call)
    } else {
      // The beginning was announced already: id and name repeated on later fragments say nothing new.
      if (input === '' && call.name !== '') return undefined
      call.name ||= name ?? ''
    }
    this.#last = call
    call.arguments += input
    // An id alone: the name, which has to be on the first event, is still to come.
    if (call.name === '' && input === '') return undefined
    call.block ??= begin()
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
  #find(
    index: unknown,
    id: string | undefined,
    name: string | undefined,
    input: string,
  ): Call | undefined {
    const key = keyOf(index, id)
    if (key === undefined) return name === undefined ? this.#last : undefined
    const call = this.#calls.get(key)
    if (call === undefined || id === undefined || id === call.id) return call
    // Servers that number every parallel call 0 send each of them whole. Others change the id with every fragment of one call.
    return name !== undefined && input !== '' && isJson(call.arguments) ? undefined : call
  }
}

function keyOf(index: unknown, id: string | undefined): unknown {
  return typeof index === 'number' ? index : id
}

/** For servers that send no id. Results are matched by it in a whole conversation, so it has to be another one each time. */
function newId(): string {
  return `call_${Math.random().toString(36).slice(2)}`
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** A string by the specification, null or an object from some servers. */
function argumentsOf(value: unknown): string {
  if (typeof value === 'string') return value
  return isRecord(value) ? JSON.stringify(value) : ''
}
