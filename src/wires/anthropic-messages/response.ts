/**
 * Reads what the Messages API streams.
 *
 * @module
 * @see https://docs.anthropic.com/en/docs/build-with-claude/streaming
 */

import type { Completion } from '../../base/driver.js'
import type { ContentEvent, FinishReason, Usage } from '../../base/events.js'
import { isErrorBody, isErrorObject } from '../../http/error-body.js'
import { providerError } from '../../http/provider-error.js'
import type { WireDecoder } from '../../http/wire-decoder.js'
import { newCallId } from '../call-id.js'
import { parseEventData } from '../event-data.js'
import { compact, isRecord, type Json, recordsOf, textOf } from '../read-json.js'
import { makerOf, sign } from '../signature.js'
import { MessagesUsage } from './usage.js'

const finishReasons = new Map<string, FinishReason>(
  Object.entries({
    end_turn: 'stop',
    stop_sequence: 'stop',
    max_tokens: 'length',
    model_context_window_exceeded: 'length',
    tool_use: 'tool-calls',
    refusal: 'content-filter',
    pause_turn: 'pause',
    // Gateways that pass the other wire's words on
    stop: 'stop',
    length: 'length',
    tool_calls: 'tool-calls',
    content_filter: 'content-filter',
  }),
)

/** A content block; the kinds that are not shown, such as the server's own tools, are `other`. */
interface Block {
  kind: 'text' | 'reasoning' | 'tool-call' | 'other'
  /** Our index: the wire's own are used again by some servers. */
  index: number
  id: string
  name: string
  /** Arguments that came whole at the start; they count if no fragment follows. */
  whole: string
}

export class MessagesDecoder implements WireDecoder {
  readonly #provider: string
  readonly #blocks = new Map<unknown, Block>()
  readonly #usage = new MessagesUsage()
  ended = false
  #count = 0
  #called = false
  #finish: string | undefined
  #model: string | undefined
  #responseId: string | undefined

  constructor(provider: string) {
    this.#provider = provider
  }

  decode(data: string, event: string | undefined, out: ContentEvent[]): void {
    // Some gateways add the marker of the other wire.
    if (data === '[DONE]') {
      this.ended = this.#finish !== undefined
      return
    }
    const message = parseEventData(data, this.#provider, event)
    const failed = message.type === undefined ? isRefusal(message) : isErrorBody(message.error)
    if (failed || event === 'error' || message.type === 'error') {
      throw providerError({ provider: this.#provider, body: message })
    }
    // By the type inside, not by the event's name: gateways drop or change the name.
    switch (message.type) {
      case 'content_block_delta':
        if (isRecord(message.delta)) this.#delta(message.index, message.delta, out)
        break
      case 'content_block_start':
        if (isRecord(message.content_block)) this.#start(message.index, message.content_block, out)
        break
      case 'content_block_stop':
        this.#stop(message.index, out)
        break
      case 'message_start':
        if (isRecord(message.message)) this.#messageStart(message.message, out)
        break
      case 'message_delta':
        this.#usage.overlay(message.usage)
        if (isRecord(message.delta))
          this.#finish = textOf(message.delta.stop_reason) ?? this.#finish
        if (this.#finish !== undefined) this.#stopAll(out)
        break
      case 'message_stop':
        this.#stopAll(out)
        this.ended = true
        break
      default:
        // `ping`, and what is added later
        break
    }
  }

  finished(): Completion | undefined {
    if (this.#finish === undefined && !this.ended) return undefined
    return {
      finishReason: this.#finishReason(),
      usage: this.#usage.read(),
      ...compact({
        rawFinishReason: this.#finish,
        model: this.#model,
        responseId: this.#responseId,
      }),
    }
  }

  /** At the start the API counts the output that it has begun with; how much it became is said with the stop reason. */
  usage(): Usage {
    if (this.finished() !== undefined) return this.#usage.read()
    const { outputTokens: _begun, totalTokens: _sum, ...input } = this.#usage.read()
    return input
  }

  #finishReason(): FinishReason {
    if (this.#finish === undefined) return this.#called ? 'tool-calls' : 'stop'
    return finishReasons.get(this.#finish) ?? 'other'
  }

  #messageStart(message: Json, out: ContentEvent[]): void {
    this.#model = textOf(message.model) ?? this.#model
    this.#responseId = textOf(message.id) ?? this.#responseId
    this.#usage.overlay(message.usage)
    // Programmatic tool calls are in the message from the start.
    for (const [index, block] of recordsOf(message.content).entries()) {
      this.#start(`start-${index}`, block, out)
      this.#stop(`start-${index}`, out)
    }
    this.#finish = textOf(message.stop_reason) ?? this.#finish
  }

  #start(wireIndex: unknown, content: Json, out: ContentEvent[]): void {
    // An index that is used again without a stop before.
    this.#stop(wireIndex, out)
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
        this.#called = true
        block.id = textOf(content.id) ?? newCallId()
        block.name = textOf(content.name) ?? ''
        block.whole = inputOf(content.input)
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

  #delta(wireIndex: unknown, delta: Json, out: ContentEvent[]): void {
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
        block.whole = ''
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

  #stop(wireIndex: unknown, out: ContentEvent[]): void {
    const block = this.#blocks.get(wireIndex)
    if (block === undefined || block.whole === '') return
    const { whole } = block
    block.whole = ''
    this.#fragment(block, whole, out)
  }

  #stopAll(out: ContentEvent[]): void {
    for (const wireIndex of this.#blocks.keys()) this.#stop(wireIndex, out)
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
    return signature && sign('anthropic-messages', makerOf(this.#model), signature)
  }

  #source(citation: Json, out: ContentEvent[]): void {
    const url = textOf(citation.url) ?? textOf(citation.source)
    const title = textOf(citation.title) ?? textOf(citation.document_title)
    const index = this.#count++
    out.push({ type: 'content', index, kind: 'source', ...compact({ url, title }), raw: citation })
  }
}

/** Bedrock and gateways send an error as nothing but a sentence. */
function isRefusal(message: Json): boolean {
  return isErrorObject(message) || textOf(message.message) !== undefined
}

/** An empty object stands for arguments that are still to come. */
function inputOf(input: unknown): string {
  if (typeof input === 'string') return input
  return isRecord(input) && Object.keys(input).length > 0 ? JSON.stringify(input) : ''
}
