/**
 * The calls of one answer: whole ones, and those whose arguments come in fragments.
 *
 * @module
 */

import type { ToolCallContent } from '../../base/content-kinds.js'
import type { ContentEvent } from '../../base/events.js'
import { isRecord, type Json, recordsOf, textOf } from '../../base/read-json.js'
import { newCallId } from '../call-id.js'
import { PartialArguments } from './partial-arguments.js'

/** A call whose arguments still come. */
interface OpenCall {
  block: number
  id: string
  name: string
  fragments: PartialArguments
  /** Arguments that came as an object; those in fragments count first. */
  whole: Json | undefined
}

export class FunctionCalls {
  readonly #provider: string
  #open: OpenCall | undefined
  #waiting = 0

  constructor(provider: string) {
    this.#provider = provider
  }

  /** Calls were made that nobody has answered. */
  get any(): boolean {
    return this.#waiting > 0
  }

  /**
   * @param call - the field `functionCall` of one part
   * @param begin - gives a new content block
   */
  add(call: Json, signature: string | undefined, begin: () => number, out: ContentEvent[]): void {
    const name = textOf(call.name)
    if (name === undefined) {
      if (this.#open !== undefined) this.#goOn(this.#open, call, signature, out)
      return
    }
    this.close(out)
    this.#waiting++
    const open: OpenCall = {
      block: begin(),
      id: textOf(call.id) ?? newCallId(),
      name,
      fragments: new PartialArguments(this.#provider),
      whole: undefined,
    }
    if (call.willContinue !== true && call.partialArgs === undefined) {
      const input = isRecord(call.args) ? JSON.stringify(call.args) : '{}'
      out.push(toEvent(open, input, signature))
      return
    }
    this.#open = open
    out.push(toEvent(open, '', signature))
    this.#goOn(open, call, undefined, out)
  }

  /** The server has run a function itself: nobody has to wait for its result. */
  answered(): void {
    if (this.#waiting > 0) this.#waiting--
  }

  /** The arguments of the open call are whole. */
  close(out: ContentEvent[]): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    const { fragments, whole } = open
    const rest = fragments.empty && whole ? JSON.stringify(whole) : fragments.close()
    out.push(toEvent(open, rest, undefined))
  }

  /** A part without a name goes on with the open call, and ends it unless it says that more will come. */
  #goOn(open: OpenCall, call: Json, signature: string | undefined, out: ContentEvent[]): void {
    if (isRecord(call.args)) open.whole = call.args
    let input = ''
    for (const item of recordsOf(call.partialArgs)) input += open.fragments.write(item)
    if (input !== '' || signature !== undefined) out.push(toEvent(open, input, signature))
    if (call.willContinue !== true) this.close(out)
  }
}

function toEvent(
  { block: index, id, name }: OpenCall,
  input: string,
  signature: string | undefined,
): ToolCallContent {
  const event: ToolCallContent = { type: 'content', index, kind: 'tool-call', id, name, input }
  if (signature !== undefined) event.signature = signature
  return event
}
