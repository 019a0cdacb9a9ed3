/**
 * A conversation in its store, apart from its turns.
 *
 * @module
 */

import type { AssistantMessage, Message } from '../base/messages.js'
import { storeError } from '../base/store-error.js'
import { messagesWithDraft, readDraft } from './draft.js'
import { notFound } from './plan-turn.js'
import type { ConversationStore } from './store.js'
import { titleOf } from './title.js'
import type { ConversationState } from './types.js'

export class ConversationInStore {
  readonly #store: ConversationStore
  readonly #id: string

  constructor(store: ConversationStore, id: string) {
    this.#store = store
    this.#id = id
  }

  read(): Promise<ConversationState> {
    return this.#run(async () => {
      const { messages, draft: stored, title } = await this.#store.load(this.#id)
      const about = title === undefined ? {} : { title }
      const draft = readDraft(stored)
      if (draft === undefined) return { ...about, messages }
      const { id, key, keep, input, answer, partial, errorCode } = draft
      const message: AssistantMessage = partial ?? { role: 'assistant', id, content: answer }
      const broken = errorCode === undefined ? {} : { errorCode }
      const named = key === undefined ? { id } : { id, key }
      return {
        ...about,
        messages,
        draft: { ...named, keep, input, answer: { ...message, ...broken } },
      }
    })
  }

  messages(): Promise<Message[]> {
    return this.#run(async () => {
      const { messages, draft } = await this.#store.load(this.#id)
      return [...messagesWithDraft(messages, readDraft(draft))]
    })
  }

  fork(otherId: string, messageId: string | undefined): Promise<void> {
    return this.#run(async () => {
      const { messages, title } = await this.#store.load(this.#id)
      const position = messages.findIndex((message) => message.id === messageId)
      if (messageId !== undefined && position === -1) {
        throw notFound(`There is no message with the id "${messageId}".`)
      }
      const add = messageId === undefined ? messages : messages.slice(0, position + 1)
      const named = title ?? titleOf(add)
      await this.#store.write(otherId, { add, ...(named && { title: named }) }, null)
    })
  }

  /** Waits for a running turn, whose next write would fail if it came in between. */
  rename(title: string, ttlMs: number): Promise<void> {
    return this.#run(async () => {
      const lock = await this.#store.lock(this.#id, { ttlMs })
      try {
        const { version } = await this.#store.load(this.#id)
        await this.#store.write(this.#id, { title }, version)
      } finally {
        // If this fails, the lock expires.
        await lock.release().catch(() => {})
      }
    })
  }

  clear(): Promise<void> {
    return this.#run(() => this.#store.clear(this.#id))
  }

  async #run<Result>(ask: () => Promise<Result>): Promise<Result> {
    try {
      return await ask()
    } catch (error) {
      throw storeError(error, 'store')
    }
  }
}
