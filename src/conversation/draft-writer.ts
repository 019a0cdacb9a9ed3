/**
 * Writes the draft of a turn.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { Message } from '../base/messages.js'
import { storeError } from '../base/store-error.js'
import type { Ledger, Progress, Run, RunResult } from '../loop/ledger.js'
import type { LastingResponse } from '../pull/source.js'
import type { TurnDraft } from './draft.js'
import { toJson } from './json-messages.js'
import type { ConversationChange, ConversationStore } from './store.js'

/**
 * Holds the draft and the version of the conversation. Writes follow each other, and what changes
 * while one is on its way goes with the next.
 */
export class DraftWriter implements Ledger {
  readonly #store: ConversationStore
  readonly #id: string
  #version: string | null
  #draft: TurnDraft
  #writing: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(store: ConversationStore, id: string, version: string | null, draft: TurnDraft) {
    this.#store = store
    this.#id = id
    this.#version = version
    this.#draft = draft
  }

  get draft(): TurnDraft {
    return this.#draft
  }

  /** Stores the draft, after these changes of the messages. */
  async begin(change: Pick<ConversationChange, 'keep' | 'add' | 'title'>): Promise<void> {
    await this.#write({ ...change, draft: this.#draft })
  }

  /** Stores the messages of the turn, and removes the draft. */
  async commit(messages: readonly Message[]): Promise<void> {
    await this.#settled()
    await this.#write({ keep: this.#draft.keep, add: messages, draft: null })
  }

  /**
   * Stores what is left of the turn; null for nothing.
   *
   * @param lasts - whether its response still runs at the provider
   */
  async leave(changes: Partial<TurnDraft> | null, lasts: boolean): Promise<void> {
    await this.#settled()
    if (!lasts) this.#draft = withoutResponse(this.#draft)
    if (changes !== null) this.#change(changes)
    await this.#write({ draft: changes === null ? null : this.#draft })
  }

  // -------------------------------------------------------------- for the tools

  find(key: string): { result?: RunResult } | undefined {
    return Object.hasOwn(this.#draft.runs, key) ? this.#draft.runs[key] : undefined
  }

  async started({ key }: Run): Promise<boolean> {
    if (this.find(key) !== undefined) return false
    this.#change({ runs: { ...this.#draft.runs, [key]: {} } })
    await this.#save()
    return true
  }

  async ended({ key }: Run, result: RunResult): Promise<void> {
    this.#change({ runs: { ...this.#draft.runs, [key]: { result: toJson(result) } } })
    await this.#save()
  }

  /** Whole steps go with the next write: that of the first tool that starts. */
  async progress({ parts, steps }: Progress, waits: boolean): Promise<void> {
    this.#draft = withoutResponse(this.#draft)
    this.#change({ answer: toJson(parts), steps: toJson(steps) })
    if (!waits) await this.#save()
  }

  /** Stores the response that the provider completes, so that another process can read it. */
  respond(response: LastingResponse): void {
    this.#change({ response })
    // The turn need not wait for it, and its next write reports a failure.
    this.#save().catch(() => {})
  }

  // -------------------------------------------------------------- inside

  #change(changes: Partial<TurnDraft>): void {
    this.#draft = { ...this.#draft, ...changes }
  }

  /** Resolves once the present draft is stored. */
  #save(): Promise<void> {
    if (this.#writing === undefined) return this.#start()
    this.#next ??= this.#writing.then(
      () => this.#start(),
      () => this.#start(),
    )
    return this.#next
  }

  #start(): Promise<void> {
    this.#next = undefined
    const writing = this.#write({ draft: this.#draft }).finally(() => {
      if (this.#writing === writing) this.#writing = undefined
    })
    this.#writing = writing
    return writing
  }

  async #settled(): Promise<void> {
    await (this.#next ?? this.#writing)?.catch(() => {})
  }

  async #write(change: Parameters<ConversationStore['write']>[1]): Promise<void> {
    try {
      this.#version = await this.#store.write(this.#id, change, this.#version)
    } catch (error) {
      throw StreamError.is(error) ? error : storeError(error, 'store')
    }
  }
}

function withoutResponse({ response: _response, ...draft }: TurnDraft): TurnDraft {
  return draft
}
