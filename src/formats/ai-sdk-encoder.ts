/**
 * Events as chunks of the AI SDK's protocol, divided into steps.
 *
 * @module
 */

import { Accumulator } from '../base/accumulator.js'
import type { ToolResultContent } from '../base/content-kinds.js'
import { contentOfParts } from '../base/content-of-parts.js'
import type {
  CompleteEvent,
  ContentEvent,
  ErrorEvent,
  FinishReason,
  RetryEvent,
  StartEvent,
  StreamEvent,
} from '../base/events.js'
import type { AssistantMessage, OutputPart, ToolCallPart } from '../base/messages.js'
import { AiSdkParts, type WriteChunk } from './ai-sdk-parts.js'
import type { AiSdkProtocol } from './ai-sdk-protocols.js'
import { DataEncoder } from './data-encoder.js'
import { errorJson } from './error-json.js'
import { SentResults } from './lost-results.js'
import { retracted } from './retracted.js'

export interface AiSdkSettings {
  protocol: AiSdkProtocol
  messageId: string | undefined
  metadata(event: CompleteEvent): unknown
  exposeErrors: boolean
}

export class AiSdkEncoder extends DataEncoder {
  readonly #settings: AiSdkSettings
  /** The id of the stream, which is that of its message. */
  #id = 'unknown'
  readonly #write: WriteChunk = (chunk) => this.write(chunk)
  readonly #parts: AiSdkParts
  /** A step begins with what comes next. */
  #isBetweenSteps = false
  /** The content of the step. */
  #step = new Accumulator()
  /** The first block that a restart can still remove. */
  #floor = 0
  /** The last block that has been written; -1 for none. */
  #last = -1
  /** The ids of the calls of the step, by their blocks. */
  readonly #calls = new Map<number, string>()
  /** How many calls have been sent with all of their arguments, in this step and before it. */
  #given = { step: 0, before: 0 }
  readonly #results = new SentResults()
  /** Tools of this step have run, so what comes next is another step. */
  #answered = false

  constructor(settings: AiSdkSettings) {
    super()
    this.#settings = settings
    this.#parts = new AiSdkParts(this.#write, settings.protocol)
  }

  protected encodeEvent(event: StreamEvent): void {
    if (event.type === 'content') this.#content(event)
    else if (event.type === 'start') this.#start(event)
    else if (event.type === 'retry') this.#retry(event)
    else {
      if (event.type === 'complete') this.#complete(event)
      else this.#error(event)
      this.out += 'data: [DONE]\n\n'
    }
  }

