/**
 * The messages of a conversation and their parts.
 *
 * @module
 */

import type { StreamErrorCode } from './errors.js'
import type { FinishReason } from './finish-reason.js'

/** One message of a conversation. JSON-safe if its images and files are strings. */
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

/**
 * Options of one provider at this place, by the name of the driver's provider, such as
 * `{ anthropic: { citations: { enabled: true } } }`. They are merged into what that provider
 * receives here, and other providers do not receive them.
 */
export type OptionsByProvider = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/**
 * The request up to here may be cached: for the provider's usual time, or for an hour. Providers
 * that cache by themselves, or not at all, ignore it.
 */
export type CacheMark = true | '1h'

/** What every part, message and tool can have. */
export interface ForProviders {
  providerOptions?: OptionsByProvider
  cache?: CacheMark
}

/** Except for those for providers, fields stay with the application. */
interface MessageFields extends ForProviders {
  id?: string
  /** The answer broke off, or was stopped. */
  status?: 'partial'
  /** Why it broke off, if that is known: the code of the error, such as `aborted` for a stop. */
  errorCode?: StreamErrorCode
  /** The key of its turn in a conversation: that of `send(input, { key })`. */
  key?: string
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
export interface AssistantMessage<Part = OutputPart> extends MessageFields {
  role: 'assistant'
  content: readonly Part[] | string
  /**
   * Why the answer ended, in messages of a conversation.
   * @default 'stop'
   */
  finishReason?: FinishReason
  /** What calls without results wait for, in messages of a conversation: see `complete.waiting`. */
  waiting?: readonly WaitingPart[]
}

/** A call that waits, by its id. */
export interface WaitingPart {
  id: string
  for: 'approval' | 'client' | 'steps'
}

/** The results of tools, for the model to continue with, and what a person has said to calls. */
export interface ToolMessage extends MessageFields {
  role: 'tool'
  content: readonly (ToolResultPart | ToolApprovalPart)[]
}

/** A part of a message to the model. */
export type InputPart = TextInputPart | ImageInputPart | FileInputPart

/** Text for the model. */
export interface TextInputPart extends ForProviders {
  type: 'text'
  text: string
}

/** An image for the model. */
export interface ImageInputPart extends ForProviders {
  type: 'image'
  /**
   * An http(s) or data URL, base64, the bytes, or the provider's own id of an uploaded file, such
   * as `file-abc123`.
   */
  data: string | Uint8Array | URL
  /** @default what the first bytes say, else `image/png` */
  mediaType?: string
  /**
   * How closely the model looks, for providers that have a choice. `original`: as it is.
   *
   * @default the provider's own
   */
  detail?: ImageDetail
}

/** How closely a model looks at an image. */
export type ImageDetail = 'auto' | 'low' | 'high' | 'original'

/** A file for the model, such as a PDF. */
export interface FileInputPart extends ForProviders {
  type: 'file'
  /**
   * An http(s) or data URL, base64, the bytes, or the provider's own id of an uploaded file, such
   * as `file-abc123`.
   */
  data: string | Uint8Array | URL
  mediaType: string
  filename?: string
}

/** A part of the model's answer. */
export type OutputPart =
  | TextPart
  | ReasoningPart
  | ToolCallPart
  | ToolResultPart
  | SourcePart
  | FilePart
  | ProviderPart

/** Text from the model. */
export interface TextPart extends ForProviders {
  type: 'text'
  text: string
  /**
   * Opaque provider data that must be sent back with this part. It names the provider that made it,
   * and no other one receives it.
   */
  signature?: string
}

/** The model's reasoning, as far as its provider shows it. */
export interface ReasoningPart extends ForProviders {
  type: 'reasoning'
  text: string
  signature?: string
  redacted?: true
}

/** A tool call with its arguments. */
export interface ToolCallPart extends ForProviders {
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
  /**
   * Proves that this server received the call from the model, so that it can be run although the
   * message was in the hands of a client. Set where the stream has a `signingKey`.
   */
  seal?: string
}

/** A citation. */
export interface SourcePart extends ForProviders {
  type: 'source'
  url?: string
  title?: string
  raw?: unknown
}

/** A file from the model. */
export interface FilePart extends ForProviders {
  type: 'file'
  mediaType: string
  /** Base64. */
  data: string
  /** Opaque provider data that must be sent back with this part. */
  signature?: string
  /** A preview of a file that never came whole. */
  partial?: true
}

/**
 * A block that only its maker understands, as it was sent: the server's own tools and their results,
 * compaction, executed code. It goes back in its place to the same maker, and to nobody else.
 */
export interface ProviderPart extends ForProviders {
  type: 'provider'
  /** The maker's name for this type of block, such as `web_search_tool_result`. */
  name: string
  /** The wire and the maker, such as `anthropic-messages/anthropic`. */
  origin: string
  /** The block, as JSON. */
  data: unknown
  /** The block never came whole. No provider receives it. */
  partial?: true
}

/** Whether a person allows a call that waits for approval. It has no arguments: the call has them. */
export interface ToolApprovalPart {
  type: 'tool-approval'
  /** The id of the tool call. */
  id: string
  approved: boolean
  /** For the model, if the call is not allowed. */
  reason?: string
}

/** The result of a tool call. */
export interface ToolResultPart<Name extends string = string, Output = unknown>
  extends ForProviders {
  type: 'tool-result'
  /** The id of the tool call. */
  id: string
  name: Name
  /** A string, or any JSON value. */
  output: Output
  /** Text, images and files for the model, after the output. */
  content?: readonly InputPart[]
  isError?: boolean
  /** The tool was still running. The call has no result yet, and no model receives this one. */
  preliminary?: true
}
