/**
 * Reads what the Chat Completions API streams, and what the many servers that imitate it do instead.
 *
 * @module
 * @see https://platform.openai.com/docs/api-reference/chat-streaming
 */

import { providerError } from '../../transport/provider-error.js'
import type { WireDecoder } from '../../transport/wire.js'
import type { Completion, ContentEvent, FinishReason, Usage } from '../../types.js'
import {
  compact,
  isErrorBody,
  isRecord,
  type Json,
  parseEventData,
  recordsOf,
  textOf,
} from '../json.js'
import { ToolCalls } from './tool-calls.js'
import { readUsage } from './usage.js'

const finishReasons = new Map<string, FinishReason>(
  Object.entries({
    stop: 'stop',
    eos: 'stop',
    eos_token: 'stop',
    stop_sequence: 'stop',
    end_turn: 'stop',
    length: 'length',
    max_tokens: 'length',
    tool_calls: 'tool-calls',
    function_call: 'tool-calls',
    tool_use: 'tool-calls',
    content_filter: 'content-filter',
  }),
)

/**
 * Words that say that the server gave up, although no error object may come with them: Mistral, OpenRouter and vLLM; DeepSeek.
 * What has come until then is not an answer.
 */
const failures = new Set(['error', 'abort', 'insufficient_system_resource'])

export class ChatDecoder implements WireDecoder {
  readonly #provider: string
  readonly #toolCalls = new ToolCalls()
  ended = false
  #blocks = 0
  /** The kind of the block that text or reasoning goes on in. */
  #open: 'text' | 'reasoning' | undefined
  #openIndex = 0
  #finish: string | undefined
  #refused = false
  #usage: unknown
  #model: string | undefined
  #responseId: string | undefined
  #sources: Set<string> | undefined

  constructor(provider: string) {
    this.#provider = provider
  }

