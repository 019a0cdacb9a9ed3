/**
 * The items of an answer as content: text, refusals, reasoning, calls, sources, and all others.
 *
 * @module
 */

import type { ContentEvent } from '../../base/events.js'
import { compact, isRecord, type Json, recordsOf, textOf } from '../../base/read-json.js'
import { makerOf } from '../signature.js'
import { type Item, Items } from './item-lookup.js'
import { signMessage } from './message-items.js'
import { ProviderItems } from './provider-items.js'
import { signatureOf } from './reasoning.js'
import { Calls, isCall } from './tool-calls.js'

export class Output {
  readonly #items = new Items()
  readonly #calls = new Calls(() => this.#blocks++)
  readonly #others = new ProviderItems((item, part) => this.#begin(item, part))
  /** The signatures of texts, by block. */
  readonly #signed = new Map<number, string>()
  #blocks = 0
  refused = false
  /** The model that answers, as far as it is known. */
  model: string | undefined

  /** Calls were made that the user's code has to answer. */
  get called(): boolean {
    const shown = this.#items.shown()
    return shown.has('function_call') || shown.has('custom_tool_call')
  }

  /** It waits for something other than the result of a tool, such as an approval. */
  get waits(): boolean {
    return this.#others.waits
  }

  text(event: Json, text: unknown, out: ContentEvent[]): void {
    if (typeof text !== 'string' || text === '') return
    this.#textOf(this.#items.of('message', event), event.content_index, text, out)
  }

  /** Text that came in fragments is repeated as a whole. */
  textDone(event: Json, text: unknown, out: ContentEvent[]): void {
    const item = this.#items.of('message', event)
    if (!item.done && !item.blocks.has(event.content_index ?? 0)) this.text(event, text, out)
  }

  refusal(event: Json, text: unknown, out: ContentEvent[]): void {
    if (textOf(text) !== undefined) this.refused = true
    this.text(event, text, out)
  }

  refusalDone(event: Json, out: ContentEvent[]): void {
    if (textOf(event.refusal) !== undefined) this.refused = true
    this.textDone(event, event.refusal, out)
  }

  reasoning(shows: 'summary' | 'raw', event: Json, text: unknown, out: ContentEvent[]): void {
    if (typeof text !== 'string' || text === '') return
    const item = this.#items.of('reasoning', event)
    item.shows ??= shows
    if (item.shows !== shows) return
    const part = shows === 'summary' ? event.summary_index : event.content_index
    this.#reasoningOf(item, part, text, out)
  }

  fragment(type: string, event: Json, out: ContentEvent[]): void {
    this.#calls.fragment(this.#items.of(type, event), event.delta, out)
  }

  argumentsDone(type: string, event: Json, out: ContentEvent[]): void {
    this.#calls.whole(this.#items.of(type, event), event, out)
  }

  annotation(event: Json, out: ContentEvent[]): void {
    if (!isRecord(event.annotation)) return
    this.#items.of('message', event).annotated = true
    this.#source(event.annotation, out)
  }

  preview(event: Json, out: ContentEvent[]): void {
    const item = this.#items.of('image_generation_call', event)
    this.#others.preview(item, event, makerOf(this.model), out)
  }

  added(content: Json, outputIndex: unknown, out: ContentEvent[]): void {
    const item = this.#open(content, outputIndex)
    if (isCall(content.type)) this.#calls.added(item, content, out)
    else if (content.type === 'message') item.data = content
    else if (isOther(content.type)) this.#others.added(item, content, makerOf(this.model), out)
  }

  done(content: Json, outputIndex: unknown, out: ContentEvent[]): void {
    let item = this.#find(content, outputIndex)
    // Another one, of a server that gives each item the same index. A call is told apart by its call_id.
    const name = textOf(content.call_id) ?? textOf(content.id)
    if (item?.done && name !== (item.callId ?? item.id)) item = undefined
    this.#done(item ?? this.#open(content, outputIndex), content, out)
  }

  /** The terminal repeats all items. It counts for what no event before it held. */
  end(output: readonly Json[], out: ContentEvent[]): void {
    const shown = this.#items.shown()
    for (const [position, content] of output.entries()) {
      let item = this.#find(content, position)
      // One that is not found may still have been shown, under another name.
      if (item === undefined && !shown.has(content.type)) item = this.#open(content, position)
      if (item !== undefined) this.#done(item, content, out)
    }
    for (const item of this.#items.all) if (isCall(item.type)) this.#calls.end(item, out)
  }

  /** The answer is complete: blocks that did not come whole count as they are. */
  settle(out: ContentEvent[]): void {
    for (const item of this.#items.all) {
      if (isOther(item.type)) this.#others.end(item, makerOf(this.model), out)
    }
  }

  #open({ type, id, call_id: callId }: Json, outputIndex: unknown): Item {
    return this.#items.open(type, outputIndex, id, callId)
  }

