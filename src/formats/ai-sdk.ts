/**
 * Events as the UI message stream of the AI SDK.
 *
 * @module
 * @see https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
 */

import { Accumulator } from '../base/accumulator.js'
import { checkOptions, func, type Rules, string } from '../base/check-options.js'
import type { ToolResultContent } from '../base/content-kinds.js'
import { contentOfParts } from '../base/content-of-parts.js'
import type {
  CompleteEvent,
  ContentEvent,
  ErrorEvent,
  FinishReason,
  RetryEvent,
  StreamEvent,
} from '../base/events.js'
import type { AssistantMessage, OutputPart, ToolCallPart } from '../base/messages.js'
import type { Format } from '../base/stream-format.js'
import { denied } from '../base/tools.js'
import { DataEncoder } from './data-encoder.js'
import { errorJson } from './error-json.js'
import { SentResults } from './lost-results.js'
import { type StreamFormatOptions, streamFormatRules, streamSettings } from './options.js'
import { retracted } from './retracted.js'
import { eventStream } from './server-sent-events.js'

/** Options of `aiSdk()`. */
export interface AiSdkOptions extends StreamFormatOptions {
  /**
   * The id of the message that is written. If the answer continues the last message, like after a
   * tool result, it MUST be the id of that message.
   * @default chosen by the client, correctly in both cases
   */
  messageId?: string
  /**
   * Returns the metadata of the finished message; undefined for none.
   * @default the model that answered and its usage
   */
  metadata?: (event: CompleteEvent) => unknown
}

const rules: Rules<AiSdkOptions> = { ...streamFormatRules, messageId: string, metadata: func }

/**
 * For `useChat()` of `@ai-sdk/react` and the other packages of `ai` 7; earlier versions do not
 * support `reset-step`. A restart is `reset-step`, which removes the parts of the failed step from
 * the message. Each retry is also sent as a transient part `data-retry`, for `onData`. Tool calls
 * are sent once their step is complete, and before their results. Calls that wait for approval
 * become `tool-approval-request`; `fromUIMessages()` reads the answers. A cancelled stream ends in
 * `abort` and the finish reason `interrupted`, any other failure in `error`.
 *
 * @throws TypeError for an invalid option
 */
export function aiSdk(options: AiSdkOptions = {}): Format {
  checkOptions('aiSdk', options, rules)
  const { messageId, metadata = defaultMetadata } = options
  const settings = streamSettings(options)
  const { exposeErrors } = settings
  return eventStream(settings, {
    headers: { 'x-vercel-ai-ui-message-stream': 'v1' },
    encoder: () => new AiSdkEncoder(messageId, metadata, exposeErrors),
    // The client uses the body as the message of its error.
    failure: (error) => ({
      contentType: 'text/plain; charset=utf-8',
      body: errorJson(error, exposeErrors).message,
    }),
  })
}

function defaultMetadata({ model, usage }: CompleteEvent): unknown {
  return { model, usage }
}

/** The part of the message that is being written. */
interface OpenPart {
  index: number
  kind: 'text' | 'reasoning'
  id: string
  signature?: string | undefined
  redacted?: true | undefined
}

class AiSdkEncoder extends DataEncoder {
  readonly #messageId: string | undefined
  readonly #metadata: (event: CompleteEvent) => unknown
  readonly #exposeErrors: boolean
  /** The id of the stream, which is that of its message. */
  #id = 'unknown'
  #open: OpenPart | undefined
  #parts = 0
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

  constructor(
    messageId: string | undefined,
    metadata: (event: CompleteEvent) => unknown,
    exposeErrors: boolean,
  ) {
    super()
    this.#messageId = messageId
    this.#metadata = metadata
    this.#exposeErrors = exposeErrors
  }

  protected encodeEvent(event: StreamEvent): void {
    if (event.type === 'content') this.#content(event)
    else if (event.type === 'start') this.#start(event.id)
    else if (event.type === 'retry') this.#retry(event)
    else {
      if (event.type === 'complete') this.#complete(event)
      else this.#error(event)
      this.out += 'data: [DONE]\n\n'
    }
  }

