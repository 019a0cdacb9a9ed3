/**
 * A turn of several steps: the model answers, tools run, the model answers again.
 *
 * The messages are the state of the turn. It begins where they end: calls without results are
 * answered first, then the model is asked.
 *
 * @module
 */

import { callHook } from '../base/call-hook.js'
import type { ToolResultContent } from '../base/content-kinds.js'
import type { Completion, Driver } from '../base/driver.js'
import { StreamError } from '../base/errors.js'
import type { UsageSum } from '../base/events.js'
import type { Message, OutputPart } from '../base/messages.js'
import type { StreamRequest } from '../base/request.js'
import type { WaitingCall } from '../base/typed-calls.js'
import { addUsage } from '../base/usage.js'
import { abortError } from '../pull/abort.js'
import type { OpenContext, TurnRest } from '../pull/source.js'
import { type Call, openCalls, summaryOf } from './calls.js'
import type { RunSettings } from './decide.js'
import type { ResumedAnswer } from './ledger.js'
import type { StepChanges } from './options.js'
import { givenUp, type Running, resultEvent, runCalls } from './runs.js'
import { Sealer } from './seal.js'
import { sealCalls } from './seal-calls.js'
import { definedChanges, messagesOf, stepRequest } from './step-request.js'
import { type OpenStep, StepSource } from './step-source.js'
import { isCut, TurnRecord } from './turn-record.js'

export interface LoopSettings extends Omit<RunSettings, 'sealer'> {
  driver: Driver
  /** Opens a step, with its retries. */
  open: OpenStep
  /** @throws TypeError for what `beforeStep` must not return */
  checkChanges(changes: StepChanges): void
  resumed: ResumedAnswer | undefined
}

const defaultMaxSteps = 10

export class LoopSource extends StepSource {
  readonly #request: StreamRequest
  readonly #settings: LoopSettings & RunSettings
  readonly #controller = new AbortController()
  readonly #running = new Map<Call, Running>()
  readonly #record: TurnRecord
  /** The number of steps that have begun here. */
  #steps = 0
  /** Whether the turn has had a call. */
  #called: boolean
  #begun = false
  #closed = false
  /** The end of the turn, once it is known. */
  #completion: Completion | undefined

  constructor(request: StreamRequest, context: OpenContext, settings: LoopSettings) {
    const { id = settings.id, parts, steps = [], blocks = 0 } = settings.resumed ?? {}
    super(request, context, settings.driver, steps.length, blocks)
    this.#request = request
    const { signingKey, sealTtlMs } = settings.options
    const sealer = signingKey === undefined ? undefined : new Sealer(signingKey, sealTtlMs)
    this.#settings = { ...settings, sealer }
    this.#record = new TurnRecord(id, parts, steps)
    this.#called = steps.some(({ calls }) => calls.length > 0)
  }

  // -------------------------------------------------------------- for the reader

  close(): void {
    this.#closed = true
    this.upstream?.close()
    this.#controller.abort(abortError('The stream has ended.'))
  }

  finished(): Completion | undefined {
    const completion = this.upstream?.finished()
    if (completion === undefined) return this.#completion
    const more = this.content.callBlocks.size > 0 && !isCut(completion)
    if (more || completion.finishReason === 'pause') return undefined
    this.#addStep(completion)
    return this.#whole(completion)
  }

