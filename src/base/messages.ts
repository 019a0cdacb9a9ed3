/**
 * The messages of a conversation and their parts.
 *
 * @module
 */

/** One message of a conversation. JSON-safe if its images and files are strings. */
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

/** Fields that stay with the application. No provider receives them. */
interface MessageFields {
  id?: string
  /** The answer broke off, or was stopped. */
  status?: 'partial'
  createdAt?: string | number
  /** Anything else, as JSON. */
  metadata?: unknown
}

/** Instructions. */
export interface SystemMessage extends MessageFields {
  role: 'system'
  content: string | readonly InputPart[]
}

/** The user's words. */
export interface UserMessage extends MessageFields {
  role: 'user'
  content: string | readonly InputPart[]
}

/** An answer of the model, such as `complete.message`. */
export interface AssistantMessage extends MessageFields {
  role: 'assistant'
  content: readonly OutputPart[] | string
}

/** The results of tools, for the model to continue with. */
export interface ToolMessage extends MessageFields {
  role: 'tool'
  content: readonly ToolResultPart[]
}

/** A part of a message to the model. */
export type InputPart = TextInputPart | ImageInputPart | FileInputPart

/** Text for the model. */
export interface TextInputPart {
  type: 'text'
  text: string
}

/** An image for the model. */
export interface ImageInputPart {
  type: 'image'
  /** An http(s) or data URL, base64, or the bytes. */
  data: string | Uint8Array | URL
  /** @default what the first bytes say, else `image/png` */
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

/** A part of the model's answer. */
export type OutputPart = TextPart | ReasoningPart | ToolCallPart | SourcePart | FilePart

/** Text from the model. */
export interface TextPart {
  type: 'text'
  text: string
  /**
   * Opaque provider data that must be sent back with this part. It names the provider that made it,
   * and no other one receives it.
   */
  signature?: string
}

/** The model's reasoning, as far as its provider shows it. */
export interface ReasoningPart {
  type: 'reasoning'
  text: string
  signature?: string
  redacted?: true
}

/** A tool call with its arguments. */
export interface ToolCallPart {
  type: 'tool-call'
  id: string
  name: string
  /** The parsed arguments; the raw text if there is an `error`, or if the call is `custom`. */
  input: unknown
  /**
   * Why this call must not be run: its arguments were cut off, for example by a token limit, or
   * they are not a JSON object. Use it as the call's result, with `isError`, and the model can
   * call again.
   */
  error?: string
  /** A call of a custom tool, whose input is plain text (OpenAI). */
  custom?: true
  signature?: string
}

/** A citation. */
export interface SourcePart {
  type: 'source'
  url?: string
  title?: string
  raw?: unknown
}

/** A file from the model. */
export interface FilePart {
  type: 'file'
  mediaType: string
  /** Base64. */
  data: string
}

/** The result of a tool call. */
export interface ToolResultPart {
  type: 'tool-result'
  /** The id of the tool call. */
  id: string
  name: string
  /** A string, or any JSON value. */
  output: unknown
  isError?: boolean
}
