/**
 * Reads the stream of the Chat Completions API and of the many servers that imitate it.
 *
 * @module
 * @see https://platform.openai.com/docs/api-reference/chat-streaming
 */

import type { Completion } from '../../base/driver.js'
import type { StreamError } from '../../base/errors.js'
import type { ContentEvent, FinishReason, Usage } from '../../base/events.js'
import { isErrorBody, isErrorObject } from '../../http/error-body.js'
import { providerError } from '../../http/provider-error.js'
import type { WireDecoder } from '../../http/wire-decoder.js'
import { parseEventData } from '../event-data.js'
import { finishFailure } from '../finish-failure.js'
import { compact, isRecord, type Json, recordsOf, textOf } from '../read-json.js'
import { Sources } from './citations.js'
import { finishReasonOf } from './finish-reason.js'
import { readDetail, toDetails } from './reasoning.js'
import { ToolCalls } from './tool-calls.js'
import { readUsage, saysTokens } from './usage.js'

export class ChatDecoder implements WireDecoder {
  readonly #provider: string
  readonly #toolCalls = new ToolCalls(() => this.#begin(undefined))
  readonly #sources = new Sources()
  ended = false
  #blocks = 0
  /** The kind of the block that receives text or reasoning. */
  #open: 'text' | 'reasoning' | undefined
  #openIndex = 0
  #finish: string | undefined
  #reason: FinishReason = 'stop'
  /** The error that the finish reason names. */
  #failure: StreamError | undefined
  #refused = false
  #usage: unknown
  #model: string | undefined
  #responseId: string | undefined

  constructor(provider: string) {
    this.#provider = provider
  }

