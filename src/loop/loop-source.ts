/**
 * A turn of several steps: the model answers, tools run, the model answers again.
 *
 * The messages are the state of the turn. It begins where they end: calls without results are
 * answered first, then the model is asked.
 *
 * @module
 */

import { openDriver } from '../attempt/define-driver.js'
import { Accumulator } from '../base/accumulator.js'
import { callHook } from '../base/call-hook.js'
import type { Completion, Driver } from '../base/driver.js'
import { StreamError } from '../base/errors.js'
import type {
  ContentEvent,
  RetryEvent,
  Step,
  ToolResultContent,
  UsageSum,
  WaitingCall,
} from '../base/events.js'
import type { Message, OutputPart } from '../base/messages.js'
import type { StreamRequest, ToolChoice } from '../base/request.js'
import type { Tool } from '../base/tools.js'
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
import { type Call, callsIn, openCalls } from './calls.js'
import { givenUp, type RunSettings, runCalls, scopeOf } from './runs.js'

export interface LoopSettings extends RunSettings {
  driver: Driver
  /** Adds the retries of a step. */
  layer(driver: Driver): Driver
}

const defaultMaxSteps = 10

export class LoopSource extends AnsweringSource implements Sink {
  readonly #request: StreamRequest
  readonly #context: OpenContext
  readonly #settings: LoopSettings
  readonly #controller = new AbortController()
  readonly #running = new Map<Call, { tool: Tool; index: number | undefined }>()
  /** Results that wait for the reader, by the index of their block. */
  readonly #shown = new Map<number, ToolResultContent>()
  readonly #steps: Step[] = []
  /** The parts of the answer before this step. */
  #parts: OutputPart[] = []
  /** The content of this step. Its blocks count from `#from`. */
  #answer = new Accumulator()
  #from = 0
  /** The number of blocks so far. */
  #blocks = 0
  #step = 0
  /** Whether the turn has had a call. */
  #called = false
  #stepRequest: StreamRequest
  /** The source of the step that runs. */
  #upstream: Source | undefined
  /** The same, or that of the last step. */
  #last: Source | undefined
  /** The blocks of the calls of this step, in their order. */
  #callBlocks: number[] = []
  /** The number of requests of this step. */
  #attempts = 0
  /** What this step had received before its last attempt, in characters. */
  #lengthBefore = 0
  #usage: UsageSum = {}
  /** What the steps report as wasted. The reader has heard of failed attempts by `retry` events. */
  #wasted: UsageSum = {}
  #begun = false
  #closed = false

  constructor(request: StreamRequest, context: OpenContext, settings: LoopSettings) {
    super()
    this.#request = this.#stepRequest = request
    this.#context = context
    this.#settings = settings
  }

  // -------------------------------------------------------------- for the reader

  close(): void {
    this.#closed = true
    this.#upstream?.close()
    this.#controller.abort(abortError('The stream has ended.'))
  }

  finished(): Completion | undefined {
    return undefined
  }

