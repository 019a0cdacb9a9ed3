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
  ToolCallContent,
  ToolResultContent,
  UsageSum,
  WaitingCall,
} from '../base/events.js'
import type { Message, OutputPart, ToolCallPart } from '../base/messages.js'
import type { StreamRequest, ToolChoice } from '../base/request.js'
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
import { type RunSettings, scopeOf } from './decide.js'
import type { StepChanges } from './options.js'
import { givenUp, type Running, resultEvent, runCalls } from './runs.js'
import type { Sealer } from './seal.js'

export interface LoopSettings extends RunSettings {
  driver: Driver
  /** Adds the retries of a step. */
  layer(driver: Driver): Driver
  /** @throws TypeError for what `beforeStep` must not return */
  checkChanges(changes: StepChanges): void
}

const defaultMaxSteps = 10

export class LoopSource extends AnsweringSource implements Sink {
  readonly #request: StreamRequest
  readonly #context: OpenContext
  readonly #settings: LoopSettings
  readonly #controller = new AbortController()
  readonly #running = new Map<Call, Running>()
  /** Results and seals that wait for the reader, by the index of their block. */
  readonly #shown = new Map<number, ToolResultContent | ToolCallContent>()
  /** How often calls of the answer have used each id. */
  readonly #ids = new Map<string, number>()
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
  /** The driver of this step. */
  #driver: Driver
  /** The blocks of the calls of this step, in their order. */
  readonly #callBlocks = new Set<number>()
  /** The number of requests of this step. */
  #attempts = 0
  /** What this step had received before its last attempt, in characters. */
  #lengthBefore = 0
  #usage: UsageSum = {}
  /** What the steps report as wasted. The reader has heard of failed attempts by `retry` events. */
  #wasted: UsageSum = {}
  #begun = false
  #closed = false
  /** The end of the turn, once it is known. */
  #completion: Completion | undefined

  constructor(request: StreamRequest, context: OpenContext, settings: LoopSettings) {
    super()
    this.#request = this.#stepRequest = request
    this.#context = context
    this.#settings = settings
    this.#driver = settings.driver
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
    this.#record(completion)
    return this.#whole(completion)
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
    const messages = messagesOf(this.#request)
    const calls = await openCalls(messages)
    if (this.#closed) return
    if (calls.length > 0) {
      this.#called = true
      if (!(await this.#run(calls, this.#request.tools))) return
    }
    await this.#beginStep()
  }

  async #beginStep(): Promise<void> {
    if (this.#closed) return
    const { driver, options, layer, checkChanges } = this.#settings
    this.#step++
    const step = this.#step
    const messages = this.#messages()
    const changes = defined((await options.beforeStep?.({ step, messages })) ?? {})
    if (this.#closed) return
    checkChanges(changes)
    const { driver: other = driver, ...changed } = changes
    this.#driver = other
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
    this.#callBlocks.clear()
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

  /** Puts the answer of the model that has ended into the records of the turn. */
  #record(completion: Completion) {
    const { finishReason, usage, wasted = {} } = completion
    const cut = isCut(completion)
    const parts = this.#answer.message(cut).content as readonly OutputPart[]
    const { id } = this.#settings
    const calls = callsIn({ content: parts }, id, true, this.#ids)
    this.#usage = addUsage(this.#usage, usage)
    this.#wasted = addUsage(this.#wasted, wasted)
    const about = calls.map(({ part }) => ({ id: part.id, name: part.name, input: part.input }))
    const text = this.#answer.text()
    this.#steps.push({
      text,
      usage,
      finishReason,
      model: completion.model ?? this.#driver.model,
      attempts: this.#attempts,
      calls: about,
    })
    callHook(this.#settings.options.onStep, { id, step: this.#step, text, calls: about })
    this.#called ||= calls.length > 0
    return { parts, calls }
  }

  async #endStep(completion: Completion): Promise<void> {
    const { finishReason } = completion
    const { parts, calls } = this.#record(completion)
    const cut = isCut(completion)
    const { sealer } = this.#settings
    this.#parts.push(
      ...(sealer === undefined || cut ? parts : await this.#sealed(sealer, parts, calls)),
    )
    if (this.#closed) return
    // The calls of an answer that is not whole carry an error.
    if (!cut) this.#from = this.#blocks
    const { maxSteps = defaultMaxSteps } = this.#settings.options
    const isLast = this.#step >= maxSteps
    // Some providers end calls with "stop", and others a pause.
    if (cut || finishReason === 'other' || calls.length === 0) {
      if (finishReason === 'pause' && !isLast) return this.#beginStep()
      return this.#finish(completion)
    }
    const { tools = {} } = this.#stepRequest
    if (isLast)
      return this.#finish(
        completion,
        calls.map(({ part }) => leftOver(part, tools)),
      )
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
    this.#keep(
      calls,
      results.toSorted((one, other) => one.index - other.index),
    )
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
    // The results of one id come in the order of its calls.
    const left = Map.groupBy(results, ({ id }) => id)
    const known = calls.map(({ part: { id, name, input } }) => {
      const result = left.get(id)?.shift()
      if (result === undefined) return { id, name, input }
      const { output, isError } = result
      return { id, name, input, output, ...(isError ? { isError } : {}) }
    })
    this.#steps[this.#steps.length - 1] = { ...step, calls: known }
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
    const wasted = this.#wasted
    const { provider, model } = this.#driver
    return {
      provider,
      model,
      ...completion,
      ...(waiting.length > 0 ? { finishReason: 'tool-calls' as const } : {}),
      usage: this.#usage,
      ...(isEmpty(wasted) ? {} : { wasted }),
      turn: { steps: this.#steps, ...(waiting.length > 0 ? { waiting } : {}) },
    }
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

/** A call of the last step, which is not run. */
function leftOver(
  { id, name, input }: ToolCallPart,
  tools: NonNullable<StreamRequest['tools']>,
): WaitingCall {
  const isKnown = Object.hasOwn(tools, name)
  return { id, name, input, for: isKnown && tools[name]?.run === undefined ? 'client' : 'steps' }
}

/** Whether an answer reached a limit. Its calls are not run. */
function isCut({ finishReason }: Completion): boolean {
  return finishReason === 'length' || finishReason === 'content-filter'
}

/** Without the fields that are undefined, which change nothing. */
function defined(changes: StepChanges): StepChanges {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
}

function isForced(choice: ToolChoice): boolean {
  return typeof choice === 'object' || choice === 'required'
}

function messagesOf({ messages, prompt = '' }: StreamRequest): readonly Message[] {
  return messages ?? [{ role: 'user', content: prompt }]
}
