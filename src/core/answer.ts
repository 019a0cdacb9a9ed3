/**
 * Turns the content of a source into the five events.
 *
 * @module
 */

import type { Completion } from '../base/driver.js'
import { failureOf, type StreamError } from '../base/errors.js'
import {
  type CompleteEvent,
  type ContentEvent,
  type RetryEvent,
  type StartEvent,
  type StreamEvent,
  type TerminalEvent,
  textOf,
  type UsageSum,
} from '../base/events.js'
import { exceededBound } from '../base/json-bounds.js'
import type { AssistantMessage } from '../base/messages.js'
import type { StreamRequest } from '../base/request.js'
import { addUsage, estimateUsage, isEmpty } from '../base/usage.js'
import { isElsewhere } from '../pull/abort.js'
import { PromisedSource } from '../pull/promised-source.js'
import type { LastingResponse, OpenContext, Sink, Source } from '../pull/source.js'
import type { EventFeed, Receive } from './event-feed.js'
import type { Observer } from './observer.js'
import { openCallsOf } from './open-calls.js'
import { Transcript } from './transcript.js'
import type { Turn, TurnStream } from './turn.js'

export interface AnswerSettings {
  start: StartEvent
  /** The original request. A turn may replace it. */
  request: StreamRequest
  open(request: StreamRequest, context: OpenContext): Source
  turn: Turn | undefined
  /** It is a turn of several steps. */
  runsTools?: boolean
  observer: Observer | undefined
}

/**
 * The longest text of an answer with its reasoning and arguments, in characters: about half a
 * million tokens. The last event repeats it, and the event loop waits until that is written.
 */
const maxLength = 2 * 1024 * 1024

export class Answer implements EventFeed, Sink, TurnStream {
  readonly #settings: AnswerSettings
  readonly #transcript = new Transcript()
  #request: StreamRequest
  /** The id of the answer; undefined for one that was stored without. */
  #messageId: string | undefined
  #source: Source | undefined
  #receive: Receive | undefined
  #begun = false
  #terminal: TerminalEvent | undefined
  #delivered = false
  #ending: Promise<void> | undefined
  /** Whether the usage that is not reported is estimated here. */
  #estimates: boolean
  /** The usage of the attempts before this one. */
  #wasted: UsageSum = {}
  /** The length of the content before this attempt, in characters. */
  #lengthBefore = 0
  /** The length of the content that has not been discarded, in characters. */
  #length = 0
  #beganAt = 0
  #firstContentMs: number | null = null
  onEnd: EventFeed['onEnd']
  drop: EventFeed['drop']

  constructor(settings: AnswerSettings) {
    this.#settings = settings
    this.#request = settings.request
    this.#messageId = settings.start.id
    // A turn of several steps has estimated the usage of its steps.
    this.#estimates = !settings.runsTools
    for (const event of settings.turn?.left?.blocks ?? []) this.#transcript.add(event)
    this.#length = this.#transcript.length
  }

  // -------------------------------------------------------------- for the reader

