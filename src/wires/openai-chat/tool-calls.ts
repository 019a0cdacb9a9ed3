/**
 * Assembles tool calls from their fragments.
 *
 * @module
 */

import type { ToolCallContent } from '../../base/content-kinds.js'
import { JsonEnd } from '../../base/json-end.js'
import { isRecord, type Json, textOf } from '../../base/read-json.js'
import { newCallId } from '../call-id.js'
import { sign } from '../signature.js'

interface Call {
  /** The content block; undefined until the call is shown. */
  block: number | undefined
  id: string | undefined
  name: string
  custom: boolean
  arguments: string
  /** The part of the arguments that has not been shown. */
  held: string
  /** The part of the arguments that `end` has not read yet. */
  unread: string
  readonly end: JsonEnd
  /** It may be another call or a repeated beginning. The next fragment decides. */
  doubtful: boolean
}

export class ToolCalls {
  readonly #begin: () => number
  readonly #calls = new Map<unknown, Call>()
  /** Calls that have not been shown. */
  readonly #waiting = new Set<Call>()
  #last: Call | undefined
  /** Whether a call waits for its result. */
  any = false

  /** @param begin - returns the index of a new content block */
  constructor(begin: () => number) {
    this.#begin = begin
  }

  /**
   * Reads one item of `delta.tool_calls`.
   *
   * @returns undefined if there is nothing to show
   */
  add(fragment: Json): ToolCallContent | undefined {
    const custom = isRecord(fragment.custom)
    const named = custom ? fragment.custom : fragment.function
    const called = isRecord(named) ? named : fragment
    let id = textOf(fragment.id)
    const name = textOf(called.name)
    const input = argumentsOf(custom ? called.input : called.arguments)
    const signature = signatureOf(fragment)
    let call = this.#find(fragment.index, id, name)
    let news = signature !== undefined || input !== ''
    if (call !== undefined && isRepeated(call, id, name, input)) return undefined
    if (call === undefined || isAnother(call, id, name, input)) {
      if (id === undefined && name === undefined && input === '') return undefined
      const doubtful = call !== undefined && input === '' && name === call.name
      const key = keyOf(fragment.index, id)
      // Each result has to name one call, so a call that repeats an id gets another one.
      if (id === call?.id) id = undefined
      call = newCall(id, name ?? call?.name ?? '', custom, doubtful)
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
    call.arguments += input
    call.held += input
    call.unread += input
    if (input !== '') call.doubtful = false
    if (call.block === undefined) this.#waiting.add(call)
    // The first event has the id and the name, so it waits for both. A call without an id gets one.
    const known = call.name !== '' && (call.id !== undefined || call.arguments !== '')
    if (!news || !known || call.doubtful) return undefined
    return this.#show(call, signature)
  }

  /** Shows the calls that still wait for more, at the end of the answer. */
  finish(): ToolCallContent[] {
    const waiting = [...this.#waiting]
    // Some servers repeat the finish reason with every chunk.
    this.#waiting.clear()
    return waiting.flatMap((call) => {
      const empty = call.doubtful || (call.name === '' && call.arguments === '')
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

  /** The key is the index, else the id. Without either, a fragment continues the last call. */
  #find(index: unknown, id: string | undefined, name: string | undefined): Call | undefined {
    const key = keyOf(index, id)
    const call = key === undefined ? undefined : this.#calls.get(key)
    if (call !== undefined || id !== undefined) return call
    const isOfLast = name === undefined || (key === undefined && name === this.#last?.name)
    return isOfLast ? this.#last : undefined
  }
}

/** Whether the name may still grow. */
function isNaming(call: Call): boolean {
  return call.name === '' || call.arguments === ''
}

/**
 * Whether a fragment under a known key begins another call: some servers number all parallel calls
 * 0, with or without ids. Others change the id, or repeat the name, with every fragment of one call.
 */
function isAnother(
  call: Call,
  id: string | undefined,
  name: string | undefined,
  input: string,
): boolean {
  const hasOtherId = id !== undefined && call.id !== undefined && id !== call.id
  if (call.arguments === '') {
    // Without any id a name that does not repeat the other one is another tool's.
    const hasNoId = id === undefined && call.id === undefined
    return (
      (hasOtherId && name !== undefined && name !== call.name) ||
      (hasNoId && name !== undefined && !name.startsWith(call.name))
    )
  }
  // Of what begins a call, only these cannot stand after whole arguments of the same call.
  const begins = /^\s*\{/.test(input) || (input === '' && name !== undefined)
  return (hasOtherId ? name !== undefined : begins) && isWhole(call)
}

/** Whether a fragment is the whole call once more, which some servers send at its end. */
function isRepeated(
  call: Call,
  id: string | undefined,
  name: string | undefined,
  input: string,
): boolean {
  const isSame = id === undefined ? name === undefined : id === call.id
  return isSame && input !== '' && input === call.arguments && isWhole(call)
}

function newCall(id: string | undefined, name: string, custom: boolean, doubtful: boolean): Call {
  const texts = { arguments: '', held: '', unread: '' }
  return { block: undefined, id, name, custom, ...texts, end: new JsonEnd(), doubtful }
}

/** What fragments of one call have in common: the index, else the id. */
export function keyOf(index: unknown, id: string | undefined): unknown {
  if (typeof index === 'number') return index
  return typeof index === 'string' && /^\d+$/.test(index) ? Number(index) : id
}

/** Whether the arguments have ended. Each character is read once, however often this is called. */
function isWhole(call: Call): boolean {
  call.end.find(call.unread)
  call.unread = ''
  return call.end.found
}

/** The arguments are a string by the specification; some servers send null or an object. */
function argumentsOf(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

/** The signature of Gemini on this API. */
function signatureOf({ extra_content: extra }: Json): string | undefined {
  const google = isRecord(extra) ? (extra.google ?? extra.vertex) : undefined
  const signature = isRecord(google) ? textOf(google.thought_signature) : undefined
  return signature && sign('gemini', 'google', signature)
}
