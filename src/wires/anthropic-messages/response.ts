/**
 * Reads the stream of the Messages API.
 *
 * @module
 * @see https://docs.anthropic.com/en/docs/build-with-claude/streaming
 */

import type { Completion } from '../../base/driver.js'
import type { ContentEvent, FinishReason, RawEnd, Usage } from '../../base/events.js'
import { compact, isRecord, type Json, recordsOf, textOf } from '../../base/read-json.js'
import { isErrorBody, isErrorObject } from '../../http/error-body.js'
import { providerError } from '../../http/provider-error.js'
import type { WireDecoder } from '../../http/wire-decoder.js'
import { parseEventData } from '../event-data.js'
import { finishFailure } from '../finish-failure.js'
import { UsualChunk } from '../usual-chunk.js'
import { ContentBlocks } from './content-blocks.js'
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
    // Paused after a compaction
    compaction: 'pause',
    // Gateways that pass on the words of Chat Completions
    stop: 'stop',
    length: 'length',
    tool_calls: 'tool-calls',
    function_call: 'tool-calls',
    content_filter: 'content-filter',
  }),
)

export class MessagesDecoder implements WireDecoder {
  readonly #provider: string
  readonly #blocks = new ContentBlocks()
  readonly #usage = new MessagesUsage()
  readonly #usual = new UsualChunk()
  #usualKind: 'text' | 'reasoning' = 'text'
  #usualIndex: unknown
  ended = false
  responseId: string | undefined
  #finish: string | undefined
  /** The fields of the end, such as `stop_details`. */
  readonly #end = new Map<string, unknown>()
  /** The fields of the message that have no place elsewhere, such as `container`. */
  readonly #further = new Map<string, unknown>()

  constructor(provider: string) {
    this.#provider = provider
  }

  decode(data: string, event: string | undefined, out: ContentEvent[]): void {
    const text = event === 'error' ? undefined : this.#usual.read(data)
    if (text !== undefined) this.#blocks.add(this.#usualIndex, this.#usualKind, text, out)
    else this.#decode(data, event, out)
  }

  #decode(data: string, event: string | undefined, out: ContentEvent[]): void {
    // Some gateways add the end of Chat Completions.
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
        if (!isRecord(message.delta)) break
        this.#blocks.delta(message.index, message.delta, out)
        this.#learn(data, message, message.delta)
        break
      case 'content_block_start':
        if (isRecord(message.content_block)) {
          this.#blocks.start(message.index, message.content_block, out)
        }
        break
      case 'content_block_stop':
        this.#blocks.stop(message.index, out)
        break
      case 'message_start':
        if (isRecord(message.message)) this.#messageStart(message.message, out)
        break
      case 'message_delta':
        this.#messageDelta(message)
        if (this.#finish !== undefined) this.#blocks.stopAll(out)
        break
      case 'message_stop':
        this.#blocks.stopAll(out)
        this.ended = true
        break
      default:
        // `ping`, and what is added later
        break
    }
  }

  #learn(data: string, message: Json, delta: Json): void {
    const kind = this.#blocks.usualKind(message.index, delta)
    if (kind === undefined) return
    this.#usualKind = kind
    this.#usualIndex = message.index
    const field = kind === 'text' ? 'text' : 'thinking'
    this.#usual.learn(data, message, (other) => (other.delta as Json)[field])
  }

  finished(): Completion | undefined {
    if (this.#finish === undefined && !this.ended) return undefined
    return {
      finishReason: this.#finishReason(),
      usage: this.#usage.read(),
      ...compact({
        rawFinishReason: this.#finish,
        model: this.#blocks.model,
        responseId: this.responseId,
      }),
    }
  }

  /** Leaves out the output until the end: the first count is only that of the first tokens. */
  usage(): Usage {
    if (this.finished() !== undefined) return this.#usage.read()
    const { outputTokens: _begun, totalTokens: _sum, ...input } = this.#usage.read()
    return input
  }

  raw(): RawEnd | undefined {
    const usage = this.#usage.raw()
    const finish = this.#end.size > 0 ? Object.fromEntries(this.#end) : undefined
    const raw = { ...Object.fromEntries(this.#further), ...compact({ usage, finish }) }
    return Object.keys(raw).length > 0 ? raw : undefined
  }

  #finishReason(): FinishReason {
    if (this.#finish === undefined) return this.#blocks.called ? 'tool-calls' : 'stop'
    return finishReasons.get(this.#finish) ?? 'other'
  }

  #messageStart(message: Json, out: ContentEvent[]): void {
    const { type: _type, role: _role, id, model, content, usage, ...rest } = message
    const { stop_reason, stop_sequence, stop_details, ...further } = rest
    this.#blocks.model = textOf(model) ?? this.#blocks.model
    this.responseId = textOf(id) ?? this.responseId
    this.#usage.overlay(usage)
    overlay(this.#further, further)
    // Programmatic tool calls are part of the first event.
    for (const [index, block] of recordsOf(content).entries()) {
      this.#blocks.start(`start-${index}`, block, out)
      this.#blocks.stop(`start-${index}`, out)
    }
    const reason = textOf(stop_reason)
    if (reason === undefined) return
    overlay(this.#end, { stop_reason, stop_sequence, stop_details })
    this.#stop(reason)
  }

  #messageDelta({ type: _type, delta, usage, ...further }: Json): void {
    this.#usage.overlay(usage)
    overlay(this.#further, further)
    if (!isRecord(delta)) return
    overlay(this.#end, delta)
    overlay(this.#further, { container: delta.container })
    this.#stop(textOf(delta.stop_reason))
  }

  #stop(reason: string | undefined): void {
    if (reason === undefined) return
    const isKnown = finishReasons.has(reason)
    const failure = isKnown ? undefined : finishFailure(this.#provider, reason.toLowerCase())
    if (failure !== undefined) throw failure
    this.#finish = reason
  }
}

/** Later fields replace earlier ones; null says nothing. */
function overlay(fields: Map<string, unknown>, later: Json): void {
  for (const [name, value] of Object.entries(later)) {
    if (value !== null && value !== undefined) fields.set(name, value)
  }
}

/** Whether a message is an error. Bedrock and gateways send nothing but a sentence. */
function isRefusal(message: Json): boolean {
  return isErrorObject(message) || textOf(message.message) !== undefined
}