  usage(): UsageSum {
    return addUsage(
      addUsage(this.#usage, this.#wasted),
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
      ({ preliminary }) => !preliminary,
    )
    for (const [call, { tool, index }] of this.#running) {
      if (tool.once) results.push(givenUp(index ?? this.#blocks++, call))
    }
    return { wholeBlocks: this.#from, results }
  }

  protected next(): void {
    if (this.#show()) return
    if (!this.#begun) {
      this.#begun = true
      this.#go(() => this.#begin())
    } else if (this.#upstream !== undefined) this.#upstream.pull(this)
  }

  // -------------------------------------------------------------- for the step

  batch(events: readonly ContentEvent[]): void {
    const from = this.#from
    for (const event of events) {
      this.#answer.add(event)
      const index = from + event.index
      if (index >= this.#blocks) {
        this.#blocks = index + 1
        if (event.kind === 'tool-call') this.#callBlocks.push(index)
      }
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
      this.#callBlocks = this.#callBlocks.filter((index) => index < from)
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
      if (!this.#closed) this.fail(StreamError.from(error))
    })
  }

  async #begin(): Promise<void> {
    const messages = messagesOf(this.#request)
    const calls = openCalls(messages)
    if (calls.length > 0) {
      this.#called = true
      if (!(await this.#run(calls, this.#request.tools))) return
    }
    await this.#beginStep()
  }

  async #beginStep(): Promise<void> {
    if (this.#closed) return
    const { driver, options, layer } = this.#settings
    this.#step++
    const step = this.#step
    const messages = this.#messages()
    const changes = await options.beforeStep?.({ step, messages })
    if (this.#closed) return
    const { driver: other = driver, ...changed } = changes ?? {}
    const { prompt: _prompt, toolChoice, tools = {}, ...request } = this.#request
    this.#stepRequest = {
      ...request,
      // Also where there are none: an answer may pause.
      tools,
      messages,
      // A call that was forced has been made.
      ...(toolChoice === undefined || (this.#called && isForced(toolChoice)) ? {} : { toolChoice }),
      ...changed,
    }
    this.#answer = new Accumulator()
    this.#from = this.#blocks
    this.#attempts = this.#lengthBefore = 0
    this.#callBlocks = []
    let last = 1
    const { stop: _stop, ...context } = this.#context
    this.#last = this.#upstream = openDriver(layer(other), this.#stepRequest, {
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

  async #endStep(completion: Completion): Promise<void> {
    const { finishReason, usage, wasted = {} } = completion
    const cut = finishReason === 'length' || finishReason === 'content-filter'
    const { content } = this.#answer.message(cut)
    const parts = content as readonly OutputPart[]
    const { id } = this.#settings
    const calls = callsIn({ content: parts }, id, true)
    this.#usage = addUsage(this.#usage, usage)
    this.#wasted = addUsage(this.#wasted, wasted)
    const about = calls.map(({ part }) => ({ id: part.id, name: part.name, input: part.input }))
    this.#steps.push({
      text: this.#answer.text(),
      usage,
      finishReason,
      model: completion.model ?? this.#settings.driver.model,
      attempts: this.#attempts,
      calls: about,
    })
    const text = this.#answer.text()
    callHook(this.#settings.options.onStep, { id, step: this.#step, text, calls: about })
    // The calls of an answer that is not whole carry an error.
    if (!cut) this.#from = this.#blocks
    this.#called ||= calls.length > 0
    this.#parts.push(...(await this.#sealed(parts, calls)))
    if (this.#closed) return
    const { maxSteps = defaultMaxSteps } = this.#settings.options
    if (finishReason === 'pause' && this.#step < maxSteps) return this.#beginStep()
    if (finishReason !== 'tool-calls') return this.#finish(completion)
    if (this.#step >= maxSteps) {
      const waiting = about.map((call) => ({ ...call, for: 'steps' as const }))
      return this.#finish(completion, waiting)
    }
    if (await this.#run(calls, this.#stepRequest.tools, completion)) await this.#beginStep()
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
    this.#keep(calls, results)
    if (waiting.length === 0) return true
    this.#finish(completion ?? { finishReason: 'tool-calls', usage: {} }, waiting)
    return false
  }

  /** Puts results into the answer, in the order of the calls. */
  #keep(calls: readonly Call[], results: readonly ToolResultContent[]): void {
    const step = this.#steps.at(-1)
    for (const event of results) {
      const { type: _type, index: _index, kind, preliminary: _preliminary, ...result } = event
      this.#parts.push({ type: kind, ...result })
    }
    if (step === undefined) return
    const left = [...results]
    const known = calls.map(({ part: { id, name, input } }) => {
      const at = left.findIndex((each) => each.id === id)
      const [result] = at === -1 ? [] : left.splice(at, 1)
      if (result === undefined) return { id, name, input }
      const { output, isError } = result
      return { id, name, input, output, ...(isError ? { isError } : {}) }
    })
    this.#steps[this.#steps.length - 1] = { ...step, calls: known }
  }

  /** Seals the calls of a step, and shows the seals. */
  async #sealed(parts: readonly OutputPart[], calls: readonly Call[]): Promise<OutputPart[]> {
    const { sealer } = this.#settings
    if (sealer === undefined) return [...parts]
    const seals = new Map<OutputPart, string>()
    const events: ContentEvent[] = []
    for (const [position, { part, ...call }] of calls.entries()) {
      if (part.error !== undefined) continue
      const seal = await sealer.seal(scopeOf({ part, ...call }, this.#settings), part)
      seals.set(part, seal)
      const { id, name } = part
      const index = this.#callBlocks[position] ?? 0
      events.push({ type: 'content', index, kind: 'tool-call', id, name, input: '', seal })
    }
    if (events.length > 0 && !this.#closed) this.answerBatch(events)
    return parts.map((part) => {
      const seal = seals.get(part)
      return seal === undefined ? part : ({ ...part, seal } as OutputPart)
    })
  }

  #finish(completion: Completion, waiting: readonly WaitingCall[] = []): void {
    const wasted = this.#wasted
    this.#keepShown()
    this.answer((sink) =>
      sink.done({
        ...completion,
        ...(waiting.length > 0 ? { finishReason: 'tool-calls' as const } : {}),
        usage: this.#usage,
        ...(isEmpty(wasted) ? {} : { wasted }),
        turn: { steps: this.#steps, ...(waiting.length > 0 ? { waiting } : {}) },
      }),
    )
  }

  /** The conversation with the answer so far. */
  #messages(): readonly Message[] {
    const messages = messagesOf(this.#request)
    if (this.#parts.length === 0) return messages
    return [...messages, { role: 'assistant', id: this.#settings.id, content: [...this.#parts] }]
  }

  /** Shows the results that wait, if the reader does. */
  #show(): boolean {
    if (this.#shown.size === 0 || !this.isPulled) return false
    const events = [...this.#shown.values()]
    this.#shown.clear()
    this.answerBatch(events)
    return true
  }

  /** Keeps the results that wait before whatever is answered next. */
  #keepShown(): void {
    if (this.#show() || this.#shown.size === 0) return
    this.keep((sink) => {
      const events = [...this.#shown.values()]
      this.#shown.clear()
      sink.batch(events)
    })
  }

  /** The usage of the current attempt. Counts that the provider has not reported are estimated. */
  #costOfAttempt(reported: UsageSum = {}): UsageSum {
    if (this.#upstream === undefined) return {}
    return estimateUsage(reported, this.#stepRequest, this.#answer.length - this.#lengthBefore)
  }
}

function isForced(choice: ToolChoice): boolean {
  return typeof choice === 'object' || choice === 'required'
}

function messagesOf({ messages, prompt = '' }: StreamRequest): readonly Message[] {
  return messages ?? [{ role: 'user', content: prompt }]
}
