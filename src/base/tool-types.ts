/**
 * The types of inputs and results, derived from tools.
 *
 * @module
 */

import type { StandardSchema } from './schema.js'
import type { AnyInput, Tool, ToolResult } from './tools.js'

/** Tools by their names. */
export type ToolSet = Record<string, Tool>

/** Infers the types of `tools`, and leaves the check of the option to the type beside it. */
export type InferTools<Tools> = [Tools] extends [never] ? { tools?: Tools } : unknown

/** The types of one tool: what its calls and results are narrowed to. */
export interface ToolType<Name extends string = string, Input = unknown, Output = unknown> {
  name: Name
  input: Input
  output: Output
}

/** The types of these tools, such as `ToolTypesOf<typeof tools>`, if their names are known. */
export type ToolTypesOf<Tools extends ToolSet> = string extends keyof Tools
  ? ToolType
  : [keyof Tools] extends [never]
    ? ToolType
    : {
        [Name in keyof Tools & string]: ToolType<
          Name,
          SentInputOf<Tools[Name]>,
          CutOutputOf<Tools[Name]>
        >
      }[keyof Tools & string]

/**
 * The type of the arguments that `run` receives: what a Standard Schema returns from its
 * validation. For any other schema it is what `validate` returns, or anything.
 */
export type InputOf<Schema, Validated = AnyInput> =
  Schema extends StandardSchema<infer Output> ? Output : Validated

/**
 * The type of the arguments as the model sent them: what a Standard Schema accepts, before it
 * transforms it. Unknown for any other schema, and with `validate`.
 */
export type SentInputOf<Each> = Each extends { validate: object }
  ? unknown
  : Each extends { parameters: ValidatedInput<infer Input> }
    ? Input
    : unknown

interface ValidatedInput<Input> {
  readonly '~standard': {
    readonly validate: (value: never) => unknown
    readonly types?: { readonly input: Input } | undefined
  }
}

/** The type of a tool's results, as JSON. */
export type OutputOf<Each> = Each extends { run?: (...args: never) => infer Returned }
  ? ResultOf<Returned>
  : unknown

/** The same, or the string into which a result is cut that exceeds `maxResultCharacters`. */
export type CutOutputOf<Each> =
  OutputOf<Each> extends infer Output
    ? Output extends string | number | boolean | null
      ? Output
      : Output | string
    : never

/**
 * The result of a run, as JSON: what it returns, or what it yields last if it returns nothing.
 * Without either, it is null.
 */
export type ResultOf<Returned> = ResultOfValue<Awaited<Returned>>

type ResultOfValue<Value> =
  Value extends Generator<infer Yielded, infer Returned>
    ? ResultOfGenerator<Yielded, Returned>
    : Value extends AsyncGenerator<infer Yielded, infer Returned>
      ? ResultOfGenerator<Yielded, Returned>
      : Written<Value>

type ResultOfGenerator<Yielded, Returned> = Returned extends undefined | void
  ? Written<Yielded> | null
  : Written<Returned>

/** A value that a run returned or yielded, after it was written and read as JSON. */
type Written<Value> =
  Value extends ToolResult<infer Output>
    ? Written<Output>
    : Value extends undefined | void
      ? null
      : // Keeps the name of a type that is JSON already.
        Value extends JsonOf<Value>
        ? Value
        : JsonOf<Value>

/** A value after it was written and read as JSON. */
export type JsonOf<Value> = Value extends string | number | boolean | null | undefined
  ? Value
  : Value extends { toJSON(): infer Json }
    ? JsonOf<Json>
    : Value extends (...args: never) => unknown
      ? undefined
      : Value extends object
        ? { [Key in keyof Value]: JsonOf<Value[Key]> }
        : Value
