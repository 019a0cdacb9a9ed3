/**
 * Reads JSON while it is streamed.
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

/**
 * A value that is incomplete: objects lack properties, arrays lack elements, strings lack their
 * end.
 */
export type PartialJson<Value> = Value extends readonly (infer Element)[]
  ? PartialJson<Element>[]
  : Value extends object
    ? { [Key in keyof Value]?: PartialJson<Value[Key]> }
    : Value

/**
 * Yields the structured output of a stream, or the arguments of one of its tool calls, while they
 * grow. The JSON is parsed once, in time linear in its length, by the package `jsonriver`, which
 * must be installed.
 *
 * Each value is the previous one, grown in place: strings become longer, arrays and objects get
 * more elements, numbers and literals appear when they are complete. Use `structuredClone()` to
 * keep a value as it is. The last value is the complete JSON as the model wrote it, before any
 * validation; `complete.output` is the validated value.
 *
 * The JSON may be in a Markdown fence, or follow a sentence or `<think>`. A restart (`retry` with
 * mode `restart`) begins with a new value. The iteration ends with the stream, without a value if
 * the answer has no JSON because it calls tools, pauses, or is withheld by a filter.
 *
 * It is the only reader of the stream. Ending the iteration early closes the connection to the
 * provider. `stream.final()` returns the `complete` event alongside it.
 *
 * @param events - a stream, or any other iterable of its events
 * @throws TypeError for an invalid argument, at the call. The iteration throws the `StreamError`
 * that ends the stream, and `protocol` for a complete answer that is not JSON
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
 * The arguments of one tool call: the first call of a `tool`, or the call with an `id`. Without a
 * call, the structured output, for events whose type does not have its type, such as those of
 * `readStream()`.
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

/** The text of the model may explain why it is not JSON. */
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
    // An answer that is not JSON may fail its attempt; then the next one counts.
    await pieces.skip()
    const { end } = pieces
    if (StreamError.is(end)) throw end
    if (end === 'restart' || end === undefined) continue
    if (failure === undefined) return undefined
    if (pieces.found === 'nothing' && (call !== undefined || withoutOutput.has(end.finishReason))) {
      return undefined
    }
    if (call === undefined || pieces.found !== 'empty') throw notWhole(pieces, end, failure)
    // A call without arguments may have no text.
    yield {}
    return undefined
  }
}

function notWhole(
  pieces: JsonPieces,
  { finishReason, provider }: CompleteEvent,
  cause: unknown,
): StreamError {
  const what = pieces.found === 'nothing' ? 'has no JSON' : 'is not valid JSON'
  const remedy =
    finishReason === 'length' ? ': it reached the token limit. Raise maxOutputTokens' : ''
  return new StreamError('protocol', `${provider}: the answer ${what}${remedy}.`, {
    provider,
    cause,
  })
}

type Resolve = (result: IteratorResult<unknown, undefined>) => void

const over: IteratorResult<unknown, undefined> = { done: true, value: undefined }

/**
 * `return()` of a plain generator would wait until the stream has answered the pending `next()`.
 */
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
