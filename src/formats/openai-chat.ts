/**
 * Events as the chunks of OpenAI's Chat Completions.
 *
 * @module
 * @see https://platform.openai.com/docs/api-reference/chat-streaming
 */

import { checkOptions, flag, type Rules, string } from '../base/check-options.js'
import { StreamError, type StreamErrorCode } from '../base/errors.js'
import type { ContentEvent, FinishReason, StreamEvent, Usage } from '../base/events.js'
import type { Format } from '../base/stream-format.js'
import { DataEncoder } from './data-encoder.js'
import { errorJson } from './error-json.js'
import { type StreamFormatOptions, streamFormatRules, streamSettings } from './options.js'
import { retracted } from './retracted.js'
import { eventStream } from './server-sent-events.js'

/** Options of `openaiChat()`. */
export interface OpenaiChatOptions extends StreamFormatOptions {
  /**
   * The model name that the client receives.
   * @default the model that was requested
   */
  model?: string
  /**
   * Send the usage in a last chunk, which clients request by `stream_options.include_usage`.
   * @default false
   */
  includeUsage?: boolean
  /**
   * Begin the response with the first content, so that an earlier failure becomes a real HTTP
   * status with an error in OpenAI's form.
   * @default true
   */
  earlyStatus?: boolean
}

const rules: Rules<OpenaiChatOptions> = {
  ...streamFormatRules,
  model: string,
  includeUsage: flag,
}

/**
 * For the `openai` SDK and everything else that reads OpenAI's chunks. Reasoning is
 * `reasoning_content` and images are `images`, like on other servers with this format. A failure
 * after the first content is `data: {"error":...}`, which the SDK throws. Tool calls are sent at the
 * end of the answer, and only those that wait: the client does not see calls that were run here.
 * Chunks cannot be retracted: a restart of a step of which content has been sent becomes an error of
 * code `retracted`.
 *
 * @throws TypeError for an invalid option
 */
export function openaiChat(options: OpenaiChatOptions = {}): Format {
  checkOptions('openaiChat', options, rules)
  const { model, includeUsage = false, earlyStatus = true } = options
  const settings = streamSettings({ ...options, earlyStatus })
  const { exposeErrors } = settings
  return eventStream(settings, {
    encoder: () => new OpenaiChatEncoder(model, includeUsage, exposeErrors),
    failure: (error) => ({
      contentType: 'application/json',
      body: JSON.stringify(errorBody(error, exposeErrors)),
    }),
  })
}

class OpenaiChatEncoder extends DataEncoder {
  readonly #model: string | undefined
  readonly #includeUsage: boolean
  readonly #exposeErrors: boolean
  /** The first fields of every chunk. */
  #head: Record<string, unknown> = {}
  /** Calls, by content block. They are sent at the end, once it is known that they wait. */
  readonly #calls = new Map<number, { id: string; name: string; arguments: string }>()
  /** The last block that has been sent; -1 for none. */
  #last = -1

  constructor(model: string | undefined, includeUsage: boolean, exposeErrors: boolean) {
    super()
    this.#model = model
    this.#includeUsage = includeUsage
    this.#exposeErrors = exposeErrors
  }

