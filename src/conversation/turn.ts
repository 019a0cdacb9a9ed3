/**
 * One turn of a conversation: from the lock to the commit.
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

/** How often a lease is renewed within its time, so that it survives one renewal that fails. */
const renewalsPerLease = 3

export class ConversationTurn implements Turn {
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
    const told = await this.#commit(end).catch((error) =>
      uncommitted(end, storeError(error, 'store')),
    )
    const released = this.#release()
    // A store that fails may take its time to fail once more.
    if (told.type === 'complete' || told.error.code !== 'store') await released
    return told
  }

  async #release(): Promise<void> {
    // A renewal that is under way could take the lock again after it was released.
    await this.#renewal
    // If this fails, the lease runs out.
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
      throw optionError('select', selected, 'a function that gives an array of messages')
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
      // The reader is told of a failure already, and the count that is missing says that the part is not kept.
      if (end.type === 'error') return end
      throw error
    }
    return { ...end, messageCount: stored.messages.length + added.length }
  }

  #renewLater(stream: TurnStream): void {
    if (this.#ended) return
    this.#timer = setTimeout(() => this.#renew(stream), this.#settings.leaseMs / renewalsPerLease)
    // Where there are processes, a turn that nobody reads does not keep one alive.
    ;(this.#timer as { unref?: () => void }).unref?.()
  }

  #renew(stream: TurnStream): void {
    const { id, readerTimeoutMs } = this.#settings
    const now = performance.now()
    if (stream.waiting || stream.length !== this.#lengthSeen) {
      this.#lengthSeen = stream.length
      this.#readAt = now
    } else if (now - this.#readAt >= readerTimeoutMs) {
      const message = `The turn of conversation "${id}" ended because its reader took nothing for ${readerTimeoutMs} ms (readerTimeoutMs).`
      return stream.stop(new StreamError('aborted', message))
    }
    this.#renewal = this.#lock?.renew().then(
      () => this.#renewLater(stream),
      (error: unknown) => {
        // The store may be back before the lease runs out, and the commit is fenced anyway.
        if (StreamError.is(error) && error.code === 'conflict') stream.stop(error)
        else this.#renewLater(stream)
      },
    )
  }
}

/** What of an answer that broke off is worth keeping: not its tool calls, which nobody has run. */
function kept({ role, content }: AssistantMessage): AssistantMessage | undefined {
  if (typeof content === 'string') return content === '' ? undefined : { role, content }
  const parts = content.filter(({ type }) => type !== 'tool-call')
  return parts.some(({ type }) => type === 'text' || type === 'file')
    ? { role, content: parts }
    : undefined
}

/** A whole answer that could not be committed. */
function uncommitted(end: TerminalEvent, error: StreamError): ErrorEvent {
  if (end.type === 'error') return { ...end, error }
  const { message, usage, wasted = {}, attempts } = end
  const cost = addUsage(usage, wasted)
  const known = Object.keys(cost).length === 0 ? {} : { usage: cost }
  return { type: 'error', error, partial: message, attempts, ...known }
}
