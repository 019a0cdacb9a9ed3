/**
 * Which tool call a fragment belongs to.
 *
 * @module
 */

import type { ToolCallContent } from '../../base/events.js'
import { JsonEnd } from '../../base/json-end.js'
import { newCallId } from '../call-id.js'
import { isRecord, type Json, textOf } from '../read-json.js'
import { sign } from '../signature.js'

interface Call {
  /** Undefined until it is shown. */
  block: number | undefined
  id: string | undefined
  name: string
  custom: boolean
  /** Whether any arguments have come. */
  filled: boolean
  /** The part of the arguments that has not been shown. */
  held: string
  /** The part of the arguments that `end` has not read yet. */
  unread: string
  readonly end: JsonEnd
  /** It may be a call of its own or a repeated beginning: what comes next tells. */
  doubtful: boolean
}

export class ToolCalls {
  readonly #begin: () => number
  readonly #calls = new Map<unknown, Call>()
  /** Calls that have not been shown. */
  readonly #waiting = new Set<Call>()
  #last: Call | undefined
  /** There is a call to answer. */
  any = false

  /** @param begin - gives a new content block */
  constructor(begin: () => number) {
    this.#begin = begin
  }

  /**
   * @param fragment - one item of `delta.tool_calls`
   * @returns undefined where there is nothing to show
   */
  add(fragment: Json): ToolCallContent | undefined {
    const { custom } = fragment
    const called = isRecord(fragment.function) ? fragment.function : fragment
    const id = textOf(fragment.id)
    const name = textOf(isRecord(custom) ? custom.name : called.name)
    const input = argumentsOf(isRecord(custom) ? custom.input : called.arguments)
    const signature = signatureOf(fragment)
    let call = this.#find(fragment.index, id, name)
    let news = signature !== undefined || input !== ''
    if (call === undefined || isAnother(call, id, name)) {
      if (id === undefined && name === undefined && input === '') return undefined
      const doubtful = call !== undefined && input === '' && name === call.name
      call = newCall(id, name ?? '', isRecord(custom), doubtful)
      const key = keyOf(fragment.index, id)
      if (key !== undefined) this.#calls.set(key, call)
      if (id !== undefined) this.#calls.set(id, call)
      news = true
    } else if (name !== undefined && name !== call.name && isNaming(call)) {
      // In pieces, or all of it so far.
      call.name = name.startsWith(call.name) ? name : call.name + name
      news = true
    }
    this.#last = call
    call.id ??= id
    call.held += input
    call.unread += input
    if (input !== '') {
      call.filled = true
      call.doubtful = false
    }
    if (call.block === undefined) this.#waiting.add(call)
    // The first event has the id and the name, so it waits for both; without an id of its own a call gets one.
    const known = call.name !== '' && (call.id !== undefined || call.filled)
    if (!news || !known || call.doubtful) return undefined
    return this.#show(call, signature)
  }

  /** The answer is over: calls that waited for more are shown as they are. */
  finish(): ToolCallContent[] {
    const waiting = [...this.#waiting]
    // Some servers repeat the finish reason with every chunk.
    this.#waiting.clear()
    return waiting.flatMap((call) => {
      const empty = call.doubtful || (call.name === '' && !call.filled)
      return empty ? [] : [this.#show(call, undefined)]
    })
  }

  #show(call: Call, signature: string | undefined): ToolCallContent {
    this.any = true
    call.block ??= this.#begin()
    this.#waiting.delete(call)
    call.id ??= newCallId()
    const { block: index, id, name, held: input } = call
    call.held = ''
    const event: ToolCallContent = { type: 'content', index, kind: 'tool-call', id, name, input }
    if (call.custom) event.custom = true
    if (signature !== undefined) event.signature = signature
    return event
  }

  /** The key is the index, else the id, else the last call goes on. */
  #find(index: unknown, id: string | undefined, name: string | undefined): Call | undefined {
    const key = keyOf(index, id)
    const call = key === undefined ? undefined : this.#calls.get(key)
    if (call !== undefined) return call
    return id === undefined && name === undefined ? this.#last : undefined
  }
}

/** Its name may still grow. */
function isNaming(call: Call): boolean {
  return call.name === '' || !call.filled
}

/**
 * Whether a beginning under a known key begins another call: some servers number all parallel calls
 * 0. Others change the id with every fragment of one call.
 */
function isAnother(call: Call, id: string | undefined, name: string | undefined): boolean {
  if (id === undefined || call.id === undefined || id === call.id || name === undefined)
    return false
  return call.filled ? isWhole(call) : name !== call.name
}

function newCall(id: string | undefined, name: string, custom: boolean, doubtful: boolean): Call {
  const end = new JsonEnd()
  const filled = false
  return { block: undefined, id, name, custom, filled, held: '', unread: '', end, doubtful }
}

function keyOf(index: unknown, id: string | undefined): unknown {
  if (typeof index === 'number') return index
  return typeof index === 'string' && /^\d+$/.test(index) ? Number(index) : id
}

/** Whether the arguments have ended. Each character is read once, however often this is called. */
function isWhole(call: Call): boolean {
  call.end.find(call.unread)
  call.unread = ''
  return call.end.found
}

/** A string by the specification, null or an object from some servers. */
function argumentsOf(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

/** What Gemini signs, where it speaks this wire. */
function signatureOf({ extra_content: extra }: Json): string | undefined {
  const google = isRecord(extra) ? (extra.google ?? extra.vertex) : undefined
  const signature = isRecord(google) ? textOf(google.thought_signature) : undefined
  return signature && sign('gemini', 'google', signature)
}
