/**
 * What goes to a model: the conversation, and everything else of a request.
 *
 * @module
 */

/** One turn of a conversation. JSON-safe as long as its images and files are strings. */
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

/** Instructions. */
export interface SystemMessage {
  role: 'system'
  content: string | readonly InputPart[]
}

/** What the user says. */
export interface UserMessage {
  role: 'user'
  content: string | readonly InputPart[]
}

/** What the model answered. `complete.message` is one. */
export interface AssistantMessage {
  role: 'assistant'
  content: readonly OutputPart[] | string
}

/** What tools answered, for the model to go on with. */
export interface ToolMessage {
  role: 'tool'
  content: readonly ToolResultPart[]
}

/** A part of what is sent to the model. */
export type InputPart = TextInputPart | ImageInputPart | FileInputPart

/** Text for the model. */
export interface TextInputPart {
  type: 'text'
  text: string
}

/** A picture for the model. */
export interface ImageInputPart {
  type: 'image'
  /** An http(s) or data URL, base64, or the bytes. */
  data: string | Uint8Array | URL
  /** Read off the data where it is absent, `image/png` failing that. */
  mediaType?: string
}

/** A file for the model, such as a PDF. */
export interface FileInputPart {
  type: 'file'
  /** An http(s) or data URL, base64, or the bytes. */
  data: string | Uint8Array | URL
  mediaType: string
  filename?: string
}

/** A part of what the model answered. */
export type OutputPart = TextPart | ReasoningPart | ToolCallPart | SourcePart | FilePart

/** Text of the model. */
export interface TextPart {
  type: 'text'
  text: string
  /** Opaque provider data that has to be sent back with this part. It names who made it, and goes back to no one else. */
  signature?: string
}

/** What the model thought before it answered, as far as its provider shows it. */
export interface ReasoningPart {
  type: 'reasoning'
  text: string
  signature?: string
  redacted?: true
}

/** A call of a tool, with its arguments. */
export interface ToolCallPart {
  type: 'tool-call'
  id: string
  name: string
  /** The parsed arguments; the text as it came where there is an `error` or the call is `custom`. */
  input: unknown
  /**
   * Why this call must not be run: its arguments are cut off, as by a token limit, or are not a JSON object. Absent on a good call.
   * It can be the call's result as it is, with `isError`, so that the model calls again.
   */
  error?: string
  /** A call of a custom tool: its input is plain text and not JSON (OpenAI). */
  custom?: true
  signature?: string
}

/** What the model cites. */
export interface SourcePart {
  type: 'source'
  url?: string
  title?: string
  raw?: unknown
}

/** A file that the model made. */
export interface FilePart {
  type: 'file'
  mediaType: string
  /** Base64. */
  data: string
}

/** What a tool answered. */
export interface ToolResultPart {
  type: 'tool-result'
  /** The id of the tool call that this answers. */
  id: string
  name: string
  /** A string, or any JSON value. */
  output: unknown
  isError?: boolean
}

/** A JSON Schema, as an object. */
export type JsonSchema = Record<string, unknown>

/**
 * A schema of a library that can turn it into JSON Schema: zod from 4.2 and arktype as they are, valibot wrapped in
 * `toStandardJsonSchema()` of `@valibot/to-json-schema`.
 *
 * @see https://standardschema.dev/json-schema
 */
export interface StandardJsonSchema {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly jsonSchema: {
      input(options: { target: 'draft-2020-12' | 'draft-07' }): Record<string, unknown>
    }
  }
}

/**
 * A schema of a library that validates, and that can turn itself into JSON Schema: zod from 4.2 and arktype as they are, valibot
 * wrapped in `toStandardJsonSchema()` of `@valibot/to-json-schema`.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<Output = unknown> extends StandardJsonSchema {
  readonly '~standard': StandardJsonSchema['~standard'] & {
    validate(value: unknown): StandardResult<Output> | Promise<StandardResult<Output>>
  }
}

/** What a validation found. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** Why a value does not fit a schema. */
export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/**
 * What the answer has to be. With a `StandardSchema` the answer is validated, and `complete.output` is what the schema makes of
 * it; with a plain JSON Schema it is parsed only. `title` and `description` of the schema, where it has them, are shown to the
 * model as the name and the purpose of the output.
 */
export type OutputSchema<Output = unknown> = JsonSchema | StandardSchema<Output>

/** A tool that the model may call. */
export interface Tool {
  description?: string
  /** The schema of the arguments. */
  parameters: JsonSchema | StandardJsonSchema
}

/** `auto`: the model decides. `required`: it has to call one. `none`: it may not. An object: this one. */
export type ToolChoice = 'auto' | 'required' | 'none' | { name: string }

/** What the model is asked, in the same words for every provider. */
export interface StreamRequest {
  /** The conversation, oldest first. Give this or `prompt`. */
  messages?: readonly Message[]
  /** Short for one user message. */
  prompt?: string
  /** Instructions that come before the conversation. */
  system?: string
  /** Limit for the answer, in tokens. */
  maxOutputTokens?: number
  temperature?: number
  topP?: number
  stopSequences?: readonly string[]
  /** For answers that can be repeated, on providers that know it. */
  seed?: number
  tools?: Record<string, Tool>
  toolChoice?: ToolChoice
  /**
   * Structured output: the answer is JSON that fits this schema, and `complete.output` holds it. It is asked for in the provider's
   * own way, or in the instructions where the provider has none. An answer that is not JSON, or does not fit, fails its attempt
   * with code `protocol` and is asked for again. An answer that calls tools, pauses or is withheld by a filter has no output.
   */
  output?: OutputSchema
  reasoning?: { effort?: 'minimal' | 'low' | 'medium' | 'high'; budgetTokens?: number }
  /** Merged last into the provider's request body, so it can set and override everything. */
  providerOptions?: Record<string, unknown>
}
