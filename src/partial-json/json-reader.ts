/**
 * Iterates over what is read from the JSON of a stream, attempt by attempt.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { CompleteEvent, RetryEvent } from '../base/events.js'
import type { JsonPieces } from './json-of-events.js'

/** What is read from the JSON. */
export interface JsonReading<Item> {
  /** Reads the JSON of one attempt. Throws if it is not valid. */
  read(pieces: AsyncIterable<string>): AsyncIterable<Item>
  /** The items of a tool call without arguments. */
  readonly ofNoArguments: readonly Item[]
  /**
   * Called before the next attempt is read, or the next step of a turn, which has no `retry`. What
   * it throws ends the iteration.
   */
  restart?(retry: RetryEvent | undefined): unknown
}

/** Called before the stream is opened. */
type Prepare<Item> = () => JsonReading<Item> | Promise<JsonReading<Item>>

/** The text of the model may explain why it is not JSON. */
const withoutOutput = new Set(['tool-calls', 'content-filter', 'pause'])

async function* readAttempts<Item>(
  pieces: JsonPieces,
  prepare: Prepare<Item>,
): AsyncGenerator<Item, undefined, void> {
  const reading = await prepare()
  for (;;) {
    let failure: unknown
    pieces.begin()
    try {
      yield* reading.read(pieces)
    } catch (error) {
      failure = error
    }
    // An answer that is not JSON may fail its attempt; then the next one counts.
    const end = await pieces.skip()
    if (StreamError.is(end)) throw end
    if (end === 'step' || end.type === 'retry') {
      try {
        await reading.restart?.(end === 'step' ? undefined : end)
      } catch (error) {
        pieces.close()
        throw error
      }
      continue
    }
    if (failure === undefined) return undefined
    const { found, isCall } = pieces
    if (found === 'nothing' && (isCall || withoutOutput.has(end.finishReason))) return undefined
    if (!isCall || found !== 'empty') throw notWhole(found, end, failure)
    // A call without arguments may have no text.
    yield* reading.ofNoArguments
    return undefined
  }
}

function notWhole(
  found: JsonPieces['found'],
  { finishReason, provider }: CompleteEvent,
  cause: unknown,
): StreamError {
  const what = found === 'nothing' ? 'has no JSON' : 'is not valid JSON'
  const remedy =
    finishReason === 'length' ? ': it reached the token limit. Raise maxOutputTokens' : ''
  return new StreamError('protocol', `${provider}: the answer ${what}${remedy}.`, {
    provider,
    cause,
  })
}

const over: IteratorResult<never, undefined> = { done: true, value: undefined }

/**
 * `return()` of a plain generator would wait until the stream has answered the pending `next()`.
 */
export class JsonReader<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #pieces: JsonPieces
  readonly #items: AsyncGenerator<Item, undefined, void>
  readonly #waiting = new Set<(result: IteratorResult<Item, undefined>) => void>()
  #over = false

  constructor(pieces: JsonPieces, prepare: Prepare<Item>) {
    this.#pieces = pieces
    this.#items = readAttempts(pieces, prepare)
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    if (this.#over) return Promise.resolve(over)
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve)
      this.#items.next().then(
        (result) => {
          this.#waiting.delete(resolve)
          resolve(result)
        },
        (error: unknown) => {
          this.#waiting.delete(resolve)
          reject(error)
        },
      )
    })
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    this.#over = true
    this.#pieces.close()
    for (const resolve of this.#waiting) resolve(over)
    this.#waiting.clear()
    return Promise.resolve(over)
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
