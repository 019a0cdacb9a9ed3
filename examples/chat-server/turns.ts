/**
 * Turns that survive their readers and their process. The conversation is the state of a turn, the
 * stream is what its readers see. When a process dies, another one continues both.
 */

import { createStream, type EventStream, StreamError } from 'sluice'
import { type Conversation, createConversation } from 'sluice/conversation'
import { createResumable, type FollowedStream, type Resumable } from 'sluice/resumable'
import { clearLatest, readLatest, writeLatest } from './latest-turn.ts'
import { type Memory, processMemory } from './memory.ts'
import type { ProviderName, Providers } from './providers.ts'
import { tools } from './tools.ts'

/** What one browser asks for: its conversation, and the key of the turn. */
export interface TurnRequest {
  browser: string
  /** Chosen by the page: the id of the conversation, a dot, and something unique. */
  key: string
  provider: ProviderName
  /** It continues an earlier turn. */
  resumes?: boolean
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
      revive: (streamId) => this.#revive(streamId),
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
   * @throws StreamError `store`
   */
  async begin(
    { browser, key, provider, resumes = false }: TurnRequest,
    open: (conversation: Conversation) => EventStream | Promise<EventStream>,
  ): Promise<FollowedStream> {
    const id = `${browser}/${key}`
    const begun = await this.#resumable.follow(id)
    if (begun !== null) return begun
    const conversation = this.conversation(browser, conversationOf(key), provider)
    const stream = await open(conversation)
    await writeLatest(this.memory.store, conversation.id, { key, provider, resumes })
    await this.#resumable.publish(id, stream).catch(ignoreConflict)
    const followed = await this.#resumable.follow(id)
    if (followed === null) throw new StreamError('store', `The stream ${id} is gone.`)
    return followed
  }

  /** @returns null for an unknown stream */
  follow(browser: string, key: string, lastEventId?: string): Promise<FollowedStream | null> {
    return this.#resumable.follow(`${browser}/${key}`, lastEventId)
  }

  async stop(browser: string, key: string): Promise<void> {
    const id = `${browser}/${key}`
    if (await this.#resumable.stop(id)) return
    // A stop can be faster than its turn, which then finds a stopped stream in its place.
    const { driver, defaultModel } = this.#providers.openai
    const signal = AbortSignal.abort()
    const stopped = createStream({ driver: driver(defaultModel), prompt: 'Stop', signal })
    await this.#resumable.publish(id, stopped).catch(ignoreConflict)
  }

  /** The key of the stream that is under way. */
  async running(browser: string, conversationId: string): Promise<string | undefined> {
    const latest = await readLatest(this.memory.store, `${browser}/${conversationId}`)
    if (latest === undefined) return undefined
    const page = await this.memory.log.read(`${browser}/${latest.key}`, 0)
    return page === null || page.ended ? undefined : latest.key
  }

  async delete(browser: string, conversationId: string): Promise<void> {
    const key = await this.running(browser, conversationId)
    await this.conversation(browser, conversationId).clear()
    await clearLatest(this.memory.store, `${browser}/${conversationId}`)
    if (key !== undefined) await this.#resumable.stop(`${browser}/${key}`)
  }

  /** Continues what dead processes have left, also without a reader: at the start, and from a timer. */
  async sweep(): Promise<void> {
    const { sweep } = this.#resumable as { sweep?: () => Promise<unknown> }
    await sweep?.call(this.#resumable)
  }

  /** Leaves all turns to other processes. Call it before the process ends. */
  handOver(): Promise<void> {
    return this.#resumable.handOver()
  }

  /** Null for a turn that is not the one that was left behind. */
  async #revive(streamId: string): Promise<EventStream | null> {
    const [browser = '', key = ''] = streamId.split('/')
    const id = conversationOf(key)
    const latest = await readLatest(this.memory.store, `${browser}/${id}`)
    const conversation = this.conversation(browser, id, latest?.provider)
    const { draft } = await conversation.read()
    const isLatest = latest?.key === key && (draft?.key === undefined || latest.resumes)
    return isLatest || draft?.key === key ? conversation.resume() : null
  }
}

export function conversationOf(key: string): string {
  return key.split('.', 1)[0] ?? ''
}

/** Another request has begun the same turn. */
function ignoreConflict(error: unknown): void {
  if (!StreamError.is(error) || error.code !== 'conflict') throw error
}