  protected encodeEvent(event: StreamEvent): void {
    switch (event.type) {
      case 'start':
        return this.#start(event.id, event.model)
      case 'content':
        return this.#content(event)
      case 'retry':
        if (event.mode !== 'restart') return
        this.#dropCalls(event.from)
        if (this.#last < (event.from ?? 0)) return
        this.ended = retracted(event.error, "OpenAI's chat format")
        return this.write(errorBody(this.ended, this.#exposeErrors))
      case 'complete':
        this.#sendCalls()
        this.#chunk({}, finishReasons[event.finishReason])
        this.#usage(event.usage)
        this.out += 'data: [DONE]\n\n'
        return
      case 'error':
        this.write(errorBody(event.error, this.#exposeErrors))
    }
  }

  #start(id: string, model: string): void {
    this.#head = {
      id: `chatcmpl-${id}`,
      object: 'chat.completion.chunk',
      created: Math.floor(Date.now() / 1000),
      model: this.#model ?? model,
      // Like OpenAI, if usage was requested: null in all chunks but the last.
      ...(this.#includeUsage ? { usage: null } : {}),
    }
    this.#chunk({ role: 'assistant', content: '' })
  }

  #delta({ index }: ContentEvent, delta: object): void {
    this.#last = Math.max(this.#last, index)
    this.#chunk(delta)
  }

  #chunk(delta: object, finishReason: string | null = null): void {
    const choices = [{ index: 0, delta, finish_reason: finishReason }]
    this.write({ ...this.#head, choices })
  }

  #content(event: ContentEvent): void {
    switch (event.kind) {
      case 'text':
        if (event.text !== '') this.#delta(event, { content: event.text })
        break
      case 'reasoning':
        if (event.text !== '') this.#delta(event, { reasoning_content: event.text })
        break
      case 'tool-call':
        this.#toolCall(event)
        break
      case 'tool-result':
        if (!event.preliminary) this.#dropCall(event.id)
        break
      case 'source': {
        const { url, title } = event
        if (url === undefined) break
        const annotation = { type: 'url_citation', url_citation: { url, title } }
        this.#delta(event, { annotations: [annotation] })
        break
      }
      case 'file': {
        // The protocol cannot replace a preview.
        if (event.partial) break
        const url = `data:${event.mediaType};base64,${event.data}`
        this.#delta(event, { images: [{ type: 'image_url', image_url: { url } }] })
        break
      }
      case 'provider':
      // Chat Completions has no place for it.
    }
  }

  #toolCall({ index, id, name, input }: ContentEvent & { kind: 'tool-call' }): void {
    const call = this.#calls.get(index)
    if (call === undefined) this.#calls.set(index, { id, name, arguments: input })
    else call.arguments += input
  }

  /** A call that has a result was answered here. Models may use an id twice. */
  #dropCall(id: string): void {
    for (const [index, call] of this.#calls) {
      if (call.id === id) return void this.#calls.delete(index)
    }
  }

  #dropCalls(from: number = 0): void {
    for (const index of this.#calls.keys()) if (index >= from) this.#calls.delete(index)
  }

  #sendCalls(): void {
    let index = 0
    for (const { id, ...call } of this.#calls.values()) {
      this.#chunk({ tool_calls: [{ index: index++, id, type: 'function', function: call }] })
    }
  }

  #usage(usage: Usage): void {
    const { inputTokens, outputTokens, totalTokens } = usage
    // Counts that the provider did not report are left out, not set to zero.
    if (!this.#includeUsage || inputTokens === undefined || outputTokens === undefined) return
    const { cachedInputTokens: cached_tokens, reasoningTokens: reasoning_tokens } = usage
    this.write({
      ...this.#head,
      choices: [],
      usage: {
        prompt_tokens: inputTokens,
        completion_tokens: outputTokens,
        total_tokens: totalTokens ?? inputTokens + outputTokens,
        ...(cached_tokens === undefined ? {} : { prompt_tokens_details: { cached_tokens } }),
        ...(reasoning_tokens === undefined
          ? {}
          : { completion_tokens_details: { reasoning_tokens } }),
      },
    })
  }
}

const finishReasons: Record<FinishReason, string> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  pause: 'stop',
  other: 'stop',
}

/** OpenAI's own words, if it has any. */
const words: Partial<Record<StreamErrorCode, { type: string; code?: string }>> = {
  'rate-limit': { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  quota: { type: 'insufficient_quota', code: 'insufficient_quota' },
  'invalid-request': { type: 'invalid_request_error' },
  'context-length': { type: 'invalid_request_error', code: 'context_length_exceeded' },
  'content-filter': { type: 'invalid_request_error', code: 'content_filter' },
}

function errorBody(error: StreamError, exposeErrors: boolean): object {
  const { code, message } = errorJson(error, exposeErrors)
  return { error: { message, type: 'server_error', param: null, code, ...words[code] } }
}
