/**
 * Runs one turn of a conversation, from the lock to the commit.
 *
 * @module
 */

import { optionError } from '../base/check-options.js'
import { StreamError } from '../base/errors.js'
import type { ErrorEvent, TerminalEvent } from '../base/events.js'
import type { AssistantMessage, Message } from '../base/messages.js'
import type { StreamRequest } from '../base/request.js'
import { storeError } from '../base/store-error.js'
import { addUsage } from '../base/usage.js'
import type { Turn, TurnStream } from '../core/turn.js'
import type { StoredTurn } from '../loop/open-loop.js'
import { toJsonMessages } from './json-messages.js'
import type { SelectMessages } from './last-messages.js'
import type { ConversationLock, ConversationStore, StoredConversation } from './store.js'

export interface TurnSettings {
  id: string
  store: ConversationStore
  select: SelectMessages | undefined
  wait: boolean
  keepPartial: boolean
  leaseMs: number
  readerTimeoutMs: number
}

/** The number of renewals within the duration of a lease. It survives one failed renewal. */
const renewalsPerLease = 3

export class ConversationTurn implements Turn {
  readonly stored: StoredTurn
  readonly #settings: TurnSettings
  readonly #input: readonly Message[]
  #begun: Promise<unknown> | undefined
  #lock: ConversationLock | undefined
  #stored: StoredConversation | undefined
  #renewal: Promise<void> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #ended = false
  #lengthSeen = 0
  #readAt = 0

  constructor(settings: TurnSettings, input: readonly Message[]) {
    this.#settings = settings
    this.#input = input
    // Calls in the input do not come from the store.
    const trusted = input.every(({ role }) => role !== 'assistant')
    this.stored = { conversationId: settings.id, trusted }
  }

  begin(request: StreamRequest, stream: TurnStream, signal: AbortSignal): Promise<StreamRequest> {
    const begun = this.#begin(request, stream, signal)
    this.#begun = begun.catch(() => {})
    return begun
  }

  async end(end: TerminalEvent): Promise<TerminalEvent> {
    await this.#begun
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
  ): Promise<StreamRequest> {
    const { id, store, select, wait, leaseMs } = this.#settings
    try {
      this.#lock = await store.lock(id, { ttlMs: leaseMs, wait, signal })
      this.#readAt = performance.now()
      this.#renewLater(stream)
      this.#stored = await store.load(id)
    } catch (error) {
      throw storeError(error, 'store')
    }
    const messages = [...this.#stored.messages, ...this.#input]
    if (select === undefined) return { ...request, messages }
    const selected = await select(messages)
    if (!Array.isArray(selected)) {
      throw optionError('select', selected, 'a function that returns an array of messages')
    }
    return { ...request, messages: selected }
  }

  async #commit(end: TerminalEvent): Promise<TerminalEvent> {
    const { id, store, keepPartial } = this.#settings
    const stored = this.#stored
    if (stored === undefined) return end
    const answer = end.type === 'complete' ? end.message : keepPartial && kept(end.partial)
    if (!answer) return end
    const added = toJsonMessages([...this.#input, answer])
    try {
      await store.append(id, added, stored.version)
    } catch (error) {
      // The reader receives an error anyway. Without a messageCount, the partial answer is not
      // stored.
      if (end.type === 'error') return end
      throw error
    }
    return { ...end, messageCount: stored.messages.length + added.length }
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
        if (StreamError.is(error) && error.code === 'conflict') stream.stop(error)
        else this.#renewLater(stream)
      },
    )
  }
}

/**
 * The part of a partial answer that is stored: everything but previews and the tool calls without a
 * result, which nobody has run.
 */
function kept({ role, id, content }: AssistantMessage): AssistantMessage | undefined {
  const named = id === undefined ? {} : { id }
  if (typeof content === 'string') return content === '' ? undefined : { role, ...named, content }
  const results = new Map<string, number>()
  for (const part of content) {
    if (part.type === 'tool-result') results.set(part.id, (results.get(part.id) ?? 0) + 1)
  }
  const parts = content.filter((part) => {
    if (part.type !== 'tool-call') return !('partial' in part && part.partial)
    const left = results.get(part.id) ?? 0
    results.set(part.id, left - 1)
    return left > 0
  })
  return parts.some(({ type }) => type === 'text' || type === 'file' || type === 'tool-result')
    ? { role, ...named, content: parts }
    : undefined
}

/** The terminal event after a failed commit. */
function uncommitted(end: TerminalEvent, error: StreamError): ErrorEvent {
  if (end.type === 'error') return { ...end, error }
  const { message, usage, wasted = {}, attempts } = end
  const cost = addUsage(usage, wasted)
  const known = Object.keys(cost).length === 0 ? {} : { usage: cost }
  return { type: 'error', error, partial: message, attempts, ...known }
}
