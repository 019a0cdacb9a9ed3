/**
 * The messages of a conversation and their parts.
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
