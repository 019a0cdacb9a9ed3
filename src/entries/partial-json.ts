/**
 * The structured output of a stream, or the arguments of a tool call, as they grow. `elements()`
 * yields the elements of an array as each becomes whole.
 *
 * ```ts
 * import { partialJson } from 'sluice/partial-json'
 *
 * for await (const recipe of partialJson(createStream({ driver, prompt, output: Recipe }))) show(recipe)
 * ```
 *
 * Needs the package `jsonriver`, except for `elements()`.
 *
 * @module sluice/partial-json
 */

export type { ArrayPath, ElementAt } from '../partial-json/array-path.js'
export type { ElementsOptions } from '../partial-json/elements.js'
export type { ToolCallChoice } from '../partial-json/json-of-events.js'
export { type PartialJson, type PartialValues, partialJson } from '../partial-json/partial-json.js'
