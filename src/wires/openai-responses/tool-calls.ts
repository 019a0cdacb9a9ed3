/**
 * Tool calls: shown as soon as their id and name are known.
 *
 * @module
 */

import type { ContentEvent } from '../../base/events.js'
import { parseJson } from '../../base/parse-json.js'
import { compact, isRecord, type Json, textOf } from '../../base/read-json.js'
import { newCallId } from '../call-id.js'
import { makerOf, sign, signatureFor } from '../signature.js'
import type { Item } from './item-lookup.js'

/** A call that the user's own code has to answer; the server answers the others itself. */
export function isCall(type: unknown): boolean {
  return type === 'function_call' || type === 'custom_tool_call'
}

export class Calls {
  readonly #begin: () => number

  /** @param begin - gives a new content block */
  constructor(begin: () => number) {
    this.#begin = begin
  }

  /** The item was added. Arguments that are in it already count if none follow. */
  added(item: Item, content: Json, out: ContentEvent[]): void {
    item.whole = inputOf(content)
    this.#name(item, content)
    if (item.callId !== undefined && item.name !== undefined) this.#show(item, '', out)
  }

  /** A fragment of the arguments. */
  fragment(item: Item, delta: unknown, out: ContentEvent[]): void {
    const input = textOf(delta)
    if (input === undefined) return
    item.filled = true
    if (item.blocks.size === 0) item.held += input
    else this.#show(item, input, out)
  }

  /** All arguments at once, which many servers send without fragments before. */
  whole(item: Item, content: Json, out: ContentEvent[]): void {
    if (!item.filled) this.fragment(item, inputOf(content), out)
  }

  done(item: Item, content: Json, model: string | undefined, out: ContentEvent[]): void {
    this.#name(item, content)
    this.whole(item, content, out)
    this.end(item, out)
    const signature = signCall(content, model)
    if (signature !== undefined) this.#show(item, '', out, { signature })
  }

  /** Nothing more of it can come. */
  end(item: Item, out: ContentEvent[]): void {
    if (!item.filled) this.fragment(item, item.whole, out)
    if (item.blocks.size === 0) this.#show(item, item.held, out)
  }

  #name(item: Item, content: Json): void {
    item.callId ??= textOf(content.call_id)
    item.name ??= textOf(content.name)
  }

  #show(item: Item, input: string, out: ContentEvent[], more?: { signature: string }): void {
    let index = item.blocks.get(0)
    if (index === undefined) {
      index = this.#begin()
      item.blocks.set(0, index)
      item.callId ??= item.id ?? newCallId()
    }
    const { callId: id = '', name = '' } = item
    const custom = item.type === 'custom_tool_call' ? { custom: true as const } : {}
    out.push({ type: 'content', index, kind: 'tool-call', id, name, input, ...custom, ...more })
  }
}

/** A string by the specification, an object from some servers. */
function inputOf(content: Json): string {
  const input = content.arguments ?? content.input
  if (typeof input === 'string') return input
  return isRecord(input) ? JSON.stringify(input) : ''
}

/**
 * Where a call comes from, which goes back with it: the namespace of a tool that was searched for,
 * and the program that made the call.
 */
function signCall(item: Json, model: string | undefined): string | undefined {
  const kept = callFields(item)
  if (Object.keys(kept).length === 0) return undefined
  return sign('openai-responses', makerOf(model), JSON.stringify(kept))
}

/** The fields of a call that its part has no place for. */
export function readCall(signature: string | undefined, maker: string | undefined): Json {
  const value = parseJson(signatureFor('openai-responses', maker, signature) ?? '')
  return isRecord(value) ? callFields(value) : {}
}

function callFields({ namespace, caller, async: isAsync }: Json): Json {
  return compact({
    namespace: textOf(namespace),
    caller: isRecord(caller) ? caller : undefined,
    async: typeof isAsync === 'boolean' ? isAsync : undefined,
  })
}
