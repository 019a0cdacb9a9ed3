/**
 * The content blocks of a message as content events.
 *
 * @module
 * @see https://docs.anthropic.com/en/docs/build-with-claude/streaming#content-block-delta-types
 */

import type { ContentEvent } from '../../base/events.js'
import { newCallId } from '../call-id.js'
import { compact, isRecord, type Json, recordsOf, textOf } from '../read-json.js'
import { makerOf, sign } from '../signature.js'

/** A content block. Kinds that are not shown, such as the server's own tools, are `other`. */
interface Block {
  kind: 'text' | 'reasoning' | 'tool-call' | 'other'
  /** Our own index, because some servers use an index of theirs twice. */
  index: number
  id: string
  name: string
  /** Arguments that came whole at the start. They count if no fragment follows. */
  whole: string
}

export class ContentBlocks {
  readonly #blocks = new Map<unknown, Block>()
  /** The blocks with arguments that came whole and have not been shown. */
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
        this.#fragment(block, '', out)
        break
      }
      default:
        this.#blocks.set(wireIndex, { kind: 'other', index: -1, id: '', name: '', whole: '' })
        // The results of a web search are sources; other results of the server's own tools are not shown.
        for (const result of recordsOf(content.content)) {
          if (result.type === 'web_search_result') this.#source(result, out)
        }
        break
    }
  }

  delta(wireIndex: unknown, delta: Json, out: ContentEvent[]): void {
    switch (delta.type) {
      case 'text_delta': {
        const { index } = this.#blockOf(wireIndex, 'text')
        const { text } = delta
        if (typeof text === 'string' && text !== '')
          out.push({ type: 'content', index, kind: 'text', text })
        break
      }
      case 'thinking_delta': {
        const text = textOf(delta.thinking)
        if (text === undefined) break
        const { index } = this.#blockOf(wireIndex, 'reasoning')
        out.push({ type: 'content', index, kind: 'reasoning', text })
        break
      }
      case 'signature_delta': {
        const signature = this.#signatureOf(delta.signature)
        if (signature === undefined) break
        const { index } = this.#blockOf(wireIndex, 'reasoning')
        out.push({ type: 'content', index, kind: 'reasoning', text: '', signature })
        break
      }
      case 'input_json_delta': {
        const block = this.#blocks.get(wireIndex)
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
        break
    }
  }

  stop(wireIndex: unknown, out: ContentEvent[]): void {
    const block = this.#blocks.get(wireIndex)
    if (block !== undefined && this.#waiting.delete(block)) this.#fragment(block, block.whole, out)
  }

  stopAll(out: ContentEvent[]): void {
    for (const block of this.#waiting) this.#fragment(block, block.whole, out)
    this.#waiting.clear()
  }

  #open(wireIndex: unknown, kind: Block['kind']): Block {
    const block: Block = { kind, index: this.#count++, id: '', name: '', whole: '' }
    this.#blocks.set(wireIndex, block)
    return block
  }

  /** The block that a fragment goes on; one whose start never came begins here. */
  #blockOf(wireIndex: unknown, kind: 'text' | 'reasoning'): Block {
    const block = this.#blocks.get(wireIndex)
    return block?.kind === kind ? block : this.#open(wireIndex, kind)
  }

  #fragment(block: Block, input: string, out: ContentEvent[]): void {
    const { index, id, name } = block
    out.push({ type: 'content', index, kind: 'tool-call', id, name, input })
  }

  #signatureOf(value: unknown): string | undefined {
    const signature = textOf(value)
    return signature && sign('anthropic-messages', makerOf(this.model), signature)
  }

  #source(citation: Json, out: ContentEvent[]): void {
    const url = textOf(citation.url) ?? textOf(citation.source)
    const title = textOf(citation.title) ?? textOf(citation.document_title)
    const index = this.#count++
    out.push({ type: 'content', index, kind: 'source', ...compact({ url, title }), raw: citation })
  }
}

/** An empty object stands for arguments that are still to come. */
function inputOf(input: unknown): string {
  if (typeof input === 'string') return input
  return isRecord(input) && Object.keys(input).length > 0 ? JSON.stringify(input) : ''
}
