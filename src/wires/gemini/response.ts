/**
 * Reads the stream of `streamGenerateContent` of the Gemini API and of Vertex AI.
 *
 * @module
 * @see https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse
 */

import type { FileContent } from '../../base/content-kinds.js'
import type { Completion } from '../../base/driver.js'
import type { ContentEvent, FinishReason, RawEnd, Usage } from '../../base/events.js'
import { compact, countOf, isRecord, type Json, textOf } from '../../base/read-json.js'
import { isErrorBody, isErrorObject } from '../../http/error-body.js'
import { providerError } from '../../http/provider-error.js'
import type { WireDecoder } from '../../http/wire-decoder.js'
import { parseEventData } from '../event-data.js'
import { finishFailure } from '../finish-failure.js'
import { makerOf, originOf, sign } from '../signature.js'
import { sourcesOf } from './citations.js'
import { FunctionCalls } from './function-calls.js'
import { nameOfPart } from './provider-parts.js'
import { RawRecord } from './raw-end.js'

const finishReasons = new Map<string, FinishReason>([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  // Servers that imitate Google's
  ['FUNCTION_CALL', 'tool-calls'],
  ['FUNCTION_CALLS', 'tool-calls'],
  ['TOOL_CALL', 'tool-calls'],
  ['TOOL_CALLS', 'tool-calls'],
  ['TOOL_USE', 'tool-calls'],
  ['SAFETY', 'content-filter'],
  ['RECITATION', 'content-filter'],
  ['BLOCKLIST', 'content-filter'],
  ['PROHIBITED_CONTENT', 'content-filter'],
  ['SPII', 'content-filter'],
  ['MODEL_ARMOR', 'content-filter'],
  ['IMAGE_SAFETY', 'content-filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content-filter'],
  ['IMAGE_RECITATION', 'content-filter'],
])

export class GeminiDecoder implements WireDecoder {
  readonly #provider: string
  readonly #calls: FunctionCalls
  /** Parts and counts may follow a finish reason, so the body is read to its end. */
  readonly ended = false
  #blocks = 0
  /** The kind of the block that receives text or reasoning. */
  #open: 'text' | 'reasoning' | undefined
  #openIndex = 0
  /** Whether that block has its signature. */
  #signed = false
  #finish: string | undefined
  /** Why the prompt was refused. */
  #blocked: string | undefined
  readonly #raw = new RawRecord()
  #model: string | undefined
  #responseId: string | undefined
  #sources: Set<string> | undefined

  constructor(provider: string) {
    this.#provider = provider
    this.#calls = new FunctionCalls(provider)
  }