  decode(data: string, event: string | undefined, out: ContentEvent[]): void {
    if (isDone(data)) {
      this.ended = true
      this.#finishCalls(out)
      return
    }
    const chunk = parseEventData(data, this.#provider, event)
    this.#model = textOf(chunk.model) ?? this.#model
    this.#responseId ??= textOf(chunk.id)
    const { choices } = chunk
    if (Array.isArray(choices)) {
      for (const choice of choices) {
        // With n > 1 the other answers are not part of this one.
        if (isRecord(choice) && Number(choice.index ?? 0) === 0) this.#choice(choice, out)
      }
    }
    this.#count(chunk.usage)
    if (isRecord(chunk.x_groq)) this.#groq(chunk.x_groq)
    if (chunk.citations !== undefined || chunk.search_results !== undefined) {
      this.#cite(this.#sources.lists(chunk), out)
    }
    const failed = Array.isArray(choices) ? isErrorBody(chunk.error) : isErrorObject(chunk)
    if (failed || event === 'error') {
      throw providerError({ provider: this.#provider, body: chunk })
    }
    if (this.#failure !== undefined) throw this.#failure
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

  /** Ignores an empty count, and a count of 0 after a real one. */
  #count(usage: unknown): void {
    if (isRecord(usage) && (this.#usage === undefined || saysTokens(usage))) this.#usage = usage
  }

  #groq({ usage, error }: Json): void {
    this.#count(usage)
    if (isErrorBody(error)) throw providerError({ provider: this.#provider, body: { error } })
  }

  #choice(choice: Json, out: ContentEvent[]): void {
    // `message` alongside `delta` (Perplexity) repeats all text so far.
    const { delta } = choice
    if (isRecord(delta)) this.#delta(delta, out)
    else if (isRecord(choice.message) && this.#blocks === 0) this.#delta(choice.message, out)
    const finish = textOf(choice.finish_reason)
    if (finish !== undefined && finish.toLowerCase() !== 'null') {
      this.#finishWith(finish)
      this.#finishCalls(out)
    }
    // Moonshot
    if (choice.usage !== undefined) this.#count(choice.usage)
    if (isErrorBody(choice.error)) throw providerError({ provider: this.#provider, body: choice })
  }

  #delta(delta: Json, out: ContentEvent[]): void {
    const reasoning = textOf(delta.reasoning_content) ?? textOf(delta.reasoning)
    if (reasoning !== undefined) this.#reasoning(reasoning, undefined, out)
    if (delta.reasoning_details !== undefined) {
      this.#reasoningDetails(delta.reasoning_details, reasoning !== undefined, out)
    } else if (delta.thinking_blocks !== undefined) {
      this.#reasoningDetails(toDetails(delta.thinking_blocks), reasoning !== undefined, out)
    }
    const { content } = delta
    if (typeof content === 'string') this.#text(content, out)
    else for (const part of recordsOf(content)) this.#contentPart(part, out)
    if (delta.refusal) this.#refusal(delta.refusal, out)
    if (delta.tool_calls || delta.function_call) this.#calls(delta, out)
    if (delta.images) this.#images(delta.images, out)
    if (delta.annotations) this.#cite(this.#sources.annotations(delta.annotations), out)
  }

  #text(text: string, out: ContentEvent[]): void {
    if (text === '') return
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

  /** OpenRouter's form, and Snowflake's only one. Alongside `reasoning` it repeats the text. */
  #reasoningDetails(details: unknown, textKnown: boolean, out: ContentEvent[]): void {
    for (const detail of recordsOf(details)) {
      const { text, signature, redacted } = readDetail(detail, this.#model)
      if (redacted) {
        const index = this.#begin(undefined)
        const part = { text, redacted, ...compact({ signature }) }
        out.push({ type: 'content', index, kind: 'reasoning', ...part })
      } else if (signature !== undefined || (text !== '' && !textKnown)) {
        this.#reasoning(textKnown ? '' : text, signature, out)
      }
    }
  }

  /** Mistral sends content as parts when a model reasons. */
  #contentPart(part: Json, out: ContentEvent[]): void {
    if (part.type === 'thinking') {
      const thinking =
        typeof part.thinking === 'string' ? [{ text: part.thinking }] : recordsOf(part.thinking)
      for (const { text } of thinking) {
        if (textOf(text) !== undefined) this.#reasoning(text as string, undefined, out)
      }
    } else if (typeof part.text === 'string') {
      this.#text(part.text, out)
    } else if (part.image_url !== undefined) {
      this.#images([part], out)
    }
  }

  #refusal(refusal: unknown, out: ContentEvent[]): void {
    const text = textOf(refusal)
    if (text === undefined) return
    this.#refused = true
    this.#text(text, out)
  }

  #calls(delta: Json, out: ContentEvent[]): void {
    const { tool_calls: list } = delta
    const calls = isRecord(list) ? [list] : recordsOf(list)
    if (isRecord(delta.function_call)) calls.push({ index: 0, function: delta.function_call })
    for (const call of calls) {
      const event = this.#toolCalls.add(call)
      if (event !== undefined) out.push(event)
    }
  }

  #finishCalls(out: ContentEvent[]): void {
    for (const event of this.#toolCalls.finish()) out.push(event)
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

  #cite(sources: ReturnType<Sources['lists']>, out: ContentEvent[]): void {
    for (const source of sources) {
      // A source does not interrupt the text.
      out.push({ type: 'content', index: this.#blocks++, kind: 'source', ...source })
    }
  }

  #finishWith(finish: string): void {
    this.#finish = finish
    const word = finish.toLowerCase().replace(/[\s-]/g, '_')
    const reason = finishReasonOf(word)
    this.#reason = reason ?? 'other'
    if (reason === undefined) this.#failure = finishFailure(this.#provider, word)
  }

  #finishReason(): FinishReason {
    if (this.#refused) return 'content-filter'
    // Some servers send "stop" although they wait for the results of calls.
    return this.#reason === 'stop' && this.#toolCalls.any ? 'tool-calls' : this.#reason
  }
}

/** Some write it with spaces, or as JSON. */
function isDone(data: string): boolean {
  return !data.startsWith('{') && /^\s*"?\[DONE\]"?\s*$/.test(data)
}
