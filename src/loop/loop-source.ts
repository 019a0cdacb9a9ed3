/**
 * A turn of several steps: the model answers, tools run, the model answers again.
 *
 * The messages are the state of the turn. It begins where they end: calls without results are
 * answered first, then the model is asked.
 *
 * @module
 */

import { Accumulator } from '../base/accumulator.js'
import { callHook } from '../base/call-hook.js'
import type { ToolCallContent, ToolResultContent } from '../base/content-kinds.js'
import { contentOfParts } from '../base/content-of-parts.js'
import type { Completion, Driver } from '../base/driver.js'
import { StreamError } from '../base/errors.js'
import type { ContentEvent, RetryEvent, UsageSum } from '../base/events.js'
import type { Message, OutputPart } from '../base/messages.js'
import type { StreamRequest } from '../base/request.js'
import type { WaitingCall } from '../base/typed-calls.js'
import { addUsage, estimateUsage, isEmpty } from '../base/usage.js'
import { abortError } from '../pull/abort.js'
import { AnsweringSource } from '../pull/answering-source.js'
import type {
  AttemptDetails,
  OpenContext,
  Resumption,
  Sink,
  Source,
  TurnRest,
} from '../pull/source.js'
import { type Call, openCalls, summaryOf } from './calls.js'
import { type RunSettings, scopeOf } from './decide.js'
import type { ResumedAnswer } from './ledger.js'
import type { StepChanges } from './options.js'
import { givenUp, type Running, resultEvent, runCalls } from './runs.js'
import { Sealer } from './seal.js'
import { definedChanges, messagesOf, stepRequest } from './step-request.js'
import { isCut, TurnRecord } from './turn-record.js'

export interface LoopSettings extends Omit<RunSettings, 'sealer'> {
  driver: Driver
  /** Opens a step, with its retries. */
  open(driver: Driver, request: StreamRequest, context: OpenContext): Source
  /** @throws TypeError for what `beforeStep` must not return */
  checkChanges(changes: StepChanges): void
  resumed: ResumedAnswer | undefined
}

const defaultMaxSteps = 10

export class LoopSource extends AnsweringSource implements Sink {
  readonly #request: StreamRequest
  readonly #context: OpenContext
  readonly #settings: LoopSettings & RunSettings
  readonly #controller = new AbortController()
  readonly #running = new Map<Call, Running>()
  /** Results and seals that wait for the reader, by the index of their block. */
  readonly #shown = new Map<number, ToolResultContent | ToolCallContent>()
  readonly #record: TurnRecord
  /** The content of this step. Its blocks count from `#from`. */
  #answer = new Accumulator()
  #from: number
  /** The number of blocks so far. */
  #blocks: number
  #step: number
  /** Whether the turn has had a call. */
  #called = false
  #stepRequest: StreamRequest
  /** The source of the step that runs. */
  #upstream: Source | undefined
  /** The same, or that of the last step. */
  #last: Source | undefined
  /** The driver of this step. */
  #driver: Driver
  /** The blocks of the calls of this step, in their order. */
  readonly #callBlocks = new Set<number>()
  /** The number of requests of this step. */
  #attempts = 0
  /** What this step had received before its last attempt, in characters. */
  #lengthBefore = 0
  #begun = false
  #closed = false
  /** The end of the turn, once it is known. */
  #completion: Completion | undefined

  constructor(request: StreamRequest, context: OpenContext, settings: LoopSettings) {
    super()
    this.#request = this.#stepRequest = request
    this.#context = context
    const { signingKey, sealTtlMs } = settings.options
    const sealer = signingKey === undefined ? undefined : new Sealer(signingKey, sealTtlMs)
    this.#settings = { ...settings, sealer }
    const { id, parts, steps } = settings.resumed ?? { id: settings.id, parts: [], steps: [] }
    this.#record = new TurnRecord(id, parts, steps)
    this.#driver = settings.driver
    this.#step = steps.length
    this.#blocks = this.#from = parts.length
  }

  // -------------------------------------------------------------- for the reader

  close(): void {
    this.#closed = true
    this.#upstream?.close()
    this.#controller.abort(abortError('The stream has ended.'))
  }

  finished(): Completion | undefined {
    const completion = this.#upstream?.finished()
    if (completion === undefined) return this.#completion
    const more = this.#callBlocks.size > 0 && !isCut(completion)
    if (more || completion.finishReason === 'pause') return undefined
    this.#addStep(completion)
    return this.#whole(completion)
  }