  decode(data: string, event: string | undefined, out: ContentEvent[]): void {
    if (data === '[DONE]') {
      this.ended = true
      return
    }
    const chunk = parseEventData(data, this.#provider, event)
    if (typeof chunk.model === 'string' && chunk.model !== '') this.#model = chunk.model
    if (typeof chunk.id === 'string' && chunk.id !== '') this.#responseId ??= chunk.id
    if (isRecord(chunk.usage)) this.#usage = chunk.usage
    else if (isRecord(chunk.x_groq) && isRecord(chunk.x_groq.usage))
      this.#usage = chunk.x_groq.usage
    if (Array.isArray(chunk.choices)) {
      for (const choice of chunk.choices) {
        // With n > 1 the other answers are not part of this one.
        if (isRecord(choice) && (choice.index ?? 0) === 0) this.#choice(choice, out)
      }
    }
    if (chunk.citations !== undefined || chunk.search_results !== undefined) {
      this.#citations(chunk, out)
    }
    // vLLM sends its errors flat, with `object: 'error'`.
    if (event === 'error' || isErrorBody(chunk.error) || chunk.object === 'error') {
      throw providerError({ provider: this.#provider, body: chunk })
    }
    if (this.#finish !== undefined && failures.has(this.#finish)) {
      const message = `The answer ended with finish_reason "${this.#finish}".`
      throw providerError({ provider: this.#provider, body: { message, code: this.#finish } })
    }
  }

  finished(): Completion | undefined {
    if (this.#finish === undefined && !this.ended) return undefined
    return {
      finishReason: this.#finishReason(),
      usage: this.usage(),
      ...compact({
        rawFinishReason: this.#finish,
        model: this.#model,
        responseId: this.#responseId,
      }),
    }
  }

  usage(): Usage {
    return readUsage(this.#usage)
  }

  #choice(choice: Json, out: ContentEvent[]): void {
    // `message` beside `delta` (Perplexity) repeats all text so far.
    const { delta } = choice
    if (isRecord(delta)) this.#delta(delta, out)
    else if (isRecord(choice.message) && this.#blocks === 0) this.#delta(choice.message, out)
    if (typeof choice.finish_reason === 'string' && choice.finish_reason !== '') {
      this.#finish = choice.finish_reason
    }
    if (isErrorBody(choice.error)) throw providerError({ provider: this.#provider, body: choice })
  }

  #delta(delta: Json, out: ContentEvent[]): void {
    const reasoning = textOf(delta.reasoning_content) ?? textOf(delta.reasoning)
    if (reasoning !== undefined) this.#reasoning(reasoning, undefined, out)
    if (delta.reasoning_details !== undefined) {
      this.#reasoningDetails(delta.reasoning_details, reasoning !== undefined, out)
    }
    const { content } = delta
    if (typeof content === 'string') {
      if (content !== '') this.#text(content, out)
    } else if (Array.isArray(content)) {
      for (const part of recordsOf(content)) this.#contentPart(part, out)
    }
    if (delta.refusal) this.#refusal(delta.refusal, out)
    if (delta.tool_calls || delta.function_call) this.#calls(delta, out)
    if (delta.images) this.#images(delta.images, out)
    if (delta.annotations) this.#annotations(delta.annotations, out)
  }

  #text(text: string, out: ContentEvent[]): void {
    if (this.#open !== 'text') this.#begin('text')
    out.push({ type: 'content', index: this.#openIndex, kind: 'text', text })
  }

  #reasoning(text: string, signature: string | undefined, out: ContentEvent[]): void {
    if (this.#open !== 'reasoning') this.#begin('reasoning')
    const index = this.#openIndex
    if (signature === undefined) out.push({ type: 'content', index, kind: 'reasoning', text })
    else out.push({ type: 'content', index, kind: 'reasoning', text, signature })
  }

  #begin(kind: 'text' | 'reasoning' | undefined): number {
    this.#open = kind
    this.#openIndex = this.#blocks++
    return this.#openIndex
  }

  /**
   * OpenRouter's form, and Snowflake's only one. Beside `reasoning` it repeats the text. Only Claude's signatures are kept: this
   * wire takes none back, and the wire that does, Anthropic's own, refuses those of others.
   */
  #reasoningDetails(details: unknown, textKnown: boolean, out: ContentEvent[]): void {
    for (const detail of recordsOf(details)) {
      const signed = textOf(detail.format)?.startsWith('anthropic') === true
      const data = signed ? textOf(detail.data) : undefined
      if (data !== undefined) {
        const index = this.#begin(undefined)
        out.push({
          type: 'content',
          index,
          kind: 'reasoning',
          text: '',
          signature: data,
          redacted: true,
        })
        continue
      }
      const text = textKnown ? '' : (textOf(detail.text) ?? textOf(detail.summary) ?? '')
      const signature = signed ? textOf(detail.signature) : undefined
      if (text !== '' || signature !== undefined) this.#reasoning(text, signature, out)
    }
  }

  /** Mistral sends content as parts once a model thinks. */
  #contentPart(part: Json, out: ContentEvent[]): void {
    if (part.type === 'thinking') {
      const thinking =
        typeof part.thinking === 'string' ? [{ text: part.thinking }] : recordsOf(part.thinking)
      for (const { text } of thinking) {
        if (textOf(text) !== undefined) this.#reasoning(text as string, undefined, out)
      }
    } else if (textOf(part.text) !== undefined) {
      this.#text(part.text as string, out)
    }
  }

  #refusal(refusal: unknown, out: ContentEvent[]): void {
    const text = textOf(refusal)
    if (text === undefined) return
    this.#refused = true
    this.#text(text, out)
  }

  #calls(delta: Json, out: ContentEvent[]): void {
    const calls = recordsOf(delta.tool_calls)
    if (isRecord(delta.function_call)) calls.push({ index: 0, function: delta.function_call })
    for (const call of calls) {
      const event = this.#toolCalls.add(call, () => this.#begin(undefined))
      if (event !== undefined) out.push(event)
    }
  }

  #images(images: unknown, out: ContentEvent[]): void {
    for (const image of recordsOf(images)) {
      const url = isRecord(image.image_url) ? textOf(image.image_url.url) : undefined
      const match = url === undefined ? null : /^data:([^;,]+);base64,(.*)$/s.exec(url)
      if (match === null) continue
      const [, mediaType = '', data = ''] = match
      out.push({ type: 'content', index: this.#begin(undefined), kind: 'file', mediaType, data })
    }
  }

  #annotations(annotations: unknown, out: ContentEvent[]): void {
    for (const annotation of recordsOf(annotations)) {
      const citation = annotation.url_citation
      if (isRecord(citation))
        this.#source(textOf(citation.url), textOf(citation.title), annotation, out)
    }
  }

  /** Perplexity repeats both lists with every chunk. */
  #citations(chunk: Json, out: ContentEvent[]): void {
    const titles = new Map(
      recordsOf(chunk.search_results).map(({ url, title }) => [url, textOf(title)]),
    )
    for (const url of Array.isArray(chunk.citations) ? chunk.citations : []) {
      this.#source(textOf(url), titles.get(url), undefined, out)
    }
    for (const [url, title] of titles) this.#source(textOf(url), title, undefined, out)
  }

  #source(
    url: string | undefined,
    title: string | undefined,
    raw: unknown,
    out: ContentEvent[],
  ): void {
    if (url === undefined) return
    this.#sources ??= new Set()
    if (this.#sources.has(url)) return
    this.#sources.add(url)
    // A source stands beside the text and does not break it.
    const index = this.#blocks++
    out.push({ type: 'content', index, kind: 'source', url, ...compact({ title, raw }) })
  }

  #finishReason(): FinishReason {
    if (this.#refused) return 'content-filter'
    const reason =
      this.#finish === undefined ? 'stop' : finishReasons.get(this.#finish.toLowerCase())
    // Some servers say "stop" although they wait for the results of calls.
    if (reason === 'stop' && this.#toolCalls.any) return 'tool-calls'
    return reason ?? 'other'
  }
}
