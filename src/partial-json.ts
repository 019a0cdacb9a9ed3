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

export { type PartialJson, partialJson } from './projections/partial-json.js'
export type { ToolCallChoice } from './projections/pieces.js'
