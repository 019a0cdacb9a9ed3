/**
 * Reads the stream of the Responses API.
 *
 * @module
 * @see https://platform.openai.com/docs/api-reference/responses-streaming
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
import { Logprobs, readEnd } from './end.js'
import { Output } from './output-items.js'
import { readUsage } from './usage.js'

/** Statuses without an answer, whatever the name of the event. */
const failures = new Set(['failed', 'cancelled'])

/** What differs from one delta to the next, beside its text. */
const varying = { sequence_number: 'number', obfuscation: 'filler' } as const

export class ResponsesDecoder implements WireDecoder {
  readonly #provider: string
  readonly #output = new Output()
  readonly #logprobs = new Logprobs()
  readonly #usual = new UsualChunk(varying)
  /** The event that was learned. */
  #usualEvent: Json = {}
  ended = false
  #status: string | undefined
  /** Why the answer is not whole, if it is not. */
  #incomplete: { reason: unknown } | undefined
  #usage: unknown
  #end: RawEnd | undefined
  #lasts = false
  #sequence: number | undefined
  #responseId: string | undefined

  get responseId(): string | undefined {
    return this.#responseId
  }

  constructor(provider: string) {
    this.#provider = provider
  }

  decode(data: string, name: string | undefined, out: ContentEvent[]): void {
    const text = name === 'error' ? undefined : this.#usual.read(data)
    if (text === undefined) return this.#decode(data, name, out)
    this.#sequence = this.#usual.number ?? this.#sequence
    this.#add(this.#usualEvent, text, out)
  }

  #decode(data: string, name: string | undefined, out: ContentEvent[]): void {
    // Some gateways add the end of Chat Completions, which does not mean that the answer is whole.
    if (data === '[DONE]') return
    const event = parseEventData(data, this.#provider, name)
    const failed = event.type === undefined ? isErrorObject(event) : isErrorBody(event.error)
    if (failed || name === 'error' || event.type === 'error') {
      throw providerError({ provider: this.#provider, body: event })
    }
    if (typeof event.sequence_number === 'number') this.#sequence = event.sequence_number
    const output = this.#output
    // By the type inside, not by the event's name: OpenRouter sends none.
    switch (event.type) {
      case 'response.output_text.delta':
        if (event.logprobs !== undefined) this.#logprobs.delta(event)
        this.#add(event, event.delta, out)
        return this.#learn(data, event)
      case 'response.function_call_arguments.delta':
        return output.fragment('function_call', event, out)
      case 'response.custom_tool_call_input.delta':
        return output.fragment('custom_tool_call', event, out)
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        this.#add(event, event.delta, out)
        return this.#learn(data, event)
      case 'response.refusal.delta':
        return output.refusal(event, event.delta, out)
      case 'response.output_text.done':
        this.#logprobs.done(event)
        return output.textDone(event, event.text, out)
      case 'response.refusal.done':
        return output.refusalDone(event, out)
      case 'response.image_generation_call.partial_image':
        return output.preview(event, out)
      case 'response.output_text.annotation.added':
        return output.annotation(event, out)
      case 'response.function_call_arguments.done':
        return output.argumentsDone('function_call', event, out)
      case 'response.custom_tool_call_input.done':
        return output.argumentsDone('custom_tool_call', event, out)
      case 'response.output_item.added':
        if (isRecord(event.item)) output.added(event.item, event.output_index, out)
        return
      case 'response.output_item.done':
        if (isRecord(event.item)) output.done(event.item, event.output_index, out)
        return
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        if (isRecord(event.response)) this.#identity(event.response)
        return
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
      case 'response.cancelled':
      // Some gateways
      case 'response.done':
        this.#finish(event.type, isRecord(event.response) ? event.response : {}, out)
        return
      default:
      // The progress of the server's own tools, repetitions, and later additions to the API
    }
  }

  /** Adds a piece of text or reasoning. */
  #add(event: Json, text: unknown, out: ContentEvent[]): void {
    if (event.type === 'response.output_text.delta') this.#output.text(event, text, out)
    else {
      const shows = event.type === 'response.reasoning_text.delta' ? 'raw' : 'summary'
      this.#output.reasoning(shows, event, text, out)
    }
  }

  #learn(data: string, event: Json): void {
    if (!Object.entries(event).every(isConstant)) return
    this.#usualEvent = event
    this.#usual.learn(data, event, ({ delta }) => delta)
  }

  finished(): Completion | undefined {
    if (this.#status === undefined) return undefined
    return {
      finishReason: this.#finishReason(),
      rawFinishReason: this.#status,
      usage: this.usage(),
      ...compact({ model: this.#output.model, responseId: this.#responseId }),
    }
  }

  usage(): Usage {
    return readUsage(this.#usage)
  }

  raw(): RawEnd | undefined {
    const logprobs = this.#logprobs.all
    if (this.#end === undefined && logprobs === undefined) return undefined
    return { ...this.#end, ...compact({ logprobs }) }
  }

  /**
   * The position from which a response of `background: true` can be resumed; undefined if it cannot.
   *
   * @see https://developers.openai.com/api/docs/guides/background
   */
  position(): { id: string; after: number } | undefined {
    const [id, after] = [this.#responseId, this.#sequence]
    if (!this.#lasts || this.ended || id === undefined || after === undefined) return undefined
    return { id, after }
  }

  #finish(type: string, response: Json, out: ContentEvent[]): void {
    this.#identity(response)
    this.#usage = response.usage
    this.#end = readEnd(response)
    this.#output.end(recordsOf(response.output), out)
    const { error, incomplete_details: details } = response
    const status = textOf(response.status) ?? type.slice('response.'.length)
    if (type === 'response.failed' || failures.has(status) || isErrorBody(error)) {
      const body = isErrorBody(error) ? { error } : { message: `The response is "${status}".` }
      throw providerError({ provider: this.#provider, body })
    }
    if (type === 'response.incomplete' || status === 'incomplete') {
      const reason = isRecord(details) ? textOf(details.reason) : undefined
      const failure = finishFailure(this.#provider, reason ?? '')
      if (failure !== undefined) throw failure
      this.#incomplete = { reason }
    }
    this.#output.settle(out)
    this.#status = status
    this.ended = true
  }

  #identity(response: Json): void {
    this.#lasts ||= response.background === true
    this.#output.model = textOf(response.model) ?? this.#output.model
    this.#responseId = textOf(response.id) ?? this.#responseId
  }

  #finishReason(): FinishReason {
    if (this.#output.refused) return 'content-filter'
    if (this.#incomplete === undefined) {
      if (this.#output.called) return 'tool-calls'
      return this.#output.waits ? 'other' : 'stop'
    }
    switch (this.#incomplete.reason) {
      case 'max_output_tokens':
      case 'max_tokens':
      case 'length':
        return 'length'
      case 'content_filter':
        return 'content-filter'
      default:
        return 'other'
    }
  }
}

/** Objects have an identity, and log probabilities are collected. */
function isConstant([name, value]: [string, unknown]): boolean {
  if (typeof value !== 'object' || value === null) return true
  return name === 'logprobs' && Array.isArray(value) && value.length === 0
}
