/**
 * The request to a model, in the same words for every provider.
 *
 * @module
 */

import type { Message } from './messages.js'
import type { JsonSchema, OutputSchema, StandardJsonSchema } from './schema.js'

/** A tool that the model may call. */
export interface Tool {
  description?: string
  /** The schema of the arguments. */
  parameters: JsonSchema | StandardJsonSchema
}

/** `auto`: the model decides. `required`: it has to call one. `none`: it may not. An object: this one. */
export type ToolChoice = 'auto' | 'required' | 'none' | { name: string }

/** How much a model reasons before it answers, in ascending order. */
export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'

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
  /** An effort is sent as the nearest that the model takes. */
  reasoning?: { effort?: ReasoningEffort; budgetTokens?: number }
  /** Merged last into the provider's request body, so it can set and override everything. */
  providerOptions?: Record<string, unknown>
}
