/**
 * Reads the stream of the Chat Completions API and of the many servers that imitate it.
 *
 * @module
 * @see https://platform.openai.com/docs/api-reference/chat-streaming
 */

import type { Completion } from '../../base/driver.js'
import type { StreamError } from '../../base/errors.js'
import type { ContentEvent, FinishReason, RawEnd, Usage } from '../../base/events.js'
import { compact, isRecord, type Json, textOf } from '../../base/read-json.js'
import { isErrorBody, isErrorObject } from '../../http/error-body.js'
import { providerError } from '../../http/provider-error.js'
import type { WireDecoder } from '../../http/wire-decoder.js'
import { parseEventData } from '../event-data.js'
import { finishFailure } from '../finish-failure.js'
import { UsualChunk } from '../usual-chunk.js'
import { DeltaReader } from './delta.js'
import { finishReasonOf } from './finish-reason.js'
import { ReportedEnd } from './raw-end.js'
import { readUsage, saysTokens } from './usage.js'
import { deltaOf, paddings, usualField } from './usual-delta.js'

export class ChatDecoder implements WireDecoder {
  readonly #provider: string
  readonly #deltas: DeltaReader
  readonly #reported = new ReportedEnd()
  readonly #usual = new UsualChunk(paddings)
  #usualKind: 'text' | 'reasoning' = 'text'
  ended = false
  responseId: string | undefined
  #finish: string | undefined
  #reason: FinishReason = 'stop'
  /** The error that the finish reason names. */
  #failure: StreamError | undefined
  #usage: Json | undefined

  /** @param audioType - the media type of the audio that was requested */
  constructor(provider: string, audioType?: string) {
    this.#provider = provider
    this.#deltas = new DeltaReader(provider, audioType)
  }

  decode(data: string, event: string | undefined, out: ContentEvent[]): void {
    const text = event === 'error' ? undefined : this.#usual.read(data)
    if (text !== undefined) this.#deltas.add(this.#usualKind, text, out)
    else this.#decode(data, event, out)
  }

  #decode(data: string, event: string | undefined, out: ContentEvent[]): void {
    if (isDone(data)) {
      this.ended = true
      this.#deltas.finish(out, true)
      return
    }
    const chunk = parseEventData(data, this.#provider, event)
    const { length } = data
    const deltas = this.#deltas
    const isFirst = deltas.model === undefined
    deltas.model = textOf(chunk.model) ?? deltas.model
    this.responseId ??= textOf(chunk.id)
    const { choices } = chunk
    const hasChoices = Array.isArray(choices) && choices.length > 0
    if (hasChoices) {
      for (const choice of choices) {
        // With n > 1 the other answers are not part of this one.
        if (isRecord(choice) && Number(choice.index ?? 0) === 0) this.#choice(choice, length, out)
      }
    }
    this.#count(chunk.usage)
    // What stands beside the choices comes with the first chunk, or at the end.
    if (isFirst || !hasChoices || this.#finish !== undefined) this.#reported.chunk(chunk, length)
    if (isRecord(chunk.x_groq)) this.#groq(chunk.x_groq)
    if (chunk.citations !== undefined || chunk.search_results !== undefined) {
      deltas.citeLists(chunk, out)
    }
    const failed = Array.isArray(choices) ? isErrorBody(chunk.error) : isErrorObject(chunk)
    if (failed || event === 'error') {
      throw providerError({ provider: this.#provider, body: chunk })
    }
    if (this.#failure !== undefined) throw this.#failure
    if (!isFirst && hasChoices && this.#finish === undefined) this.#learn(data, chunk)
  }

  #learn(data: string, chunk: Json): void {
    const field = usualField(chunk)
    if (field === undefined) return
    this.#usualKind = field === 'content' ? 'text' : 'reasoning'
    this.#usual.learn(data, chunk, (other) => deltaOf(other)[field])
  }

  finished(): Completion | undefined {
    if (this.#finish === undefined && !this.ended) return undefined
    return {
      finishReason: this.#finishReason(),
      usage: this.usage(),
      ...compact({
        rawFinishReason: this.#finish,
        model: this.#deltas.model,
        responseId: this.responseId,
      }),
    }
  }

  usage(): Usage {
    return readUsage(this.#usage)
  }

  raw(): RawEnd | undefined {
    return this.#reported.end(this.#usage)
  }

  /** Ignores an empty count, and a count of 0 after a real one. */
  #count(usage: unknown): void {
    if (isRecord(usage) && (this.#usage === undefined || saysTokens(usage))) this.#usage = usage
  }

  #groq({ usage, error }: Json): void {
    this.#count(usage)
    if (isErrorBody(error)) throw providerError({ provider: this.#provider, body: { error } })
  }

  #choice(choice: Json, length: number, out: ContentEvent[]): void {
    // `message` alongside `delta` (Perplexity) repeats all text so far.
    const { delta } = choice
    if (isRecord(delta)) this.#deltas.read(delta, length, out)
    else if (isRecord(choice.message) && this.#deltas.blocks === 0) {
      this.#deltas.read(choice.message, length, out)
    }
    this.#reported.tokens(choice, length)
    const finish = textOf(choice.finish_reason)
    if (finish !== undefined && finish.toLowerCase() !== 'null') {
      this.#finishWith(finish)
      this.#reported.finish(choice, length)
      this.#deltas.finish(out, false)
    }
    // Moonshot
    if (choice.usage !== undefined) this.#count(choice.usage)
    if (isErrorBody(choice.error)) throw providerError({ provider: this.#provider, body: choice })
  }

  #finishWith(finish: string): void {
    this.#finish = finish
    const word = finish.toLowerCase().replace(/[\s-]/g, '_')
    const reason = finishReasonOf(word)
    this.#reason = reason ?? 'other'
    if (reason === undefined) this.#failure = finishFailure(this.#provider, word)
  }

  #finishReason(): FinishReason {
    if (this.#deltas.refused) return 'content-filter'
    // Some servers send "stop" although they wait for the results of calls.
    return this.#reason === 'stop' && this.#deltas.waits ? 'tool-calls' : this.#reason
  }
}

/** Some write it with spaces, or as JSON. */
function isDone(data: string): boolean {
  return !data.startsWith('{') && /^\s*"?\[DONE\]"?\s*$/.test(data)
}