  #find({ type, id, call_id: callId }: Json, outputIndex: unknown): Item | undefined {
    return this.#items.call(type, callId) ?? this.#items.find(type, outputIndex, id)
  }

  #done(item: Item, content: Json, out: ContentEvent[]): void {
    if (item.done) return
    item.done = true
    switch (item.type) {
      case 'message':
        return this.#messageDone(item, content, out)
      case 'reasoning':
        return this.#reasoningDone(item, content, out)
      case 'function_call':
      case 'custom_tool_call':
        return this.#calls.done(item, content, this.model, out)
    }
    if (!isOther(item.type)) return
    this.#others.done(item, content, makerOf(this.model), out)
    // The pages that a search read
    if (item.type !== 'web_search_call' || !isRecord(content.action)) return
    for (const source of recordsOf(content.action.sources)) this.#source(source, out)
  }

  #messageDone(item: Item, content: Json, out: ContentEvent[]): void {
    const known = item.blocks.size > 0
    item.data = content
    for (const [index, part] of recordsOf(content.content).entries()) {
      if (textOf(part.refusal) !== undefined) this.refused = true
      const text = textOf(part.text) ?? textOf(part.refusal)
      if (!known && text !== undefined) this.#textOf(item, index, text, out)
      if (item.annotated) continue
      for (const annotation of recordsOf(part.annotations)) this.#source(annotation, out)
    }
    for (const [part, index] of item.blocks) {
      const signature = signMessage(content, part, this.model)
      if (signature === undefined || signature === this.#signed.get(index)) continue
      out.push({ type: 'content', index, kind: 'text', text: '', signature })
    }
  }

  #reasoningDone(item: Item, content: Json, out: ContentEvent[]): void {
    if (item.blocks.size === 0) {
      const summary = textsOf(content.summary)
      const texts = summary.length > 0 ? summary : textsOf(content.content)
      for (const [index, text] of texts.entries()) this.#reasoningOf(item, index, text, out)
    }
    const signature = signatureOf(content, this.model)
    if (signature === undefined) return
    // The signature goes with the last part of the item; all parts go back together.
    const last = [...item.blocks.values()].at(-1)
    const index = last ?? this.#begin(item, 0)
    const redacted = last === undefined ? { redacted: true as const } : {}
    out.push({ type: 'content', index, kind: 'reasoning', text: '', signature, ...redacted })
  }

  #textOf(item: Item, part: unknown, text: string, out: ContentEvent[]): void {
    let index = item.blocks.get(part ?? 0)
    if (index !== undefined) {
      out.push({ type: 'content', index, kind: 'text', text })
      return
    }
    index = this.#begin(item, part)
    // With the first piece, so that it takes no event of its own unless the end says otherwise.
    const signature = item.data && signMessage(item.data, part, this.model)
    if (signature !== undefined) this.#signed.set(index, signature)
    out.push({ type: 'content', index, kind: 'text', text, ...compact({ signature }) })
  }

  #reasoningOf(item: Item, part: unknown, text: string, out: ContentEvent[]): void {
    const index = item.blocks.get(part ?? 0) ?? this.#begin(item, part)
    out.push({ type: 'content', index, kind: 'reasoning', text })
  }

  #begin(item: Item, part: unknown): number {
    const index = this.#blocks++
    item.blocks.set(part ?? 0, index)
    return index
  }

  /** A citation of a page has a url, one of a file a name or only an id. */
  #source(annotation: Json, out: ContentEvent[]): void {
    const url = textOf(annotation.url)
    const file = textOf(annotation.filename) ?? textOf(annotation.file_id)
    const title = textOf(annotation.title) ?? file
    if (url === undefined && title === undefined) return
    const source = { ...compact({ url, title }), raw: annotation }
    out.push({ type: 'content', index: this.#blocks++, kind: 'source', ...source })
  }
}

/** An item without a kind of its own. */
function isOther(type: unknown): boolean {
  return textOf(type) !== undefined && type !== 'message' && type !== 'reasoning' && !isCall(type)
}

function textsOf(parts: unknown): string[] {
  return recordsOf(parts).flatMap(({ text }) => textOf(text) ?? [])
}
