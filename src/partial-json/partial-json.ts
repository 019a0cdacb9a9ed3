/**
 * Reads JSON while it is streamed.
 *
 * @module
 */

import {
  checkOptions,
  checkValue,
  events as eventsRule,
  type Rules,
  required,
  string,
} from '../base/check-options.js'
import type { StreamEvent } from '../base/events.js'
import { missingPackage } from '../base/missing-package.js'
import { optionError } from '../base/option-error.js'
import { refusePromise } from '../base/refuse-promise.js'
import type { ArrayPath, ElementAt } from './array-path.js'
import { type ElementsOptions, readElements } from './elements.js'
import { JsonPieces, type ToolCallChoice } from './json-of-events.js'
import { JsonReader, type JsonReading } from './json-reader.js'

/**
 * A value that is incomplete: objects lack properties, arrays lack elements, strings lack their
 * end.
 */
export type PartialJson<Value> = Value extends readonly (infer Element)[]
  ? PartialJson<Element>[]
  : Value extends object
    ? { [Key in keyof Value]?: PartialJson<Value[Key]> }
    : Value

/** The growing values, or the elements of an array within them. Only one of them can be read. */
export interface PartialValues<Value> extends AsyncIterableIterator<PartialJson<Value>> {
  /**
   * Yields the elements of an array, each one once, as soon as it is whole: numbers, booleans and
   * null at the comma or bracket after them, anything else at its last character. An element is a
   * value of its own and never changes. An element that was cut off is not yielded.
   *
   * The path has the keys that lead to the array, separated by dots: `recipe.steps`. A `*` stands
   * for every element of an array on the way: `rows.*` yields the cells of all rows, `rows` each
   * row as a whole. Without a path, the answer itself is the array. A value at the path that is not
   * an array has no elements.
   *
   * Elements are as the model wrote them, before any validation of the answer. Errors are those of
   * the growing values. A restart that discards elements is an error too, unless `onRestart`
   * handles it. The package `jsonriver` is not needed.
   *
   * @throws TypeError for an invalid argument, at the call. The iteration throws `retracted` for a
   * restart after elements were yielded, without `onRestart`
   * @example
   * ```ts
   * for await (const step of partialJson(stream).elements('recipe.steps')) show(step)
   * ```
   */
  elements<Path extends ArrayPath<Value>>(
    path: Path,
    options?: ElementsOptions,
  ): AsyncIterableIterator<ElementAt<Value, Path>>
  /** The elements of an answer that is an array itself. */
  elements(
    ...root: '' extends ArrayPath<Value> ? [] : [path: ArrayPath<Value>]
  ): AsyncIterableIterator<ElementAt<Value, ''>>
}

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
): PartialValues<Output>
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
): PartialValues<Value>
export function partialJson(
  events: AsyncIterable<StreamEvent>,
  call?: ToolCallChoice,
): PartialValues<unknown> {
  refusePromise('events', events)
  checkValue('events', events, required(eventsRule))
  if (call !== undefined) checkCall(call)
  return new Values(() => new JsonPieces(() => events[Symbol.asyncIterator](), call))
}

const rules: Rules<ToolCallChoice> = { tool: string, id: string }

function checkCall(call: ToolCallChoice): void {
  const allowed = '{ tool: name } or { id }'
  checkOptions('call', call, rules, allowed)
  if (call.tool === undefined && call.id === undefined) throw optionError('call', call, allowed)
}

async function readValues(): Promise<JsonReading<unknown>> {
  const { parse } = await import('jsonriver').catch((error: unknown) => {
    throw missingPackage('jsonriver', 1, error)
  })
  return { read: (pieces) => parse(pieces), ofNoArguments: [{}] }
}

class Values extends JsonReader<unknown> implements PartialValues<unknown> {
  readonly #pieces: () => JsonPieces

  constructor(pieces: () => JsonPieces) {
    super(pieces(), readValues)
    this.#pieces = pieces
  }

  elements(path: string = '', options: ElementsOptions = {}): JsonReader<unknown> {
    const reading = readElements(path, options)
    return new JsonReader(this.#pieces(), () => reading)
  }
}
