/**
 * Writes tools: `tool()` and `toolResult()`.
 *
 * @module
 */

import { checkOptions } from '../base/check-options.js'
import type { JsonSchema, StandardJsonSchema, StandardSchema } from '../base/schema.js'
import type { InputOf, ResultOf } from '../base/tool-types.js'
import {
  type AnyInput,
  type RunContext,
  type Tool,
  type ToolOutput,
  ToolResult,
} from '../base/tools.js'

/** A tool as it is written. `run` and `approve` get the type of the input from the schema. */
export interface ToolDefinition<Schema, Input, Returned, Validated>
  extends Omit<Tool<Input>, 'parameters' | 'run' | 'validate'> {
  /** The schema of the arguments. A Standard Schema also validates them before `run`. */
  parameters: Schema
  /** Runs the tool. See `Tool`. */
  run?(input: Input, context: RunContext): Returned
  /** Checks arguments whose schema is a plain JSON Schema. See `Tool`. */
  validate?: Schema extends StandardSchema
    ? never
    : (input: unknown) => Validated | Promise<Validated>
}

/**
 * Writes a tool whose `run` and `approve` get their types from the schema of its arguments. With a
 * plain JSON Schema, they get what `validate` returns, if it is written before them.
 *
 * @example
 * ```ts
 * const weather = tool({
 *   description: 'The weather in a city.',
 *   parameters: z.object({ city: z.string() }),
 *   run: ({ city }, { signal }) => forecast(city, signal),
 * })
 * ```
 */
export function tool<
  Schema extends JsonSchema | StandardJsonSchema,
  Returned = unknown,
  Validated = AnyInput,
>(
  definition: ToolDefinition<Schema, InputOf<Schema, Validated>, Returned, Validated>,
): Tool<InputOf<Schema, Validated>, ResultOf<Returned>> & { parameters: Schema } {
  return definition as Tool<InputOf<Schema, Validated>, ResultOf<Returned>> & { parameters: Schema }
}

/**
 * A result with images or files.
 *
 * @throws TypeError for an unknown field
 */
export function toolResult<Output = unknown>(result: ToolOutput<Output>): ToolResult<Output> {
  checkOptions('toolResult', result, { output: anyValue, content: parts })
  return new ToolResult(result)
}

const anyValue = { allowed: 'anything', isAllowed: () => true }
const parts = { allowed: 'an array of text, image and file parts', isAllowed: Array.isArray }
