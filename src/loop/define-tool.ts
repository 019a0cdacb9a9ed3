/**
 * Writes tools: `tool()`, `toolResult()` and `ToolError`.
 *
 * @module
 */

import { checkOptions, optionError } from '../base/check-options.js'
import type { JsonSchema, StandardJsonSchema, StandardSchema } from '../base/schema.js'
import type { AnyInput, Tool, ToolOutput } from '../base/tools.js'

/** The type of the arguments that a schema describes; anything for a plain JSON Schema. */
export type InputOf<Schema> = Schema extends StandardSchema<infer Output> ? Output : AnyInput

/**
 * Writes a tool whose `run` and `approve` get their types from the schema of its arguments.
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
export function tool<Schema extends JsonSchema | StandardJsonSchema, Output = unknown>(
  definition: { parameters: Schema } & Omit<Tool<InputOf<Schema>, Output>, 'parameters'>,
): Tool<InputOf<Schema>, Output> & { parameters: Schema } {
  return definition
}

// A program can load several copies of this class.
const brand = Symbol.for('sluice.ToolResult')

/** What `run` returned with `toolResult()`. */
export class ToolResult {
  readonly output: unknown
  readonly content: ToolOutput['content']

  constructor({ output, content }: ToolOutput) {
    this.output = output
    this.content = content
    Object.defineProperty(this, brand, { value: true })
  }

  /** Whether a value is a ToolResult, of any copy of this package. */
  static is(value: unknown): value is ToolResult {
    return typeof value === 'object' && value !== null && brand in value
  }
}

/**
 * A result with images or files.
 *
 * @throws TypeError for an unknown field
 */
export function toolResult(result: ToolOutput): ToolResult {
  checkOptions('toolResult', result, { output: anyValue, content: parts })
  return new ToolResult(result)
}

const anyValue = { allowed: 'anything', isAllowed: () => true }
const parts = { allowed: 'an array of text, image and file parts', isAllowed: Array.isArray }

/**
 * An error whose words are for the model and the client. Throw it in `run` for what the model can
 * do something about.
 */
export class ToolError extends Error {
  static {
    this.prototype.name = 'ToolError'
  }

  constructor(message: string, options?: ErrorOptions) {
    if (typeof message !== 'string') throw optionError('message', message, 'a string')
    super(message, options)
  }

  /** Whether a value is a ToolError, of any copy of this package. */
  static is(value: unknown): value is ToolError {
    return value instanceof Error && value.name === 'ToolError'
  }
}

/**
 * An error of a call that may have been carried out although it failed. The result says so, and a
 * tool with `once` asks `onUncertain`.
 */
export class UncertainError extends Error {
  static {
    this.prototype.name = 'UncertainError'
  }

  /** Whether a value is an UncertainError, of any copy of this package. */
  static is(value: unknown): value is UncertainError {
    return value instanceof Error && value.name === 'UncertainError'
  }
}