  #start({ id, continues }: StartEvent): void {
    this.#id = id
    this.#isBetweenSteps = true
    // The client knows the id of the message that it continues.
    const { messageId = continues ? undefined : id } = this.#settings
    this.#write({ type: 'start', messageId })
  }

  // Not earlier: results for calls of the message that this answer continues belong to its last
  // step.
  #openStep(): void {
    if (this.#answered) this.#nextStep()
    if (!this.#isBetweenSteps) return
    this.#isBetweenSteps = false
    this.#write({ type: 'start-step' })
  }

  #nextStep(): void {
    this.#parts.close()
    this.#giveCalls()
    this.#write({ type: 'finish-step' })
    this.#isBetweenSteps = true
    this.#answered = false
    this.#step = new Accumulator()
    this.#calls.clear()
    this.#given = { step: 0, before: this.#given.before + this.#given.step }
  }

  #content(event: ContentEvent): void {
    this.#last = Math.max(this.#last, event.index)
    if (event.kind === 'tool-result') return this.#result(event)
    this.#openStep()
    this.#step.add(event)
    switch (event.kind) {
      case 'text':
      case 'reasoning':
        return this.#parts.text(event)
      case 'tool-call': {
        const { id: toolCallId, name: toolName, input } = event
        if (!this.#calls.has(event.index)) {
          this.#parts.close()
          this.#calls.set(event.index, toolCallId)
          this.#write({ type: 'tool-input-start', toolCallId, toolName })
        }
        if (input === '') return
        return this.#write({ type: 'tool-input-delta', toolCallId, inputTextDelta: input })
      }
      case 'source':
        return this.#parts.source(event)
      case 'file':
        return this.#parts.file(event)
      case 'provider': {
        const { index, name, origin, data, partial } = event
        // A part with the id of an earlier one replaces it, also in the message that this answer
        // continues.
        const id = `provider-${this.#id}-${index}`
        const block = { name, origin, data, ...(partial ? { partial } : {}) }
        return this.#write({ type: 'data-provider', id, data: block })
      }
    }
  }

  #result(event: ToolResultContent): void {
    this.#floor = Math.max(this.#floor, event.index + 1)
    this.#results.add(event)
    const isOurs = [...this.#calls.values()].includes(event.id)
    if (isOurs) {
      this.#parts.close()
      // Tools run for whole steps only.
      this.#giveCalls()
      this.#answered = true
    }
    this.#parts.result(event, isOurs)
  }

  /** Sends the calls of the step with their arguments. */
  #giveCalls(): void {
    if (this.#given.step >= this.#calls.size) return
    const calls = callsOf(this.#step.message(false))
    for (const call of calls.slice(this.#given.step)) this.#parts.call(call, this.#id)
    this.#given.step = calls.length
  }

  #retry(event: RetryEvent): void {
    const { type: _type, error, usage: _usage, ...told } = event
    if (event.mode === 'restart' && this.#last >= (event.from ?? 0)) this.#restart(event)
    if (this.ended !== undefined) return
    const data = { ...told, error: errorJson(error, this.#settings.exposeErrors) }
    this.#write({ type: 'data-retry', data, transient: true })
  }

  #restart(event: RetryEvent): void {
    const { from = 0, error } = event
    if (!this.#settings.protocol.canReset) {
      this.ended = retracted(error, 'the protocol of `ai` 5 and 6')
      return this.#fail(this.ended)
    }
    if (from < this.#floor) {
      this.ended = retracted(error, "an earlier step in the AI SDK's protocol")
      return this.#fail(this.ended)
    }
    this.#write({ type: 'reset-step' })
    this.#step.add(event)
    const kept = this.#step.message().content as readonly OutputPart[]
    this.#parts.drop()
    this.#calls.clear()
    this.#step = new Accumulator()
    for (const content of contentOfParts(kept, from - kept.length)) this.#content(content)
    this.#last = from - 1
    this.#floor = from
    // What was kept is a step of its own, so that another restart leaves it alone.
    this.#answered = kept.length > 0
  }

  #complete(event: CompleteEvent): void {
    if (this.#last < 0) this.#openStep()
    this.#parts.close()
    const { step, before } = this.#given
    for (const call of callsOf(event.message).slice(step + before)) this.#parts.call(call, this.#id)
    for (const { id, for: reason } of event.waiting ?? []) {
      if (reason === 'approval') this.#parts.approval(id, this.#id)
    }
    if (!this.#isBetweenSteps) this.#write({ type: 'finish-step' })
    const finishReason = finishReasons[event.finishReason]
    this.#write({ type: 'finish', finishReason, messageMetadata: this.#settings.metadata(event) })
  }

  #error(event: ErrorEvent): void {
    const { error } = event
    for (const result of this.#results.missingFrom(event, this.#last + 1)) this.#content(result)
    if (errorJson(error, false).code !== 'aborted') return this.#fail(error)
    this.#parts.close()
    this.#markPartial()
    this.#write({ type: 'abort' })
    // The client treats `abort` alone as a complete message.
    this.#write({ type: 'finish', finishReason: this.#settings.protocol.interrupted })
  }

  /** The next request must not present the answer as whole, unless another one has continued it. */
  #markPartial(): void {
    if (this.#last < 0) return
    this.#write({ type: 'data-message', data: { status: 'partial' } })
  }

  #fail(error: unknown): void {
    this.#markPartial()
    this.#write({ type: 'error', errorText: errorJson(error, this.#settings.exposeErrors).message })
  }
}

const finishReasons: Record<FinishReason, string> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool-calls',
  'content-filter': 'content-filter',
  pause: 'other',
  other: 'other',
}

function callsOf({ content }: AssistantMessage): ToolCallPart[] {
  return typeof content === 'string' ? [] : content.filter((part) => part.type === 'tool-call')
}
