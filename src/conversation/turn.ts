/**
 * Runs one turn of a conversation, from the lock to the commit.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { ErrorEvent, TerminalEvent } from '../base/events.js'
import type { AssistantMessage, Message } from '../base/messages.js'
import { promiseWithResolvers } from '../base/promise-with-resolvers.js'
import type { StreamRequest } from '../base/request.js'
import { storeError } from '../base/store-error.js'
import { addUsage } from '../base/usage.js'
import type { LeftBehind } from '../core/left-behind.js'
import { type Beginning, OpenedSource, type Opening } from '../core/opening.js'
import { replay } from '../core/replay-source.js'
import type { Turn, TurnStream } from '../core/turn.js'
import type { StoredTurn } from '../loop/open-loop.js'
import { isElsewhere } from '../pull/abort.js'
import type { LastingResponse, Source } from '../pull/source.js'
import { type AnswerSettings, beginAnswer } from './begin-answer.js'
import type { OnError } from './draft.js'
import { DraftWriter } from './draft-writer.js'
import { toJsonMessages } from './json-messages.js'
import type { SelectMessages } from './last-messages.js'
import { type Intent, partsOf, planTurn, type TurnPlan } from './plan-turn.js'
import { selectMessages } from './select-messages.js'
import type { ConversationLock, ConversationStore } from './store.js'

export interface TurnSettings extends AnswerSettings {
  id: string
  store: ConversationStore
  select: SelectMessages | undefined
  wait: boolean
  onError: OnError
  leaseMs: number
  readerTimeoutMs: number
}

/** The number of renewals within the duration of a lease. It survives one failed renewal. */
const renewalsPerLease = 3

/** How often a turn is planned if the conversation changes before its first write. */
const maxPlans = 3

export class ConversationTurn implements Turn {
  readonly #settings: TurnSettings
  readonly #intent: Intent
  readonly stored: StoredTurn
  readonly left: LeftBehind | undefined
  opening: Opening | undefined
  readonly begun: Promise<boolean>
  readonly #settleBegun: (isStored: boolean) => void
  /** All that `begin` does. */
  #work: Promise<unknown> | undefined
  /** The request without its messages. */
  #request: StreamRequest | undefined
  #beginning: Beginning | undefined
  #lock: ConversationLock | undefined
  #writer: DraftWriter | undefined
  /** The answer that is given again, and the number of messages. */
  #replayed: { answer: AssistantMessage; messageCount: number } | undefined
  #renewal: Promise<void> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #ended = false
  #lengthSeen = 0
  #readAt = 0

  constructor(settings: TurnSettings, intent: Intent) {
    this.#settings = settings
    this.#intent = intent
    this.stored = { conversationId: settings.id, trusted: true }
    this.left = intent.kind === 'resume' ? intent.left : undefined
    const { promise, resolve } = promiseWithResolvers<boolean>()
    this.begun = promise
    this.#settleBegun = resolve
  }