  usage(): UsageSum {
    return addUsage(
      addUsage(this.#record.usage, this.#record.wasted),
      this.costOfAttempt(this.upstream?.usage()),
    )
  }

  rest(): TurnRest {
    const results = this.unread
    for (const [call, { tool, index, result }] of this.#running) {
      const known = result ?? (tool.once ? givenUp : undefined)
      if (known !== undefined)
        results.push(resultEvent(index ?? this.content.blocks++, call, known))
    }
    return { wholeBlocks: this.content.from, results }
  }

  protected next(): void {
    if (this.show()) return
    if (!this.#begun) {
      this.#begun = true
      this.#go(() => this.#begin())
    } else if (this.upstream !== undefined) this.upstream.pull(this)
  }

  // -------------------------------------------------------------- for the step

  done(completion: Completion): void {
    this.upstream = undefined
    this.#go(() => this.#endStep(completion))
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
    const step = ++this.step
    const messages = this.#messages()
    const given = await options.beforeStep?.({ step, messages })
    if (this.#closed) return
    const changes = definedChanges(given ?? {})
    checkChanges(changes)
    const { driver: other = driver, ...changed } = changes
    this.driver = other
    this.stepRequest = stepRequest(this.#request, messages, this.#called, changed)
    this.openStep(open, this.#steps++ === 0)
  }

  #addStep(completion: Completion) {
    const { id, options } = this.#settings
    const { answer, attempts } = this.content
    const by = { model: this.driver.model, attempts }
    const { text, parts, calls } = this.#record.addStep(answer, completion, by)
    callHook(options.onStep, { id, step: this.step, text, calls: calls.map(summaryOf) })
    this.#called ||= calls.length > 0
    return { parts, calls }
  }

  async #endStep(completion: Completion): Promise<void> {
    const { finishReason } = completion
    const { parts, calls } = this.#addStep(completion)
    const cut = isCut(completion)
    this.#record.addParts(cut ? parts : await this.#sealed(parts, calls))
    if (this.#closed) return
    // The calls of an answer that is not whole carry an error.
    if (!cut) this.content.settle()
    const { maxSteps = defaultMaxSteps } = this.#settings.options
    const isLast = this.step >= maxSteps
    // Some providers end calls with "stop", and others a pause.
    const isDone = cut || finishReason === 'other' || calls.length === 0
    // A turn that ends is stored as a whole.
    await this.#progress(!isDone || finishReason !== 'pause')
    if (this.#closed) return
    if (isDone) {
      if (finishReason === 'pause' && !isLast) return this.#beginStep()
      return this.#finish(completion)
    }
    const { tools = {} } = this.stepRequest
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
        step: this.step,
        messages: this.#messages(),
        signal: this.#controller.signal,
        running: this.#running,
        nextIndex: () => this.content.blocks++,
        emit: (event) => {
          if (this.#closed) return
          if (!event.preliminary) results.push(event)
          this.put(event)
          this.show()
        },
      },
      this.#settings,
    )
    if (this.#closed) return false
    this.content.settle()
    this.#record.addResults(results)
    await this.#progress(true)
    if (this.#closed) return false
    if (waiting.length === 0) return true
    this.#finish(completion ?? { finishReason: 'tool-calls', usage: {} }, waiting)
    return false
  }

  /** @param waits - runs or another step follow */
  async #progress(waits: boolean): Promise<void> {
    await this.#settings.ledger?.progress?.(this.#record.progress(), waits)
  }

  /** Seals the calls of a step, and shows the seals. */
  async #sealed(
    parts: readonly OutputPart[],
    calls: readonly Call[],
  ): Promise<readonly OutputPart[]> {
    const sealed = await sealCalls(parts, calls, [...this.content.callBlocks], this.#settings)
    if (this.#closed || sealed.events.length === 0) return sealed.parts
    // Whoever receives a seal may cancel at once, and the call is whole.
    this.content.settle()
    for (const event of sealed.events) this.put(event)
    this.show()
    return sealed.parts
  }

  #finish(completion: Completion, waiting: readonly WaitingCall[] = []): void {
    const whole = this.#whole(completion, waiting)
    this.#completion = whole
    this.keepShown()
    this.answer((sink) => sink.done(whole))
  }

  /** The completion of the turn. */
  #whole(completion: Completion, waiting: readonly WaitingCall[] = []): Completion {
    const { provider, model } = this.driver
    return this.#record.completion({ provider, model, ...completion }, waiting)
  }

  /** The conversation with the answer so far. */
  #messages(): readonly Message[] {
    return this.#record.after(messagesOf(this.#request))
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