  pull(receive: Receive): void {
    if (!this.#begun) {
      this.#begun = true
      this.#beganAt = performance.now()
      return receive([this.#settings.start])
    }
    if (this.#delivered) return receive(null)
    this.#transcript.settle()
    this.#receive = receive
    if (this.#terminal !== undefined) this.#deliverTerminal(this.#terminal)
    else if (this.#ending === undefined) {
      // Opened on the second pull: a reader that takes the `start` and pauses has not requested
      // content.
      this.#source ??= this.#open()
      this.#source.pull(this)
    }
  }

  stop(error: StreamError, delivered?: number): void {
    if (this.#terminal !== undefined || this.#ending !== undefined) return
    this.#transcript.settle(delivered)
    this.#source?.close()
    this.fail(error)
  }

  get begun(): Promise<boolean> | undefined {
    return this.#settings.turn?.begun
  }

  get ending(): Promise<void> | undefined {
    return this.#ending
  }

  // -------------------------------------------------------------- for the turn

  get id(): string {
    return this.#settings.start.id
  }

  get length(): number {
    return this.#transcript.length
  }

  get waiting(): boolean {
    return this.#receive !== undefined
  }

  // -------------------------------------------------------------- for the source

  batch(events: readonly ContentEvent[]): void {
    this.#firstContentMs ??= performance.now() - this.#beganAt
    for (const event of events) this.#length += textOf(event)?.length ?? 0
    if (this.#length > maxLength) {
      const what = `the answer is longer than the limit of ${maxLength} characters.`
      return this.stop(this.#refusal(what))
    }
    this.#transcript.hold(events)
    this.#deliver(events)
  }

  retry(event: RetryEvent): void {
    this.#transcript.settle()
    this.#wasted = addUsage(this.#wasted, this.#costOfAttempt(event.usage ?? {}))
    this.#lengthBefore = this.length
    this.#transcript.add(event)
    if (event.mode === 'restart') this.#length = this.#transcript.content.keptLength()
    this.#settings.observer?.retry(event)
    this.#deliver([event])
  }

  done(completion: Completion): void {
    const { provider, model } = this.#settings.start
    const { content, attempts } = this.#transcript
    const cut = completion.finishReason === 'length' || completion.finishReason === 'content-filter'
    const message = this.#identified(content.message(cut, this.#source?.rest?.()?.wholeBlocks))
    // A turn of several steps has answered the call with an error.
    const exceeded = this.#settings.runsTools ? undefined : exceededArguments(message)
    if (exceeded !== undefined) {
      return this.fail(this.#refusal(`the arguments of a tool call are JSON that ${exceeded}.`))
    }
    const { wasted: thrownAway = {}, turn, ...rest } = completion
    const wasted = addUsage(this.#wasted, thrownAway)
    this.#finish({
      type: 'complete',
      text: content.text(),
      message,
      ...rest,
      ...(turn ?? waitingIn(message, completion, this.#request.tools)),
      ...(isEmpty(wasted) ? {} : { wasted }),
      provider: completion.provider ?? provider,
      model: completion.model ?? model,
      attempts,
      timing: this.#timing(),
    })
  }

  fail(error: StreamError): void {
    const usage = addUsage(this.#wasted, this.#costOfAttempt(this.#source?.usage() ?? {}))
    // A response may continue at the provider without a connection, and nobody will resume it,
    // except for a process that continues the turn.
    if (!isElsewhere(error)) this.#source?.resumption?.()?.cancel()
    const known = isEmpty(usage) ? {} : { usage }
    const rest = this.#source?.rest?.()
    for (const result of rest?.results ?? []) this.#transcript.add(result)
    // Before it is continued, nobody here knows which calls have been run.
    const cut = rest === undefined && this.#settings.turn?.left !== undefined ? 'unknown' : true
    const failure = this.#transcript.failure(error, rest?.wholeBlocks, cut)
    const partial = this.#identified(failure.partial)
    this.#finish({ ...failure, partial, ...known, ...this.#source?.details?.() })
  }

  // -------------------------------------------------------------- inside

  /** The message with an id, which the keys of its calls are made of. */
  #identified(message: AssistantMessage): AssistantMessage {
    const { runsTools, turn } = this.#settings
    const isNamed = (runsTools || turn !== undefined) && this.#messageId !== undefined
    return isNamed ? { ...message, id: this.#messageId as string } : message
  }

  #refusal(message: string): StreamError {
    const { provider } = this.#settings.start
    return failureOf(provider, 'protocol', message)
  }

  #open(): Source {
    const { open, turn, observer } = this.#settings
    let last = 1
    const context: OpenContext = {
      attempt: 1,
      // An unused number does not count as an attempt.
      nextAttempt: () => ++last,
      isAwaited: () => this.waiting,
      onBytes() {},
      stop: (error) => this.stop(error, this.drop?.()),
      onAttempt: (attempt) => {
        this.#transcript.countAttempt(attempt)
        observer?.attempt(attempt, this.#request)
      },
    }
    if (turn === undefined) return open(this.#request, context)
    return new PromisedSource(async (aborted) => {
      const begun = await turn.begin(this.#request, this, aborted)
      if ('role' in begun) {
        this.#messageId = begun.id
        this.#estimates = false
        return turn.replay?.(begun) as Source
      }
      const { id = this.#messageId, steps = [] } = turn.stored?.resumed ?? {}
      this.#messageId = id
      this.#transcript.countSteps(steps)
      this.#request = begun
      const { attempt = 1, ...shown } = turn.opening ?? {}
      last = attempt
      const onResponse = (response: LastingResponse): void => turn.onResponse?.(response)
      const source = open(begun, { ...context, attempt, ...shown, onResponse })
      return turn.opened?.(source) ?? source
    })
  }

  /** The usage of this attempt. Counts that the provider has not reported are estimated. */
  #costOfAttempt(reported: UsageSum): UsageSum {
    if (!this.#estimates) return reported
    return estimateUsage(reported, this.#request, this.length - this.#lengthBefore)
  }

  #finish(terminal: TerminalEvent): void {
    const { turn } = this.#settings
    // A turn that has not started has nothing to end.
    if (turn === undefined || this.#source === undefined) return this.#end(terminal)
    this.#source = undefined
    this.#ending = turn.end(terminal).then((end) => this.#end(end))
  }

  #end(terminal: TerminalEvent): void {
    this.#terminal = terminal
    this.#source = undefined
    this.#settings.observer?.end(terminal, this.#timing())
    this.onEnd?.(terminal)
    if (this.#receive !== undefined) this.#deliverTerminal(terminal)
  }

  #timing(): CompleteEvent['timing'] {
    const durationMs = this.#begun ? performance.now() - this.#beganAt : 0
    return { firstContentMs: this.#firstContentMs, durationMs }
  }

  #deliverTerminal(terminal: TerminalEvent): void {
    this.#delivered = true
    this.#deliver([terminal])
  }

  #deliver(batch: readonly StreamEvent[]): void {
    const receive = this.#receive
    this.#receive = undefined
    receive?.(batch)
  }
}

/** The calls of an answer whose tools the application runs, and those of one that is given again. */
function waitingIn(
  { content }: AssistantMessage,
  { finishReason }: Completion,
  tools: StreamRequest['tools'] = {},
): Pick<CompleteEvent, 'waiting'> {
  if (finishReason !== 'tool-calls' || typeof content === 'string') return {}
  const waiting = openCallsOf(content)
    .filter(({ error }) => error === undefined)
    .map(({ id, name, input }) => {
      const { run, approve = false } = (Object.hasOwn(tools, name) ? tools[name] : undefined) ?? {}
      const held = approve === false ? ('steps' as const) : ('approval' as const)
      return { id, name, input, for: run === undefined ? ('client' as const) : held }
    })
  return waiting.length === 0 ? {} : { waiting }
}

/** The bound that the arguments of a tool call exceed; undefined if none does. */
function exceededArguments({ content }: AssistantMessage): string | undefined {
  for (const part of content) {
    if (typeof part === 'string' || part.type !== 'tool-call' || part.error === undefined) continue
    const exceeded = exceededBound(String(part.input))
    if (exceeded !== undefined) return exceeded
  }
  return undefined
}
