/**
 * The content blocks of a message as content events.
 *
 * @module
 * @see https://docs.anthropic.com/en/docs/build-with-claude/streaming#content-block-delta-types
 */

import type { ContentEvent } from '../../base/events.js'
import { compact, isRecord, type Json, recordsOf, textOf } from '../../base/read-json.js'
import { newCallId } from '../call-id.js'
import { makerOf, originOf, sign } from '../signature.js'
import { ProviderBlock } from './provider-block.js'

/** A content block. One without a type is `unknown` and not shown. */
interface Block {
  kind: 'text' | 'reasoning' | 'tool-call' | 'provider' | 'unknown'
  /** Our own index, because some servers use an index of theirs twice. */
  index: number
  id: string
  name: string
  /** Arguments that came whole at the start. They count if no fragment follows. */
  whole: string
  /** What a block of kind `provider` holds. */
  content: ProviderBlock | undefined
}

const wire = 'anthropic-messages'

export class ContentBlocks {
  readonly #blocks = new Map<unknown, Block>()
  /** The blocks that have something left to emit at their stop. */
  readonly #waiting = new Set<Block>()
  #count = 0
  /** Whether the message holds a tool call. */
  called = false
  /** The model that answers, once it is known. It goes into signatures. */
  model: string | undefined

  start(wireIndex: unknown, content: Json, out: ContentEvent[]): void {
    // An index that is used again without a stop before.
    this.stop(wireIndex, out)
    switch (content.type) {
      case 'text': {
        const block = this.#open(wireIndex, 'text')
        const text = textOf(content.text)
        if (text !== undefined) {
          out.push({ type: 'content', index: block.index, kind: 'text', text })
        }
        for (const citation of recordsOf(content.citations)) this.#source(citation, out)
        break
      }
      case 'thinking': {
        const { index } = this.#open(wireIndex, 'reasoning')
        const text = textOf(content.thinking) ?? ''
        const signature = this.#signatureOf(content.signature)
        if (text === '' && signature === undefined) break
        out.push({ type: 'content', index, kind: 'reasoning', text, ...compact({ signature }) })
        break
      }
      case 'redacted_thinking': {
        const signature = this.#signatureOf(content.data)
        if (signature === undefined) break
        const { index } = this.#open(wireIndex, 'reasoning')
        out.push({ type: 'content', index, kind: 'reasoning', text: '', redacted: true, signature })
        break
      }
      case 'tool_use': {
        const block = this.#open(wireIndex, 'tool-call')
        this.called = true
        block.id = textOf(content.id) ?? newCallId()
        block.name = textOf(content.name) ?? ''
        block.whole = inputOf(content.input)
        if (block.whole !== '') this.#waiting.add(block)
        const { index, id, name } = block
        const signature = this.#signatureOf(furtherFields(content))
        out.push({
          type: 'content',
          index,
          kind: 'tool-call',
          id,
          name,
          input: '',
          ...compact({ signature }),
        })
        break
      }
      default: {
        const name = textOf(content.type)
        if (name === undefined) {
          this.#blocks.set(wireIndex, newBlock('unknown', -1))
          break
        }
        if (name === 'fallback' && isRecord(content.to)) {
          this.model = textOf(content.to.model) ?? this.model
        }
        const block = this.#open(wireIndex, 'provider')
        block.content = new ProviderBlock(name, content)
        this.#waiting.add(block)
        // Results are long, and nothing follows their start.
        this.#provider(block, block.content.isResult ? {} : { partial: true }, out)
        for (const result of recordsOf(content.content)) {
          if (result.type === 'web_search_result') this.#source(result, out)
        }
        break
      }
    }
  }