  #write(part: { type: string } & Record<string, unknown>): void {
    this.write(part)
  }

  #start(id: string): void {
    this.#id = id
    this.#isBetweenSteps = true
    this.#write({ type: 'start', messageId: this.#messageId })
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
    this.#close()
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
      case 'reasoning': {
        const open = this.#openPart(event)
        if (event.signature !== undefined) open.signature = event.signature
        if (event.text === '') return
        return this.#write({ type: `${event.kind}-delta`, id: open.id, delta: event.text })
      }
      case 'tool-call': {
        const { id: toolCallId, name: toolName, input } = event
        if (!this.#calls.has(event.index)) {
          this.#close()
          this.#calls.set(event.index, toolCallId)
          this.#write({ type: 'tool-input-start', toolCallId, toolName })
        }
        if (input === '') return
        return this.#write({ type: 'tool-input-delta', toolCallId, inputTextDelta: input })
      }
      case 'source':
        return this.#source(event)
      case 'file': {
        const { mediaType, data, partial, signature } = event
        // The protocol cannot replace a preview.
        if (partial) return
        const url = `data:${mediaType};base64,${data}`
        return this.#write({ type: 'file', url, mediaType, ...metadataOf({ signature }) })
      }
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
    const { index, id: toolCallId, output = null, content, isError, preliminary } = event
    this.#floor = Math.max(this.#floor, index + 1)
    this.#results.add(event)
    const isOurs = [...this.#calls.values()].includes(toolCallId)
    if (isOurs) {
      this.#close()
      // Tools run for whole steps only.
      this.#giveCalls()
      this.#answered = true
    }
    const kept = content === undefined ? {} : { providerMetadata: { sluice: { content } } }
    if (!isError) {
      const result = { toolCallId, output, preliminary, ...kept }
      this.#write({ type: 'tool-output-available', ...result })
    } else if (!isOurs && typeof output === 'string' && output.startsWith(denied)) {
      this.#write({ type: 'tool-output-denied', toolCallId })
    } else {
      const errorText = typeof output === 'string' ? output : JSON.stringify(output)
      this.#write({ type: 'tool-output-error', toolCallId, errorText, ...kept })
    }
  }

  /** Sends the calls of the step with their arguments. */
  #giveCalls(): void {
    if (this.#given.step >= this.#calls.size) return
    const calls = callsOf(this.#step.message(false))
    for (const call of calls.slice(this.#given.step)) this.#giveCall(call)
    this.#given.step = calls.length
  }

  #giveCall({
    id: toolCallId,
    name: toolName,
    input,
    signature,
    seal,
    error,
    custom,
  }: ToolCallPart) {
    const about = seal === undefined ? {} : { seal, messageId: this.#id }
    const call = { toolCallId, toolName, input, ...metadataOf({ signature, custom, ...about }) }
    const errorText = error ?? (typeof input === 'string' && !custom ? notJson : undefined)
    if (errorText === undefined) this.#write({ type: 'tool-input-available', ...call })
    else this.#write({ type: 'tool-input-error', ...call, errorText })
  }

  #openPart(event: ContentEvent & { kind: 'text' | 'reasoning' }): OpenPart {
    const { index, kind } = event
    if (this.#open?.index === index) return this.#open
    this.#close()
    const id = String(this.#parts++)
    this.#write({ type: `${kind}-start`, id })
    this.#open = { index, kind, id, redacted: 'redacted' in event ? event.redacted : undefined }
    return this.#open
  }

  #close(): void {
    if (this.#open === undefined) return
    const { kind, id, signature, redacted } = this.#open
    this.#open = undefined
    this.#write({ type: `${kind}-end`, id, ...metadataOf({ signature, redacted }) })
  }

  #source({ url, title }: { url?: string; title?: string }): void {
    const sourceId = `source-${this.#parts++}`
    if (url !== undefined) this.#write({ type: 'source-url', sourceId, url, title })
    else if (title !== undefined) {
      this.#write({ type: 'source-document', sourceId, mediaType: 'text/plain', title })
    }
  }

  #retry(event: RetryEvent): void {
    const { type: _type, error, usage: _usage, ...told } = event
    if (event.mode === 'restart' && this.#last >= (event.from ?? 0)) this.#restart(event)
    if (this.ended !== undefined) return
    const data = { ...told, error: errorJson(error, this.#exposeErrors) }
    this.#write({ type: 'data-retry', data, transient: true })
  }

  #restart(event: RetryEvent): void {
    const { from = 0, error } = event
    if (from < this.#floor) {
      this.ended = retracted(error, "an earlier step in the AI SDK's protocol")
      return this.#fail(this.ended)
    }
    this.#write({ type: 'reset-step' })
    this.#step.add(event)
    const kept = this.#step.message().content as readonly OutputPart[]
    this.#open = undefined
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
    this.#close()
    const { step, before } = this.#given
    for (const call of callsOf(event.message).slice(step + before)) this.#giveCall(call)
    for (const { id, for: reason } of event.waiting ?? []) {
      if (reason !== 'approval') continue
      const approvalId = `${this.#id}/${id}`
      this.#write({ type: 'tool-approval-request', approvalId, toolCallId: id })
    }
    if (!this.#isBetweenSteps) this.#write({ type: 'finish-step' })
    const finishReason = finishReasons[event.finishReason]
    this.#write({ type: 'finish', finishReason, messageMetadata: this.#metadata(event) })
  }

  #error(event: ErrorEvent): void {
    const { error } = event
    for (const result of this.#results.missingFrom(event, this.#last + 1)) this.#content(result)
    if (errorJson(error, false).code !== 'aborted') return this.#fail(error)
    this.#close()
    this.#write({ type: 'abort' })
    // The client treats `abort` alone as a complete message.
    this.#write({ type: 'finish', finishReason: 'interrupted' })
  }

  #fail(error: unknown): void {
    this.#write({ type: 'error', errorText: errorJson(error, this.#exposeErrors).message })
  }
}

const notJson = 'The arguments of this call are not valid JSON.'

const finishReasons: Record<FinishReason, string> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool-calls',
  'content-filter': 'content-filter',
  pause: 'other',
  other: 'other',
}

/** The metadata that has to be sent back with the part in the next request. */
function metadataOf(values: Record<string, unknown>): object {
  const known = Object.entries(values).filter(([, value]) => value !== undefined)
  return known.length === 0 ? {} : { providerMetadata: { sluice: Object.fromEntries(known) } }
}

function callsOf({ content }: AssistantMessage): ToolCallPart[] {
  return typeof content === 'string' ? [] : content.filter((part) => part.type === 'tool-call')
}
