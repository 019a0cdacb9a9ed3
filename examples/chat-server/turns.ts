/**
 * Turns that survive their readers and their process. The conversation is the state of a turn, the
 * stream is what its readers see. When a process dies, another one continues both.
 */

import { type EventStream, StreamError } from 'sluice'
import { type Conversation, createConversation } from 'sluice/conversation'
import {
  createResumable,
  type FollowedStream,
  type LeftBehind,
  type Resumable,
} from 'sluice/resumable'
import { clearLatest, type LatestTurn, readLatest, writeLatest } from './latest-turn.ts'
import { type Memory, processMemory } from './memory.ts'
import type { ProviderName, Providers } from './providers.ts'
import { tools } from './tools.ts'
import { openTurn, type TurnIntent } from './turn-intent.ts'

/** What one browser asks for: its conversation, and the key of the turn. */
export interface TurnRequest {
  browser: string
  /** Chosen by the page: the id of the conversation, a dot, and something unique. */
  key: string
  provider: ProviderName
  intent: TurnIntent
}

export interface TurnsOptions {
  providers: Providers
  /** @default that of the process */
  memory?: Memory
}

/** A process that is silent for so long has lost its turns to another one, in milliseconds. */
const leaseMs = 3_000

export class Turns {
  readonly memory: Memory
  readonly #providers: Providers
  readonly #resumable: Resumable

  constructor({ providers, memory = processMemory() }: TurnsOptions) {
    this.#providers = providers
    this.memory = memory
    this.#resumable = createResumable({
      log: memory.log,
      leaseMs,
      revive: (streamId, left) => this.#revive(streamId, left),
    })
  }

  conversation(
    browser: string,
    conversationId: string,
    provider: ProviderName = 'openai',
  ): Conversation {
    const { driver, defaultModel } = this.#providers[provider]
    return createConversation({
      id: `${browser}/${conversationId}`,
      store: this.memory.store,
      driver: driver(defaultModel),
      tools,
      leaseMs,
      onError: 'keep-partial',
    })
  }

  /**
   * Begins a turn and follows it. A turn that has begun before is followed only: the same request
   * again, after a lost connection, does not ask the model again.
   *
   * @param prepare - called for a turn that has not begun before
   * @throws StreamError `store`
   */
  async begin(
    { browser, key, provider, intent }: TurnRequest,
    prepare?: (conversation: Conversation) => Promise<void>,
  ): Promise<FollowedStream> {
    const id = `${browser}/${key}`
    const begun = await this.#resumable.follow(id)
    if (begun !== null) return begun
    const conversation = this.conversation(browser, conversationOf(key), provider)
    await prepare?.(conversation)
    await writeLatest(this.memory.store, conversation.id, { key, provider, intent })
    const stream = openTurn(conversation, key, intent)
    await this.#resumable.publish(id, stream).catch(ignoreConflict)
    const followed = await this.#resumable.follow(id)
    if (followed === null) throw new StreamError('store', `The stream ${id} is gone.`)
    return followed
  }

  /** @returns null for an unknown stream */
  follow(browser: string, key: string, lastEventId?: string): Promise<FollowedStream | null> {
    return this.#resumable.follow(`${browser}/${key}`, lastEventId)
  }

  /** Also of a turn that has not arrived yet. */
  async stop(browser: string, key: string): Promise<void> {
    await this.#resumable.stop(`${browser}/${key}`)
  }

  /** The turn that is under way. */
  async running(browser: string, conversationId: string): Promise<LatestTurn | undefined> {
    const latest = await readLatest(this.memory.store, `${browser}/${conversationId}`)
    if (latest === undefined) return undefined
    const page = await this.memory.log.read(`${browser}/${latest.key}`, 0)
    return page === null || page.ended ? undefined : latest
  }

  /**
   * @throws StreamError `conflict` while an answer is under way: a change of the conversation would
   *   take it from its turn
   */
  async rename(browser: string, conversationId: string, title: string): Promise<void> {
    const { store } = this.memory
    const id = `${browser}/${conversationId}`
    const lock = await store.lock(id, { ttlMs: leaseMs, wait: false })
    try {
      const { version } = await store.load(id)
      await store.write(id, { title }, version)
    } finally {
      await lock.release()
    }
  }

  async delete(browser: string, conversationId: string): Promise<void> {
    const running = await this.running(browser, conversationId)
    await this.conversation(browser, conversationId).clear()
    await clearLatest(this.memory.store, `${browser}/${conversationId}`)
    if (running !== undefined) await this.stop(browser, running.key)
  }

  /** Continues what dead processes have left, also without a reader: at the start, and from a timer. */
  async sweep(): Promise<void> {
    await this.#resumable.sweep()
  }

  /** Leaves all turns to other processes. Call it before the process ends. */
  handOver(): Promise<void> {
    return this.#resumable.handOver()
  }

  async #revive(streamId: string, left: LeftBehind): Promise<EventStream> {
    const [browser = '', key = ''] = streamId.split('/')
    const id = conversationOf(key)
    const latest = await readLatest(this.memory.store, `${browser}/${id}`)
    const conversation = this.conversation(browser, id, latest?.provider)
    const { draft } = await conversation.read()
    const isStored = draft !== undefined && (draft.key === key || draft.id === left.partial.id)
    // A process can die before its turn is stored. Then nothing was shown, and it begins again.
    if (latest?.key === key && left.blocks.length === 0 && !isStored) {
      return openTurn(conversation, key, latest.intent)
    }
    // A turn that began again has another id than the one that its readers have seen.
    const seen = draft?.key === key ? { ...left.partial, id: draft.id } : left.partial
    // It sees whether the conversation still has this turn.
    return conversation.resume({ ...left, partial: seen })
  }
}

export function conversationOf(key: string): string {
  return key.split('.', 1)[0] ?? ''
}

/** Another request has begun the same turn. */
export function ignoreConflict(error: unknown): void {
  if (!StreamError.is(error) || error.code !== 'conflict') throw error
}
