/**
 * Tools that a model can call.
 *
 * @module
 */

import type { ForProviders, InputPart, Message } from './messages.js'
import type { JsonSchema, StandardJsonSchema } from './schema.js'

/** The beginning of the result of a call that a person has not allowed. */
export const denied = 'The user did not allow this call.'

/** The arguments of a tool whose schema says nothing to the compiler. */
// With `unknown`, no `run` could take them apart.
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyInput = any

/** A tool that the model may call. See `tool()` for one whose types follow from its schema. */
export interface Tool<Input = AnyInput, Output = unknown> extends ForProviders {
  description?: string
  /** The schema of the arguments. A Standard Schema also validates them before `run`. */
  parameters: JsonSchema | StandardJsonSchema
  /**
   * Runs the tool. Returns JSON, or `toolResult()` for images and files. What a generator yields are
   * preliminary results, each replacing the last; if it returns nothing, the last one is the result.
   *
   * The words of a thrown `ToolError` are for the model and the client. Of any other error they see
   * a fixed sentence.
   *
   * Without `run` the application answers the calls itself, with the next request.
   */
  run?(
    input: Input,
    context: RunContext,
  ): Output | Promise<Output> | Generator<unknown, Output> | AsyncGenerator<unknown, Output>
  /**
   * Whether a person has to allow a call before it runs. A call does not run if the function throws
   * or returns anything but true or false.
   * @default false
   */
  approve?: boolean | ((input: Input, context: ApproveContext) => boolean | Promise<boolean>)
  /**
   * Never run a call again that may have run, such as after a crash or an abort. The model gets an
   * error as its result. Without the store of a conversation, each process remembers the last
   * 10,000 calls that it ran.
   * @default false
   */
  once?: boolean
  /**
   * Checks arguments whose schema is a plain JSON Schema.
   *
   * @returns the arguments for `run`
   * @throws anything; its message is for the model
   */
  validate?(input: unknown): Input | Promise<Input>
}

/** What a tool knows of its call. */
export interface RunContext extends ApproveContext {
  /** Aborts when the stream ends, and after `timeout.toolMs`. */
  signal: AbortSignal
  /**
   * An idempotency key for what the tool calls: the same for this call over retries and processes,
   * and another for every other call.
   */
  key: string
}

/** What is known of a call before it runs. */
export interface ApproveContext {
  /** The id of the call. */
  id: string
  /** The step, from 1; 0 for calls that the request began with. */
  step: number
  /** The conversation so far, with the answer that holds the call. */
  messages: readonly Message[]
}

/** What a tool has returned, for the model. */
export interface ToolOutput<Output = unknown> {
  /** A string, or any JSON value. */
  output?: Output
  /** Text, images and files for the model, after the output. */
  content?: readonly InputPart[]
}

// A program can load several copies of this class.
const brand = Symbol.for('sluice.ToolResult')

/** What `run` returned with `toolResult()`. */
export class ToolResult<Output = unknown> {
  readonly output: Output | undefined
  readonly content: readonly InputPart[] | undefined

  constructor({ output, content }: ToolOutput<Output>) {
    this.output = output
    this.content = content
    Object.defineProperty(this, brand, { value: true })
  }

  /** Whether a value is a ToolResult, of any copy of this package. */
  static is(value: unknown): value is ToolResult {
    return typeof value === 'object' && value !== null && brand in value
  }
}
