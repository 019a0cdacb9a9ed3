/**
 * Events as the UI message stream of the AI SDK.
 *
 * @module
 * @see https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
 */

import { checkOptions, func, type Rules, string } from '../base/check-options.js'
import type {
  CompleteEvent,
  ContentEvent,
  ErrorEvent,
  FinishReason,
  RetryEvent,
  StreamEvent,
} from '../base/events.js'
import type { Format } from '../base/stream-format.js'
import { DataEncoder } from './data-encoder.js'
import { errorJson } from './error-json.js'
import { type StreamFormatOptions, streamFormatRules, streamSettings } from './options.js'
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
 * support `reset-step`. A restart is `reset-step`, which removes the parts of the failed attempt
 * from the message. Each retry is also sent as a transient part `data-retry`, for `onData`. Tool
 * calls are sent once the answer is complete. A cancelled stream ends in `abort` and the finish
 * reason `interrupted`, any other failure in `error`.
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
  #open: OpenPart | undefined
  #parts = 0
  /** Whether the step has content that a restart has to remove. */
  #written = false
  readonly #toolCalls = new Set<number>()

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
    else if (event.type === 'start') this.#start()
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

  #start(): void {
    this.#write({ type: 'start', messageId: this.#messageId })
    this.#write({ type: 'start-step' })
  }

  #content(event: ContentEvent): void {
    this.#written = true
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
        if (!this.#toolCalls.has(event.index)) {
          this.#close()
          this.#toolCalls.add(event.index)
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
        return this.#write({ type: 'file', url, mediaType, ...signed(signature) })
      }
      case 'provider': {
        const { index, name, origin, data, partial } = event
        // A part with the id of an earlier one replaces it.
        const block = { name, origin, data, ...(partial ? { partial } : {}) }
        return this.#write({ type: 'data-provider', id: `provider-${index}`, data: block })
      }
    }
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
    this.#write({ type: `${kind}-end`, id, ...signed(signature, redacted) })
  }

  #source({ url, title }: { url?: string; title?: string }): void {
    const sourceId = `source-${this.#parts++}`
    if (url !== undefined) this.#write({ type: 'source-url', sourceId, url, title })
    else if (title !== undefined) {
      this.#write({ type: 'source-document', sourceId, mediaType: 'text/plain', title })
    }
  }

  #retry(event: RetryEvent): void {
    if (event.mode === 'restart' && this.#written) {
      this.#written = false
      this.#open = undefined
      this.#toolCalls.clear()
      this.#write({ type: 'reset-step' })
    }
    const { type: _type, error, usage: _usage, ...told } = event
    const data = { ...told, error: errorJson(error, this.#exposeErrors) }
    this.#write({ type: 'data-retry', data, transient: true })
  }

  #complete(event: CompleteEvent): void {
    this.#close()
    const content = typeof event.message.content === 'string' ? [] : event.message.content
    for (const part of content) {
      if (part.type !== 'tool-call') continue
      const { id: toolCallId, name: toolName, input, signature } = part
      const call = { toolCallId, toolName, input, ...signed(signature) }
      if (typeof input !== 'string') this.#write({ type: 'tool-input-available', ...call })
      else this.#write({ type: 'tool-input-error', ...call, errorText: notJson })
    }
    this.#write({ type: 'finish-step' })
    const finishReason = finishReasons[event.finishReason]
    this.#write({ type: 'finish', finishReason, messageMetadata: this.#metadata(event) })
  }

  #error({ error }: ErrorEvent): void {
    const { code, message } = errorJson(error, this.#exposeErrors)
    if (code !== 'aborted') return this.#write({ type: 'error', errorText: message })
    this.#close()
    this.#write({ type: 'abort' })
    // The client treats `abort` alone as a complete message.
    this.#write({ type: 'finish', finishReason: 'interrupted' })
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
function signed(signature: string | undefined, redacted?: true): object {
  if (signature === undefined) return {}
  return { providerMetadata: { sluice: redacted ? { signature, redacted } : { signature } } }
}
