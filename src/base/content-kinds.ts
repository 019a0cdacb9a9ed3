/**
 * The kinds of content.
 *
 * @module
 */

import type { InputPart } from './messages.js'

/** A piece of text. */
export interface TextContent {
  type: 'content'
  /** The content block that this piece belongs to, counted from 0 in order of appearance. */
  index: number
  kind: 'text'
  text: string
  /** Opaque provider data that must be sent back with this part. */
  signature?: string
}

/** A piece of the model's reasoning. */
export interface ReasoningContent {
  type: 'content'
  index: number
  kind: 'reasoning'
  text: string
  /** Opaque provider data that must be sent back with this part. */
  signature?: string
  /** The reasoning is encrypted: `text` is empty, and `signature` must be sent back. */
  redacted?: true
}

/** A piece of a tool call. */
export interface ToolCallContent {
  type: 'content'
  index: number
  kind: 'tool-call'
  id: string
  name: string
  /** The next fragment of the JSON arguments; `complete.message` has all of them, parsed. */
  input: string
  /** A call of a custom tool: its input is plain text instead of JSON (OpenAI). */
  custom?: true
  signature?: string
  /** See `ToolCallPart`. It comes after the arguments. */
  seal?: string
}

/** The result of a tool that was run. */
export interface ToolResultContent<Name extends string = string, Output = unknown> {
  type: 'content'
  index: number
  kind: 'tool-result'
  /** The id of the tool call. */
  id: string
  name: Name
  /** A string, or any JSON value. */
  output: Output
  /** Text, images and files for the model, after the output. */
  content?: readonly InputPart[]
  /** The tool failed, or was not run; `output` says why. */
  isError?: boolean
  /** The tool is still running. A later event with the same index replaces this one. */
  preliminary?: true
}

/** A citation. */
export interface SourceContent {
  type: 'content'
  index: number
  kind: 'source'
  url?: string
  title?: string
  /** The citation as the provider sent it. */
  raw?: unknown
}

/** A generated file, such as an image. */
export interface FileContent {
  type: 'content'
  index: number
  kind: 'file'
  /** The media type, such as `image/png`. */
  mediaType: string
  /** Base64. */
  data: string
  /** Opaque provider data that must be sent back with this part. */
  signature?: string
  /** A preview. A later event with the same index replaces it. */
  partial?: true
}

/**
 * A block that only its maker understands: the server's own tools and their results, compaction,
 * executed code.
 */
export interface ProviderContent {
  type: 'content'
  index: number
  kind: 'provider'
  /** The maker's name for this type of block, such as `server_tool_use`. */
  name: string
  /** The wire and the maker, such as `anthropic-messages/anthropic`. */
  origin: string
  /** The block as the provider sent it, as JSON. */
  data: unknown
  /**
   * The beginning of a block, such as a search before its query is known. A later event with the
   * same index replaces it.
   */
  partial?: true
}
