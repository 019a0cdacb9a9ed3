/**
 * JSON as it grows.
 *
 * @module
 */

import {
  checkOptions,
  checkValue,
  events as eventsRule,
  optionError,
  type Rules,
  required,
  string,
} from '../base/check-options.js'
import { StreamError } from '../base/errors.js'
import type { CompleteEvent, StreamEvent } from '../base/events.js'
import { missingPackage } from '../base/missing-package.js'
import { refusePromise } from '../base/refuse-promise.js'
import { JsonPieces, type ToolCallChoice } from './json-of-events.js'

/** A value that is not whole yet: objects lack properties, arrays elements, strings their end. */
export type PartialJson<Value> = Value extends readonly (infer Element)[]
  ? PartialJson<Element>[]
  : Value extends object
    ? { [Key in keyof Value]?: PartialJson<Value[Key]> }
    : Value

/**
 * The structured output of a stream, or the arguments of one of its tool calls, as they grow. The JSON is parsed once, in time linear
 * in its length, by the package `jsonriver`, which has to be installed.
 *
 * Each value is the last one with more in it, grown in place: strings become longer, arrays and objects get further elements, numbers
 * and literals come when they are whole. Take a `structuredClone()` of what has to stay as it is. The last value is the whole JSON.
 * It is what the model wrote, before any validation; `complete.output` is what the schema makes of it.
 *
 * The JSON may stand in a Markdown fence, or after a sentence or `<think>`. A restart (`retry` with mode `restart`) begins with a new
 * value. The iteration ends with the stream, without a value where the answer has no JSON because it calls tools, pauses, or is
 * withheld by a filter.
 *
 * It is the one reader of the stream, and the connection to the provider is closed when it is left; `stream.final()` gives the
 * `complete` event beside it.
 *
 * @param events - a stream, or any other iterable of its events
 * @throws TypeError for a bad argument, at the call. The iteration throws the `StreamError` that ends the stream, and `protocol` for
 *   an answer that completes without being JSON
 * @example
 * ```ts
 * const stream = createStream({ driver, prompt: 'A recipe for soup.', output: Recipe })
 * for await (const recipe of partialJson(stream)) show(recipe.name, recipe.steps ?? [])
 * ```
 */
export function partialJson<Output>(
  events: AsyncIterable<StreamEvent<Output>>,
): AsyncIterableIterator<PartialJson<Output>>
/**
 * The arguments of one tool call: of the first one of a `tool`, or of the one with an `id`. Without a call it is the structured output,
 * for events whose type does not say what it is, such as those of `readStream()`.
 *
 * @example
 * ```ts
 * for await (const { city } of partialJson<{ city: string }>(stream, { tool: 'weather' })) show(city)
 * ```
 */
export function partialJson<Value = unknown>(
  events: AsyncIterable<StreamEvent>,
  call?: ToolCallChoice,
): AsyncIterableIterator<PartialJson<Value>>
export function partialJson(
  events: AsyncIterable<StreamEvent>,
  call?: ToolCallChoice,
): AsyncIterableIterator<unknown> {
  refusePromise('events', events)
  checkValue('events', events, required(eventsRule))
  if (call !== undefined) checkCall(call)
  return new Values(new JsonPieces(() => events[Symbol.asyncIterator](), call), call)
}

const rules: Rules<ToolCallChoice> = { tool: string, id: string }

function checkCall(call: ToolCallChoice): void {
  const allowed = '{ tool: name } or { id }'
  checkOptions('call', call, rules, allowed)
  if (call.tool === undefined && call.id === undefined) throw optionError('call', call, allowed)
}

/** The model may have said why it writes no JSON. */
const withoutOutput = new Set(['tool-calls', 'content-filter', 'pause'])

async function* readValues(
  pieces: JsonPieces,
  call: ToolCallChoice | undefined,
): AsyncGenerator<unknown, undefined, void> {
  const { parse } = await import('jsonriver').catch((error: unknown) => {
    throw missingPackage('jsonriver', 1, error)
  })
  for (;;) {
    let failure: unknown
    try {
      yield* parse(pieces)
    } catch (error) {
      failure = error
    }
    // An answer that is no JSON may fail its attempt, and then the next one counts.
    await pieces.skip()
    const { end } = pieces
    if (StreamError.is(end)) throw end
    if (end === 'restart' || end === undefined) continue
    if (failure === undefined) return undefined
    if (pieces.found === 'nothing' && (call !== undefined || withoutOutput.has(end.finishReason))) {
      return undefined
    }
    if (call === undefined || pieces.found !== 'empty') throw notWhole(pieces, end, failure)
    // A call without arguments may have no text at all.
    yield {}
    return undefined
  }
}

function notWhole(
  pieces: JsonPieces,
  { finishReason, provider }: CompleteEvent,
  cause: unknown,
): StreamError {
  const what = pieces.found === 'nothing' ? 'holds no JSON' : 'is not whole JSON'
  const remedy =
    finishReason === 'length' ? ': it reached the limit of tokens. Raise maxOutputTokens' : ''
  return new StreamError('protocol', `${provider}: the answer ${what}${remedy}.`, {
    provider,
    cause,
  })
}

type Resolve = (result: IteratorResult<unknown, undefined>) => void

const over: IteratorResult<unknown, undefined> = { done: true, value: undefined }

/** A generator alone would answer `return()` only once the stream has answered what is asked of it. */
class Values implements AsyncIterableIterator<unknown, undefined> {
  readonly #pieces: JsonPieces
  readonly #values: AsyncGenerator<unknown, undefined, void>
  readonly #waiting = new Set<Resolve>()
  #over = false

  constructor(pieces: JsonPieces, call: ToolCallChoice | undefined) {
    this.#pieces = pieces
    this.#values = readValues(pieces, call)
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#over) return Promise.resolve(over)
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve)
      this.#values.next().then(
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

  return(): Promise<IteratorResult<unknown, undefined>> {
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