  usage(): UsageSum {
    return addUsage(
      addUsage(this.#record.usage, this.#record.wasted),
      this.#costOfAttempt(this.#upstream?.usage()),
    )
  }

  details(): AttemptDetails {
    return this.#last?.details?.() ?? {}
  }

  /** For whoever cancels: nothing above resumes a turn. */
  resumption(): Resumption | undefined {
    return this.#upstream?.resumption?.()
  }

  rest(): TurnRest {
    const results: ContentEvent[] = [...this.#shown.values()].filter(
      (event) => event.kind === 'tool-call' || !event.preliminary,
    )
    for (const [call, { tool, index, result }] of this.#running) {
      const known = result ?? (tool.once ? givenUp : undefined)
      if (known !== undefined) results.push(resultEvent(index ?? this.#blocks++, call, known))
    }
    return { wholeBlocks: this.#from, results }
  }

  protected next(): void {
    if (this.#show()) return
    if (!this.#begun) {
      this.#begun = true
      this.#go(() => this.#begin())
      const parts = this.#settings.resumed?.parts ?? []
      if (parts.length > 0) this.answerBatch(contentOfParts(parts))
    } else if (this.#upstream !== undefined) this.#upstream.pull(this)
  }

  // -------------------------------------------------------------- for the step

  batch(events: readonly ContentEvent[]): void {
    const from = this.#from
    for (const event of events) {
      this.#answer.add(event)
      const index = from + event.index
      if (index >= this.#blocks) this.#blocks = index + 1
      if (event.kind === 'tool-call') this.#callBlocks.add(index)
    }
    this.answerBatch(
      from === 0 ? events : events.map((event) => ({ ...event, index: from + event.index })),
    )
  }

  retry(event: RetryEvent): void {
    this.#answer.add(event)
    const cost = this.#costOfAttempt(event.usage)
    this.#lengthBefore = this.#answer.length
    const told = { ...event, step: this.#step }
    if (isEmpty(cost)) delete told.usage
    else told.usage = cost
    if (event.mode === 'restart') {
      const from = this.#from + (event.from ?? 0)
      this.#blocks = Math.min(this.#blocks, from)
      for (const index of this.#callBlocks) if (index >= from) this.#callBlocks.delete(index)
      if (from > 0) told.from = from
    }
    this.answer((sink) => sink.retry(told))
  }

  done(completion: Completion): void {
    this.#upstream = undefined
    this.#go(() => this.#endStep(completion))
  }

  fail(error: StreamError): void {
    this.#keepShown()
    this.answer((sink) => sink.fail(error))
  }

  // -------------------------------------------------------------- the turn

  /** Does something asynchronous, whose failure is that of the turn. */
  #go(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      if (this.#closed) return
      this.fail(StreamError.from(error))
      this.close()
    })
  }

  async #begin(): Promise<void> {
    const calls = await openCalls(this.#messages())
    if (this.#closed) return
    if (calls.length > 0) {
      this.#called = true
      if (!(await this.#run(calls, this.#request.tools))) return
    }
    await this.#beginStep()
  }

  async #beginStep(): Promise<void> {
    if (this.#closed) return
    const { driver, options, open, checkChanges } = this.#settings
    this.#step++
    const step = this.#step
    const messages = this.#messages()
    const given = await options.beforeStep?.({ step, messages })
    if (this.#closed) return
    const changes = definedChanges(given ?? {})
    checkChanges(changes)
    const { driver: other = driver, ...changed } = changes
    this.#driver = other
    this.#stepRequest = stepRequest(this.#request, messages, this.#called, changed)
    this.#answer = new Accumulator()
    this.#from = this.#blocks
    this.#attempts = this.#lengthBefore = 0
    this.#callBlocks.clear()
    let last = 1
    const { stop: _stop, ...context } = this.#context
    this.#last = this.#upstream = open(other, this.#stepRequest, {
      ...context,
      attempt: 1,
      nextAttempt: () => ++last,
      onAttempt: (attempt) => {
        this.#attempts = Math.max(this.#attempts, attempt.attempt)
        this.#context.onAttempt({ ...attempt, step })
      },
    })
    if (this.isPulled) this.#upstream.pull(this)
  }

  #addStep(completion: Completion) {
    const { id, options } = this.#settings
    const by = { model: this.#driver.model, attempts: this.#attempts }
    const { text, parts, calls } = this.#record.addStep(this.#answer, completion, by)
    callHook(options.onStep, { id, step: this.#step, text, calls: calls.map(summaryOf) })
    this.#called ||= calls.length > 0
    return { parts, calls }
  }

  async #endStep(completion: Completion): Promise<void> {
    const { finishReason } = completion
    const { parts, calls } = this.#addStep(completion)
    const cut = isCut(completion)
    const { sealer } = this.#settings
    const isSealed = sealer !== undefined && !cut
    this.#record.addParts(isSealed ? await this.#sealed(sealer, parts, calls) : parts)
    if (this.#closed) return
    // The calls of an answer that is not whole carry an error.
    if (!cut) this.#from = this.#blocks
    const { maxSteps = defaultMaxSteps } = this.#settings.options
    const isLast = this.#step >= maxSteps
    // Some providers end calls with "stop", and others a pause.
    const isDone = cut || finishReason === 'other' || calls.length === 0
    // A turn that ends is stored as a whole.
    await this.#progress(!isDone || finishReason !== 'pause')
    if (this.#closed) return
    if (isDone) {
      if (finishReason === 'pause' && !isLast) return this.#beginStep()
      return this.#finish(completion)
    }
    const { tools = {} } = this.#stepRequest
    if (isLast) return this.#finish(completion, leftOver(calls, tools))
    if (await this.#run(calls, tools, completion)) await this.#beginStep()
  }

  /**
   * Runs calls.
   *
   * @returns whether the turn goes on; it ends if calls wait
   */
  async #run(
    calls: readonly Call[],
    tools: StreamRequest['tools'] = {},
    completion?: Completion,
  ): Promise<boolean> {
    const results: ToolResultContent[] = []
    const waiting = await runCalls(
      {
        calls,
        tools,
        step: this.#step,
        messages: this.#messages(),
        signal: this.#controller.signal,
        running: this.#running,
        nextIndex: () => this.#blocks++,
        emit: (event) => {
          if (this.#closed) return
          if (!event.preliminary) results.push(event)
          this.#shown.set(event.index, event)
          this.#show()
        },
      },
      this.#settings,
    )
    if (this.#closed) return false
    this.#from = this.#blocks
    this.#record.addResults(calls, results)
    await this.#progress(true)
    if (this.#closed) return false
    if (waiting.length === 0) return true
    this.#finish(completion ?? { finishReason: 'tool-calls', usage: {} }, waiting)
    return false
  }

  /** @param waits - runs or another step follow */
  async #progress(waits: boolean): Promise<void> {
    await this.#settings.ledger?.progress?.(this.#record.progress(this.#blocks), waits)
  }

  /** Seals the calls of a step, and shows the seals. */
  async #sealed(
    sealer: Sealer,
    parts: readonly OutputPart[],
    calls: readonly Call[],
  ): Promise<OutputPart[]> {
    const seals = new Map<OutputPart, string>()
    const blocks = [...this.#callBlocks]
    for (const [position, { part, ...call }] of calls.entries()) {
      const index = blocks[position]
      if (part.error !== undefined || index === undefined) continue
      const seal = await sealer.seal(scopeOf({ part, ...call }, this.#settings), part)
      seals.set(part, seal)
      const { id, name } = part
      this.#shown.set(index, {
        type: 'content',
        index,
        kind: 'tool-call',
        id,
        name,
        input: '',
        seal,
      })
    }
    if (!this.#closed) {
      // Whoever receives a seal may cancel at once, and the call is whole.
      this.#from = this.#blocks
      this.#show()
    }
    return parts.map((part) => {
      const seal = seals.get(part)
      return seal === undefined ? part : ({ ...part, seal } as OutputPart)
    })
  }

  #finish(completion: Completion, waiting: readonly WaitingCall[] = []): void {
    const whole = this.#whole(completion, waiting)
    this.#completion = whole
    this.#keepShown()
    this.answer((sink) => sink.done(whole))
  }

  /** The completion of the turn. */
  #whole(completion: Completion, waiting: readonly WaitingCall[] = []): Completion {
    const { provider, model } = this.#driver
    return this.#record.completion({ provider, model, ...completion }, waiting)
  }

  /** The conversation with the answer so far. */
  #messages(): readonly Message[] {
    return this.#record.after(messagesOf(this.#request))
  }

  /** Shows the results that wait, if the reader does. */
  #show(): boolean {
    if (this.#shown.size === 0 || !this.isPulled) return false
    this.answerBatch(this.#takeShown())
    return true
  }

  /** Keeps the results that wait before whatever is answered next. */
  #keepShown(): void {
    if (this.#show() || this.#shown.size === 0) return
    this.keep((sink) => sink.batch(this.#takeShown()))
  }

  #takeShown(): ContentEvent[] {
    const events = [...this.#shown.values()]
    this.#shown.clear()
    return events
  }

  /** The usage of the current attempt. Counts that the provider has not reported are estimated. */
  #costOfAttempt(reported: UsageSum = {}): UsageSum {
    if (this.#upstream === undefined) return {}
    return estimateUsage(reported, this.#stepRequest, this.#answer.length - this.#lengthBefore)
  }
}

/** The calls of the last step, which are not run. */
function leftOver(
  calls: readonly Call[],
  tools: NonNullable<StreamRequest['tools']>,
): WaitingCall[] {
  return calls.map((call) => {
    const { name } = call.part
    const isOfClient = Object.hasOwn(tools, name) && tools[name]?.run === undefined
    return { ...summaryOf(call), for: isOfClient ? 'client' : 'steps' }
  })
}
