/**
 * The request to a model, independent of the provider.
 *
 * @module
 */

import type { CacheMark, Message, OptionsByProvider, TextInputPart } from './messages.js'
import type { OutputSchema } from './schema.js'
import type { Tool } from './tools.js'

/**
 * Which tool the model calls. `auto`: the model decides. `required`: it must call one. `none`: it
 * must not. An object: it must call this one.
 */
export type ToolChoice = 'auto' | 'required' | 'none' | { name: string }

/** How much a model reasons before it answers, in ascending order. */
export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'

/** The request to a model, independent of the provider. */
export interface StreamRequest {
  /** The conversation, oldest message first. Mutually exclusive with `prompt`. */
  messages?: readonly Message[]
  /** Shorthand for a single user message. */
  prompt?: string
  /** Instructions before the conversation. */
  system?: string | readonly TextInputPart[]
  /** The maximum length of the answer, in tokens. */
  maxOutputTokens?: number
  temperature?: number
  topP?: number
  stopSequences?: readonly string[]
  /** Makes answers reproducible, with providers that support it. */
  seed?: number
  tools?: Record<string, Tool>
  toolChoice?: ToolChoice
  /**
   * Structured output: the answer is JSON that matches this schema, and `complete.output` holds it.
   * It is requested in the provider's own way, or in the instructions if there is none. An answer
   * that is not JSON or does not match fails its attempt with code `protocol` and is retried.
   *
   * An answer that is withheld by a filter, pauses, or calls tools has no output. With `tools`, such
   * an answer is complete without `output`. Without `tools`, it fails: with `content-filter` if it
   * is withheld, else with `protocol`, and `error.partial` holds it.
   */
  output?: OutputSchema
  /** An effort is sent as the nearest that the model takes. */
  reasoning?: { effort?: ReasoningEffort; budgetTokens?: number }
  /**
   * Let the provider choose what to cache of this request, with providers that have to be asked.
   */
  cache?: CacheMark
  /**
   * Further fields of the request, by the name of the driver's provider, such as
   * `{ openai: { service_tier: 'flex' } }`. They are merged into the body last: objects deeply,
   * `tools` and `include` are joined to those of the driver, and everything else is replaced.
   */
  providerOptions?: OptionsByProvider
}