  decode(data: string, event: string | undefined, out: ContentEvent[]): void {
    const chunk = parseEventData(data, this.#provider, event)
    if (typeof chunk.modelVersion === 'string' && chunk.modelVersion !== '') {
      this.#model = chunk.modelVersion
    }
    if (typeof chunk.responseId === 'string' && chunk.responseId !== '') {
      this.#responseId ??= chunk.responseId
    }
    if (isRecord(chunk.usageMetadata)) this.#raw.countUsage(chunk.usageMetadata)
    if (Array.isArray(chunk.candidates)) {
      for (const candidate of chunk.candidates) {
        // The other answers are not part of this one. Vertex leaves the index out.
        if (isRecord(candidate) && Number(candidate.index ?? 0) === 0)
          this.#candidate(candidate, out)
      }
    }
    if (isRecord(chunk.promptFeedback)) {
      this.#blocked = textOf(chunk.promptFeedback.blockReason) ?? this.#blocked
    }
    const { candidates } = chunk
    const failed = Array.isArray(candidates) ? isErrorBody(chunk.error) : isErrorObject(chunk)
    if (failed || event === 'error') {
      throw providerError({ provider: this.#provider, body: chunk })
    }
    this.#raw.response(chunk)
  }

  /**
   * A prompt that was blocked has no candidates. Like a refusal it is a whole answer without content:
   * a retry would change nothing.
   */
  finished(): Completion | undefined {
    const raw = this.#finish ?? this.#blocked
    if (raw === undefined) return undefined
    return {
      finishReason: this.#finishReason(),
      rawFinishReason: raw,
      usage: this.usage(),
      ...compact({ model: this.#model, responseId: this.#responseId }),
    }
  }

  usage(): Usage {
    return readUsage(this.#raw.usage)
  }

  raw(): RawEnd | undefined {
    return this.#raw.get()
  }

  get responseId(): string | undefined {
    return this.#responseId
  }

  #finishReason(): FinishReason {
    if (this.#finish === undefined) return 'content-filter'
    const reason = finishReasonOf(this.#finish) ?? 'other'
    // Google has no word for an answer that waits for the results of calls.
    return reason === 'stop' && this.#calls.any ? 'tool-calls' : reason
  }

  #candidate(candidate: Json, out: ContentEvent[]): void {
    const { content, finishReason } = candidate
    this.#raw.candidate(candidate)
    if (isRecord(content) && Array.isArray(content.parts)) {
      for (const part of content.parts) if (isRecord(part)) this.#part(part, out)
    }
    if (candidate.groundingMetadata !== undefined || candidate.citationMetadata !== undefined) {
      this.#cite(candidate, out)
    }
    if (typeof finishReason !== 'string' || finishReason === '') return
    const reason = finishReasonOf(finishReason)
    const failure = reason ?? finishFailure(this.#provider, finishReason.toLowerCase())
    if (typeof failure === 'object') throw failure
    this.#finish = finishReason
    // Arguments that a limit cut off stay as they are: their rest is unknown.
    if (reason === 'stop' || reason === 'tool-calls') this.#calls.close(out)
  }

  #part(part: Json, out: ContentEvent[]): void {
    const signed = textOf(part.thoughtSignature)
    const signature = signed && sign('gemini', makerOf(this.#model), signed)
    if (typeof part.text === 'string' && (part.text !== '' || signature !== undefined)) {
      this.#text(part.thought === true ? 'reasoning' : 'text', part.text, signature, out)
    } else if (isRecord(part.functionCall)) {
      const begin = (): number => this.#begin(undefined)
      this.#calls.add(part.functionCall, signature, begin, out)
    } else if (!this.#file(part, signature, out)) {
      this.#block(part, out)
    }
  }

  /** A draft of an image is a part of the thoughts, and no file of the answer. */
  #file(
    { inlineData, thought }: Json,
    signature: string | undefined,
    out: ContentEvent[],
  ): boolean {
    if (!isRecord(inlineData) || thought === true) return false
    const mediaType = textOf(inlineData.mimeType)
    const data = textOf(inlineData.data)
    if (mediaType === undefined || data === undefined) return false
    const index = this.#begin(undefined)
    const event: FileContent = { type: 'content', index, kind: 'file', mediaType, data }
    if (signature !== undefined) event.signature = signature
    out.push(event)
    return true
  }

  /** Whatever has no kind of its own: what the server runs for itself, with its results, and more. */
  #block(part: Json, out: ContentEvent[]): void {
    const name = nameOfPart(part)
    if (name === undefined) return
    if (name === 'functionResponse') this.#calls.answered()
    const origin = originOf('gemini', makerOf(this.#model))
    const index = this.#begin(undefined)
    out.push({ type: 'content', index, kind: 'provider', name, origin, data: part })
  }

  #text(
    kind: 'text' | 'reasoning',
    text: string,
    signature: string | undefined,
    out: ContentEvent[],
  ): void {
    // The signature of a text comes after it, with an empty text. A block has one at most.
    if (this.#open !== kind || (signature !== undefined && this.#signed)) this.#begin(kind)
    const index = this.#openIndex
    if (signature === undefined) {
      out.push({ type: 'content', index, kind, text })
      return
    }
    this.#signed = true
    out.push({ type: 'content', index, kind, text, signature })
  }

  #begin(kind: 'text' | 'reasoning' | undefined): number {
    this.#open = kind
    this.#signed = false
    this.#openIndex = this.#blocks++
    return this.#openIndex
  }

  /** The sources are repeated with each chunk; each one is emitted once. */
  #cite(candidate: Json, out: ContentEvent[]): void {
    this.#sources ??= new Set()
    for (const { key, ...source } of sourcesOf(candidate)) {
      if (this.#sources.has(key)) continue
      this.#sources.add(key)
      // A source does not interrupt the text.
      out.push({ type: 'content', index: this.#blocks++, kind: 'source', ...source })
    }
  }
}

function finishReasonOf(finish: string): FinishReason | undefined {
  return finishReasons.get(finish.toUpperCase())
}

function readUsage(usage: unknown): Usage {
  const count = (name: string): number | undefined => countOf(usage, name)
  const reasoning = count('thoughtsTokenCount')
  return compact({
    // The results of the server's tools are input too; without them the sum is not the total.
    inputTokens: sum(count('promptTokenCount'), count('toolUsePromptTokenCount')),
    outputTokens: sum(count('candidatesTokenCount'), reasoning),
    totalTokens: count('totalTokenCount'),
    reasoningTokens: reasoning,
    cachedInputTokens: count('cachedContentTokenCount'),
  })
}

function sum(first: number | undefined, second: number | undefined): number | undefined {
  return first === undefined && second === undefined ? undefined : (first ?? 0) + (second ?? 0)
}
