/**
 * Calls of the server's own tools, which only the server understands.
 *
 * @module
 */

import type { ProviderContent } from '../../base/content-kinds.js'
import type { ContentEvent } from '../../base/events.js'
import { isRecord, type Json, textOf } from '../../base/read-json.js'
import { keyOf } from './tool-calls.js'

/** The types of calls that wait for a result. `builtin_function` is Moonshot's. */
const clientTypes = /^((builtin_)?function|custom|tool)?(_?(tool|use|call))*$/i

/** Fields whose value is repeated, not continued. */
const repeated = /^(id|type|name|status|role|object)$/

interface ServerCall {
  index: number
  id: string | undefined
  type: string
  data: Json
}

/** Whether a fragment begins or repeats a call of the server's own tools. */
export function isServerCall({ type }: Json): boolean {
  return typeof type === 'string' && !clientTypes.test(type)
}

/** Assembles the calls of one answer from their fragments. */
export class ServerCalls {
  readonly #begin: () => number
  readonly #calls = new Map<unknown, ServerCall>()
  /** Calls that have changed since they were shown whole. */
  readonly #changed = new Set<ServerCall>()
  #last: ServerCall | undefined

  /** @param begin - returns the index of a new content block */
  constructor(begin: () => number) {
    this.#begin = begin
  }

  /**
   * Reads one item of `delta.tool_calls`.
   *
   * @param isOver - the answer has ended, so that what begins is shown as whole
   * @returns whether it belongs to a call of the server's own tools
   */
  add(fragment: Json, origin: string, isOver: boolean, out: ContentEvent[]): boolean {
    const id = textOf(fragment.id)
    const type = textOf(fragment.type)
    const key = keyOf(fragment.index, id)
    let call = key === undefined ? this.#last : this.#calls.get(key)
    const isClients =
      type === undefined
        ? call === undefined || (isRecord(fragment.function) && !call.data.function)
        : !isServerCall(fragment)
    if (isClients) {
      // Some servers give all calls the same index.
      this.#calls.delete(key)
      this.#last = undefined
      return false
    }
    const isNew =
      call === undefined || (type !== undefined && (type !== call.type || isOther(id, call.id)))
    if (isNew) call = { index: this.#begin(), id, type: type as string, data: {} }
    const found = call as ServerCall
    found.id ??= id
    this.#calls.set(key, found).set(found.id, found)
    this.#last = found
    join(found.data, fragment)
    found.data.type = found.type
    // The position in the stream is not part of the call.
    delete found.data.index
    this.#changed.add(found)
    if (isNew) out.push(this.#show(found, origin, !isOver))
    return true
  }

  /** Appends the whole calls that have changed since the last time. */
  finish(origin: string, out: ContentEvent[]): void {
    for (const call of this.#changed) out.push(this.#show(call, origin))
    this.#changed.clear()
  }

  #show({ index, data }: ServerCall, origin: string, partial?: boolean): ProviderContent {
    // A copy: more fragments may follow.
    return blockContent(index, origin, join({}, data), partial)
  }
}

/** A block in the form of an event. */
export function blockContent(
  index: number,
  origin: string,
  data: Json,
  partial?: boolean,
): ProviderContent {
  const name = String(data.type)
  const event: ProviderContent = { type: 'content', index, kind: 'provider', name, origin, data }
  if (partial) event.partial = true
  return event
}

function isOther(id: string | undefined, known: string | undefined): boolean {
  return id !== undefined && known !== undefined && id !== known
}

/** Continues strings, lists and objects, and replaces everything else. */
function join(into: Json, from: Json): Json {
  for (const [name, value] of Object.entries(from)) {
    if (name === '__proto__') continue
    const before = Object.hasOwn(into, name) ? into[name] : undefined
    if (Array.isArray(value)) {
      const list: unknown[] = Array.isArray(before) ? before : []
      for (const item of value) list.push(item)
      into[name] = list
    } else if (isRecord(value)) into[name] = join(isRecord(before) ? before : {}, value)
    else if (typeof value === 'string' && typeof before === 'string') {
      into[name] = repeated.test(name) ? value || before : before + value
    } else if (value !== null || before === undefined) into[name] = value
  }
  return into
}
