/**
 * The stream in progress of a conversation, as a page finds it again after a reload.
 *
 * @module
 */

import type { ChatAction, KeepOptions, KeepStorage } from './options.js'

/** The stream of a turn. */
export interface KeptStream {
  url: string
  action: ChatAction
  key: string
  messageId: string | undefined
}

/** Remembers it in a storage. A storage that fails, or is refused by the browser, is empty. */
export class KeptStreams {
  readonly #key: string
  readonly #storage: KeepStorage | undefined

  constructor(keep: string | KeepOptions) {
    const { id, storage } = typeof keep === 'string' ? { id: keep } : keep
    this.#key = `sluice:${id}`
    this.#storage = storage ?? attempt(() => globalThis.sessionStorage)
  }

  async read(): Promise<KeptStream | undefined> {
    try {
      return this.#parse(await this.#storage?.getItem(this.#key))
    } catch {
      return undefined
    }
  }

  write(stream: KeptStream): void {
    this.#change((storage) => storage.setItem(this.#key, JSON.stringify(stream)))
  }

  remove(): void {
    this.#change((storage) => storage.removeItem(this.#key))
  }

  /** Calls back when another tab remembers a stream. @returns the function that stops listening */
  listen(onStream: (stream: KeptStream) => void): () => void {
    const { window } = globalThis as { window?: Window }
    if (typeof window?.addEventListener !== 'function') return () => {}
    const listener = ({ key, newValue, storageArea }: StorageEvent): void => {
      const stream = storageArea === this.#storage && key === this.#key && this.#parse(newValue)
      if (stream) onStream(stream)
    }
    window.addEventListener('storage', listener)
    return () => window.removeEventListener('storage', listener)
  }

  #parse(text: string | null | undefined): KeptStream | undefined {
    return attempt(() => (text ? (JSON.parse(text) as KeptStream) : undefined))
  }

  #change(change: (storage: KeepStorage) => unknown): void {
    const storage = this.#storage
    if (storage === undefined) return
    // React Native's fails by a promise.
    void (async () => change(storage))().catch(() => {})
  }
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
