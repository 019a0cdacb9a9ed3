/**
 * Structured output. The text of an attempt is parsed and validated before the attempt counts as
 * complete, so an answer that does not match its schema is a failure like any other: it is retried,
 * or another driver takes over.
 *
 * @module
 */

import { Accumulator } from '../../base/accumulator.js'
import type { Completion } from '../../base/driver.js'
import { failureOf, StreamError } from '../../base/errors.js'
import type { ContentEvent, FinishReason, RetryEvent } from '../../base/events.js'
import { exceededBound } from '../../base/json-bounds.js'
import { findJson } from '../../base/json-text.js'
import type { StreamRequest } from '../../base/request.js'
import type { StandardResult, StandardSchema } from '../../base/schema.js'
import { describeIssues } from '../../base/schema-issues.js'
import { ForwardingSource } from '../../pull/forwarding-source.js'
import type { OpenContext, Resumption, Source } from '../../pull/source.js'
import type { OutputReading } from './output-reading.js'
import { isWrapper, Unwrapper, wrapperKey } from './unwrapper.js'

/** Why an answer with such a finish reason has no output. */
const withoutOutput: Partial<Record<FinishReason, string>> = {
  'content-filter': 'was withheld by a content filter',
  'tool-calls': 'calls tools, and the request has no "tools"',
  pause: 'paused (pass "tools", even {}, to receive and continue it)',
}

type Outcome = Completion | StreamError

export class OutputSource extends ForwardingSource {
  readonly #request: StreamRequest
  readonly #provider: string
  readonly #reading: OutputReading
  readonly #answer = new Accumulator()
  #unwrapper: Unwrapper | undefined
  /** The content block of the last text. */
  #index = 0
  #closed = false
  /** The completion, while buffered text is delivered before it. */
  #completion: Completion | undefined

  /** @param request - the request, which has `output` */
  constructor(source: Source, request: StreamRequest, provider: string, reading: OutputReading) {
    super(source)
    this.#request = request
    this.#provider = provider
    this.#reading = reading
    this.#unwrapper = reading.wrapped ? new Unwrapper() : undefined
  }

  override close(): void {
    this.#closed = true
    super.close()
  }

  /**
   * Undefined also for an answer that does not match its schema: it must not pass for a complete
   * one.
   */
  override finished(): Completion | undefined {
    const completion = this.#completion ?? super.finished()
    const outcome = completion && this.#check(completion)
    return outcome === undefined || outcome instanceof Promise || StreamError.is(outcome)
      ? undefined
      : outcome
  }

  override resumption(): Resumption | undefined {
    const resumption = super.resumption()
    if (resumption === undefined) return undefined
    const open = (context: OpenContext): Source => {
      // The part of the answer that has been read remains its beginning.
      this.upstream = resumption.open(context)
      this.#closed = false
      return this
    }
    return { open, cancel: () => resumption.cancel() }
  }

  override batch(events: readonly ContentEvent[]): void {
    const content = this.#unwrapper === undefined ? events : this.#unwrap(events, this.#unwrapper)
    for (const event of content) if (event.kind === 'text') this.#answer.add(event)
    if (content.length > 0) super.batch(content)
    else super.next()
  }

  override retry(event: RetryEvent): void {
    if (event.mode === 'restart') {
      this.#answer.reset(event.from)
      if (this.#reading.wrapped) this.#unwrapper = new Unwrapper()
    }
    super.retry(event)
  }

  override done(completion: Completion): void {
    const held = this.#unwrapper?.end() ?? ''
    if (held === '') return this.#finish(completion)
    this.#completion = completion
    this.#unwrapper = undefined
    this.batch([{ type: 'content', index: this.#index, kind: 'text', text: held }])
  }

  protected override next(): void {
    if (this.#completion === undefined) super.next()
    else this.#finish(this.#completion)
  }

  #unwrap(events: readonly ContentEvent[], unwrapper: Unwrapper): ContentEvent[] {
    const content: ContentEvent[] = []
    for (const event of events) {
      if (event.kind !== 'text') {
        content.push(event)
        continue
      }
      this.#index = event.index
      const text = unwrapper.feed(event.text)
      if (text !== '' || event.signature !== undefined) content.push({ ...event, text })
    }
    return content
  }

  #finish(completion: Completion): void {
    const outcome = this.#check(completion)
    if (outcome instanceof Promise) void outcome.then((settled) => this.#answerWith(settled))
    else this.#answerWith(outcome)
  }

  #answerWith(outcome: Outcome): void {
    // The stream may have been closed during the validation.
    if (this.#closed) return
    if (StreamError.is(outcome)) super.fail(outcome)
    else super.done(outcome)
  }

  /** Never throws, and its promise never rejects. */
  #check(completion: Completion): Outcome | Promise<Outcome> {
    // A driver of another copy of this package has validated it already.
    if (completion.output !== undefined) return completion
    const reason = withoutOutput[completion.finishReason]
    if (reason !== undefined) return this.#withoutOutput(completion, reason)
    const text = this.#answer.text()
    const exceeded = exceededBound(text)
    if (exceeded !== undefined) return this.#misfit(completion, exceeded, undefined)
    let output: unknown
    try {
      output = this.#parse(text, completion)
    } catch (cause) {
      const found = text === '' ? 'is empty' : `is not valid JSON: ${text.slice(0, 200)}`
      return this.#misfit(completion, found, cause)
    }
    const standard = (this.#request.output as Partial<StandardSchema>)['~standard']
    if (standard === undefined) return { ...completion, output }
    const settle = (result: StandardResult<unknown>): Outcome => {
      if (result.issues === undefined) return { ...completion, output: result.value }
      const found = `does not match its schema: ${describeIssues(result.issues)}`
      return this.#misfit(completion, found, result.issues)
    }
    try {
      const result = standard.validate(output)
      return result instanceof Promise
        ? result.then(settle).catch(StreamError.from)
        : settle(result)
    } catch (error) {
      return StreamError.from(error)
    }
  }

  /** Readers of a request without tools rely on an output, so they receive an error instead. */
  #withoutOutput(completion: Completion, reason: string): Outcome {
    if (this.#request.tools !== undefined) return completion
    const { finishReason } = completion
    const said = this.#answer.text().slice(0, 200)
    const what = `the answer has no output, because it ${reason}${said && `: ${said}`}`
    const code = finishReason === 'content-filter' ? finishReason : 'protocol'
    return failureOf(this.#provider, code, what, {
      // A model that calls a tool it was not given may answer at the next attempt.
      retryable: finishReason === 'tool-calls',
    })
  }

  #parse(text: string, { finishReason }: Completion): unknown {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      if (!this.#reading.lenient) throw error
      value = JSON.parse(findJson(text))
    }
    // A wrapper inside a Markdown fence could not be removed while it was streamed.
    const { wrapped } = this.#reading
    if (wrapped && this.#unwrapper?.unwrapped !== true && isWrapper(value)) {
      value = value[wrapperKey]
    }
    // Only a number can be valid JSON both when it is complete and when it is cut.
    if (finishReason === 'length' && typeof value === 'number') throw new Error('It may be cut.')
    return value
  }

  /** A retry cannot help an answer that reached the token limit. */
  #misfit({ finishReason }: Completion, found: string, cause: unknown): StreamError {
    const isCut = finishReason === 'length'
    const limit = isCut ? ' reached the token limit (raise maxOutputTokens) and' : ''
    const what = `the answer${limit} ${found}`
    return failureOf(this.#provider, 'protocol', what, { retryable: !isCut, cause })
  }
}