  begin(
    request: StreamRequest,
    stream: TurnStream,
    signal: AbortSignal,
  ): Promise<StreamRequest | AssistantMessage> {
    this.#request = request
    const begun = this.#begin(request, stream, signal)
    this.#work = begun.then(
      () => this.#settleBegun(true),
      () => this.#settleBegun(false),
    )
    return begun
  }

  async end(end: TerminalEvent): Promise<TerminalEvent> {
    await this.#work
    this.#ended = true
    clearTimeout(this.#timer)
    const terminal = await this.#commit(end).catch((error) =>
      uncommitted(end, storeError(error, 'store')),
    )
    const released = this.#release()
    // Does not wait for the release after a failure of the store, which may be slow to fail again.
    if (terminal.type === 'complete' || terminal.error.code !== 'store') await released
    return terminal
  }

  replay(answer: AssistantMessage): Source {
    const { id = '' } = answer
    const request = this.#request as StreamRequest
    const whole = { id, parts: partsOf(answer), steps: [] }
    const { beginning } = beginAnswer(whole, request, this.left, this.#settings)
    return new OpenedSource(beginning, replay(answer, request, this.#settings.driver.provider))
  }

  opened(source: Source): Source {
    return this.#beginning === undefined ? source : new OpenedSource(this.#beginning, source)
  }

  onResponse(response: LastingResponse): void {
    this.#writer?.respond(response)
  }

  async #release(): Promise<void> {
    // A pending renewal could take the lock again after its release.
    await this.#renewal
    // If this fails, the lease expires.
    await this.#lock?.release().catch(() => {})
  }

  async #begin(
    request: StreamRequest,
    stream: TurnStream,
    signal: AbortSignal,
  ): Promise<StreamRequest | AssistantMessage> {
    const { id, store, wait, leaseMs } = this.#settings
    let plan: TurnPlan
    try {
      this.#lock = await store.lock(id, { ttlMs: leaseMs, wait, signal })
      this.#readAt = performance.now()
      this.#renewLater(stream)
      plan = await this.#plan(request, stream)
    } catch (error) {
      throw storeError(error, 'store')
    }
    if ('answer' in plan) return plan.answer
    const { select, runsTools } = this.#settings
    const { draft, before } = plan
    const { id: answerId, parts = [] } = this.stored.resumed ?? {}
    const messages = await selectMessages([...before, ...draft.input], select, { id, signal })
    // A turn with tools adds its own.
    if (runsTools || parts.length === 0) return { ...request, messages }
    const begun: Message = { role: 'assistant', id: answerId as string, content: parts }
    return { ...request, messages: [...messages, begun] }
  }

  /** Plans the turn, and stores its question. */
  async #plan(request: StreamRequest, stream: TurnStream): Promise<TurnPlan> {
    const { id, store } = this.#settings
    for (let tries = 1; ; tries++) {
      const { version, ...stored } = await store.load(id)
      const plan = planTurn(this.#intent, { ...stored, version }, stream.id)
      if ('answer' in plan) {
        this.#replayed = { answer: plan.answer, messageCount: stored.messages.length }
        return plan
      }
      try {
        await this.#store(plan, version, request)
        return plan
      } catch (error) {
        // A turn that has lost the lock may still have written what it leaves.
        if (tries === maxPlans || !isConflict(error)) throw error
        await this.#lock?.renew()
      }
    }
  }

  /** Stores the question before the model is asked, so that nothing that was said is lost. */
  async #store(
    { draft, before, change }: Exclude<TurnPlan, { answer: unknown }>,
    version: string | null,
    request: StreamRequest,
  ): Promise<void> {
    const { id, store } = this.#settings
    const { input, answer, ...about } = draft
    const asked = { ...request, messages: [...before, ...input] }
    const { id: answerId, steps: known, response } = draft
    const whole = { id: answerId, parts: answer, steps: known, response }
    const { beginning, opening, resumed } = beginAnswer(whole, asked, this.left, this.#settings)
    const { parts, steps } = resumed
    const writer = new DraftWriter(store, id, version, { ...about, input, answer: parts, steps })
    await writer.begin(change)
    this.#settleBegun(true)
    this.#writer = writer
    this.stored.ledger = writer
    // Calls in the input do not come from the store.
    this.stored.trusted = input.every(({ role }) => role !== 'assistant')
    this.stored.resumed = resumed
    this.opening = opening
    const { retry, content } = beginning
    if (retry !== undefined || content.length > 0) this.#beginning = beginning
  }

  async #commit(end: TerminalEvent): Promise<TerminalEvent> {
    const writer = this.#writer
    if (writer === undefined) return this.#asStored(end)
    const { keep, input, key } = writer.draft
    if (end.type === 'complete') {
      const { finishReason, waiting } = end
      const answer: AssistantMessage = {
        ...end.message,
        ...(key === undefined ? {} : { key }),
        ...(finishReason === 'stop' ? {} : { finishReason }),
        ...(waiting === undefined
          ? {}
          : { waiting: waiting.map((call) => ({ id: call.id, for: call.for })) }),
      }
      const added = toJsonMessages([...input, answer])
      await writer.commit(added)
      return { ...end, message: answer, messageCount: keep + added.length }
    }
    // The reader receives an error anyway, and another process may have the turn.
    if (end.error.code === 'conflict') return end
    const { onError } = this.#settings
    // Another process continues a turn that is handed over.
    const goesOn = isElsewhere(end.error)
    const partial = onError === 'keep-partial' ? toJsonMessages([end.partial])[0] : undefined
    const left = {
      ...(partial === undefined ? {} : { partial: partial as AssistantMessage }),
      ...(goesOn ? {} : { errorCode: end.error.code }),
    }
    const forgets = onError === 'forget' && !goesOn
    try {
      // Without the lock, another turn may have loaded the draft.
      await this.#lock?.renew()
    } catch (error) {
      if (isConflict(error)) return end
    }
    await writer.leave(forgets ? null : left, goesOn).catch(() => {})
    return end
  }

  /** What the store holds beside the content of the answer goes with it. */
  #asStored(end: TerminalEvent): TerminalEvent {
    if (this.#replayed === undefined || end.type === 'error') return end
    const { answer, messageCount } = this.#replayed
    const { content } = end.message
    return { ...end, message: { ...answer, content }, messageCount }
  }

  #renewLater(stream: TurnStream): void {
    if (this.#ended) return
    this.#timer = setTimeout(() => this.#renew(stream), this.#settings.leaseMs / renewalsPerLease)
    // A turn that nobody reads must not keep the process alive.
    ;(this.#timer as { unref?: () => void }).unref?.()
  }

  #renew(stream: TurnStream): void {
    const { id, readerTimeoutMs } = this.#settings
    const now = performance.now()
    if (stream.waiting || stream.length !== this.#lengthSeen) {
      this.#lengthSeen = stream.length
      this.#readAt = now
    } else if (now - this.#readAt >= readerTimeoutMs) {
      const message = `The turn of conversation "${id}" ended because its reader read nothing for ${readerTimeoutMs} ms (readerTimeoutMs).`
      return stream.stop(new StreamError('aborted', message))
    }
    this.#renewal = this.#lock?.renew().then(
      () => this.#renewLater(stream),
      (error: unknown) => {
        // The store may recover before the lease expires, and the commit is fenced anyway.
        if (isConflict(error)) stream.stop(error)
        else this.#renewLater(stream)
      },
    )
  }
}

function isConflict(error: unknown): error is StreamError {
  return StreamError.is(error) && error.code === 'conflict'
}

/** The terminal event after a failed commit. */
function uncommitted(end: TerminalEvent, error: StreamError): ErrorEvent {
  if (end.type === 'error') return { ...end, error }
  const { message, usage, wasted = {}, attempts } = end
  const cost = addUsage(usage, wasted)
  const known = Object.keys(cost).length === 0 ? {} : { usage: cost }
  return { type: 'error', error, partial: message, attempts, ...known }
}