  delta(wireIndex: unknown, delta: Json, out: ContentEvent[]): void {
    const block = this.#blocks.get(wireIndex)
    switch (delta.type) {
      case 'text_delta': {
        if (this.#addTo(block, delta, 'text')) break
        this.#piece(wireIndex, block, 'text', delta.text, out)
        break
      }
      case 'thinking_delta': {
        const text = textOf(delta.thinking)
        if (text === undefined || this.#addTo(block, delta, 'thinking')) break
        this.#piece(wireIndex, block, 'reasoning', text, out)
        break
      }
      case 'signature_delta': {
        const signature = this.#signatureOf(delta.signature)
        if (signature === undefined || this.#addTo(block, delta, 'signature')) break
        const { index } = this.#blockOf(wireIndex, block, 'reasoning', out)
        out.push({ type: 'content', index, kind: 'reasoning', text: '', signature })
        break
      }
      case 'input_json_delta': {
        if (this.#addTo(block, delta)) break
        const input = textOf(delta.partial_json)
        if (block?.kind !== 'tool-call' || input === undefined) break
        this.#waiting.delete(block)
        this.#fragment(block, input, out)
        break
      }
      case 'citations_delta':
        if (isRecord(delta.citation)) this.#source(delta.citation, out)
        break
      default:
        this.#addTo(block, delta)
        break
    }
  }

  /**
   * The kind of an open block that takes a piece of text as it is; undefined for any other block and
   * delta.
   */
  usualKind(wireIndex: unknown, { type }: Json): 'text' | 'reasoning' | undefined {
    // An object would be another index in the next delta.
    if (Object(wireIndex) === wireIndex) return undefined
    const kind = this.#blocks.get(wireIndex)?.kind
    if (kind === 'text' && type === 'text_delta') return kind
    return kind === 'reasoning' && type === 'thinking_delta' ? kind : undefined
  }

  /** Adds a piece to a block that has a `usualKind`. */
  add(wireIndex: unknown, kind: 'text' | 'reasoning', text: string, out: ContentEvent[]): void {
    this.#piece(wireIndex, this.#blocks.get(wireIndex), kind, text, out)
  }

  stop(wireIndex: unknown, out: ContentEvent[]): void {
    const block = this.#blocks.get(wireIndex)
    if (block !== undefined && this.#waiting.delete(block)) this.#finish(block, out)
  }

  stopAll(out: ContentEvent[]): void {
    for (const block of this.#waiting) this.#finish(block, out)
    this.#waiting.clear()
  }

  #piece(
    wireIndex: unknown,
    block: Block | undefined,
    kind: 'text' | 'reasoning',
    text: unknown,
    out: ContentEvent[],
  ): void {
    const { index } = this.#blockOf(wireIndex, block, kind, out)
    if (typeof text === 'string' && text !== '') out.push({ type: 'content', index, kind, text })
  }

  #open(wireIndex: unknown, kind: Block['kind']): Block {
    const block = newBlock(kind, this.#count++)
    this.#blocks.set(wireIndex, block)
    return block
  }

  /** The block that a fragment continues. One whose start never came begins here. */
  #blockOf(
    wireIndex: unknown,
    block: Block | undefined,
    kind: 'text' | 'reasoning',
    out: ContentEvent[],
  ): Block {
    if (block?.kind === kind) return block
    this.stop(wireIndex, out)
    return this.#open(wireIndex, kind)
  }

  /**
   * Adds a delta to a block of kind `provider` that has not stopped.
   *
   * @param field - the field that the block must have to take this delta
   * @returns whether the delta was added
   */
  #addTo(block: Block | undefined, delta: Json, field?: string): boolean {
    const content = block?.content
    if (block === undefined || content === undefined || !this.#waiting.has(block)) return false
    if (field !== undefined && !content.has(field)) return false
    content.add(delta)
    return true
  }

  #finish(block: Block, out: ContentEvent[]): void {
    const { content } = block
    if (content === undefined) this.#fragment(block, block.whole, out)
    else if (!content.isResult || content.changed) this.#provider(block, {}, out)
  }

  #provider({ index, content }: Block, partial: { partial?: true }, out: ContentEvent[]): void {
    if (content === undefined) return
    const { name } = content
    const origin = originOf(wire, makerOf(this.model))
    const data = content.read()
    out.push({ type: 'content', index, kind: 'provider', name, origin, data, ...partial })
  }

  #fragment(block: Block, input: string, out: ContentEvent[]): void {
    const { index, id, name } = block
    out.push({ type: 'content', index, kind: 'tool-call', id, name, input })
  }

  #signatureOf(value: unknown): string | undefined {
    const signature = textOf(value)
    return signature && sign(wire, makerOf(this.model), signature)
  }

  #source(citation: Json, out: ContentEvent[]): void {
    const url = textOf(citation.url) ?? textOf(citation.source)
    const title = textOf(citation.title) ?? textOf(citation.document_title)
    const index = this.#count++
    out.push({ type: 'content', index, kind: 'source', ...compact({ url, title }), raw: citation })
  }
}

function newBlock(kind: Block['kind'], index: number): Block {
  return { kind, index, id: '', name: '', whole: '', content: undefined }
}

/**
 * The fields of a call that are the provider's own, as JSON: who called, or which set the tool
 * belongs to. They go back with the call, because the provider continues from them.
 */
function furtherFields({ type: _type, id: _id, name: _name, input: _input, ...further }: Json) {
  return Object.keys(further).length > 0 ? JSON.stringify(further) : undefined
}

/** An empty object stands for arguments that are still to come. */
function inputOf(input: unknown): string {
  if (typeof input === 'string') return input
  return isRecord(input) && Object.keys(input).length > 0 ? JSON.stringify(input) : ''
}
