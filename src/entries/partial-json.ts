/**
 * The structured output of a stream, or the arguments of a tool call, as they grow.
 *
 * ```ts
 * import { partialJson } from 'sluice/partial-json'
 *
 * for await (const recipe of partialJson(createStream({ driver, prompt, output: Recipe }))) show(recipe)
 * ```
 *
 * Needs the package `jsonriver`.
 *
 * @module sluice/partial-json
 */

export type { ToolCallChoice } from '../partial-json/json-of-events.js'
export { type PartialJson, partialJson } from '../partial-json/partial-json.js'
