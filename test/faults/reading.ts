/**
 * A run of a stream against a reader, in time that only passes when nothing else can happen.
 *
 * @module
 */

import { expect, vi } from 'vitest'
import type { StreamEvent } from '../../src/base/events.js'
import { readStream } from '../../src/entries/client.js'
import { type EventStream, StreamError, sse, toResponse } from '../../src/entries/index.js'
import { checkGrammar } from './grammar.js'
import { type Act, own, type Reader } from './model.js'

/** More than any reader and any clock takes together, in milliseconds. */
const longestMs = 5_000

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

class ReaderError extends Error {}

/** Real promises and fake timers: `vi.useFakeTimers({ toFake: timers })`. */
export const timers = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'performance',
  'Date',
] as const

const hidden = { raw: undefined, response: undefined }

export class Reading {
  readonly #stream: EventStream
  readonly #controller: AbortController
  readonly #reader: Reader
  readonly #events: StreamEvent[] = []
  readonly #promised: Promise<unknown>[] = []
  #iterator: AsyncIterator<StreamEvent> | undefined
  #left = false
  #over = false

  constructor(stream: EventStream, controller: AbortController, reader: Reader) {
    this.#stream = stream
    this.#controller = controller
    this.#reader = reader
  }

  /** Until the reader is through; time passes when nothing else can happen. */
  async run(): Promise<void> {
    const { before, timed } = this.#reader
    for (const act of before) this.#do(act)
    for (const { atMs, act } of timed) own.set(() => this.#do(act), atMs)
    // A driver that hangs without a clock hangs for ever.
    own.set(() => this.#do('cancel'), longestMs)
    void this.#read().finally(() => {
      this.#over = true
    })
    await turn()
    for (let step = 0; !this.#over && step < 2 * longestMs; step++) {
      vi.advanceTimersToNextTimer()
      await turn()
    }
    expect(this.#over).toBe(true)
    own.clear()
  }

  async check(): Promise<void> {
    const events = this.#events
    const terminal = events.at(-1)
    const complete = await settled(this.#stream.final())
    const text = await settled(this.#stream.text())
    for (const promise of this.#promised) {
      const result = await settled(promise)
      if (typeof result === 'string' || StreamError.is(result)) expect(result).toBe(text)
      else expect(result).toBe(complete)
    }
    if (events.length > 0) checkGrammar(events, this.#left)
    if (terminal?.type === 'complete') {
      // What was read back from a response is a copy, without the provider's own words.
      expect({ ...Object(complete), ...hidden }).toEqual({ ...terminal, ...hidden })
      expect(text).toBe(terminal.text)
    } else if (terminal?.type === 'error') {
      expect(complete).toBe(text)
      expect(complete).toMatchObject({ code: terminal.error.code })
    } else if (this.#left) {
      // The limit of the whole stream ends it also in a pause, before the reader disconnects.
      const code = /timeout\.totalMs/.test(String(complete)) ? 'timeout' : 'aborted'
      expect(complete).toMatchObject({ code })
    }
  }

  /** It was read to its end, and no attempt carried on what another one had begun. */
  get restartedOnly(): boolean {
    const carriedOn = this.#events.some(
      (event) => event.type === 'retry' && event.mode === 'continue',
    )
    return !carriedOn && this.wholeText !== undefined
  }

  get wholeText(): string | undefined {
    const last = this.#events.at(-1)
    return last?.type === 'complete' ? last.text : undefined
  }

  async #read(): Promise<void> {
    const stream = this.#stream
    switch (this.#reader.how) {
      case 'iterate':
        return this.#iterate(stream)
      case 'iterate ahead':
        return this.#iterateAhead(stream)
      case 'dispose': {
        await using disposed = stream
        const iterator = disposed[Symbol.asyncIterator]()
        for (let count = 0; count < 3; count++) await this.#next(iterator)
        this.#left = true
        return
      }
      case 'text':
      case 'final':
        await settled(stream[this.#reader.how]())
        return
      case 'body':
        return this.#iterate(readStream(await toResponse(stream, sse())))
      case 'leave body': {
        const { body } = await toResponse(stream, sse())
        const reader = body?.getReader()
        await reader?.read()
        await reader?.read()
        await reader?.cancel()
        return
      }
    }
  }

  async #iterate(stream: EventStream): Promise<void> {
    const claimed = stream[Symbol.asyncIterator]
    const iterable = {
      [Symbol.asyncIterator]: () => {
        this.#iterator = claimed.call(stream)
        return this.#iterator
      },
    }
    try {
      for await (const event of iterable) {
        this.#events.push(event)
        for (const { at, act } of this.#reader.acts) {
          if (at !== this.#events.length) continue
          if (act.do === 'break') {
            this.#left = true
            return
          }
          await this.#act(act)
        }
      }
    } catch (error) {
      if (error instanceof ReaderError) this.#left = true
      // text() has been asked for a long time before, so it reads.
      else if (!(error instanceof TypeError) || this.#events.length > 0) throw error
    }
  }

  async #iterateAhead(stream: EventStream): Promise<void> {
    const iterator = stream[Symbol.asyncIterator]()
    this.#iterator = iterator
    while (!this.#left) {
      const results = await Promise.all([1, 2, 3].map(() => iterator.next()))
      for (const { done, value } of results) {
        if (done) return
        this.#events.push(value)
      }
    }
  }

  async #next(iterator: AsyncIterator<StreamEvent>): Promise<void> {
    const { done, value } = await iterator.next()
    if (!done) this.#events.push(value)
  }

  async #act(act: Act): Promise<void> {
    if (act.do === 'pause') await own.wait(act.ms)
    else if (act.do === 'throw') throw new ReaderError()
    else if (act.do === 'iterate again') {
      expect(() => this.#stream[Symbol.asyncIterator]()).toThrow(TypeError)
    } else if (act.do !== 'break') this.#do(act.do)
  }

  #do(act: 'cancel' | 'abort' | 'text' | 'final' | 'return'): void {
    if (act === 'cancel') this.#stream.cancel()
    else if (act === 'abort') this.#controller.abort()
    else if (act !== 'return') this.#promised.push(this.#stream[act]())
    else if (this.#iterator !== undefined) {
      this.#left = true
      void this.#iterator.return?.()
    }
  }
}

async function settled(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error)
}
