/**
 * What differs between the servers that speak the protocol of Chat Completions.
 *
 * @module
 */

import type { ModelTraits, ThinkingSwitch } from '../models/traits.js'
import type { OutputMode } from '../output-plan.js'

/** What differs between the servers that speak this protocol. */
export interface ChatRequestOptions {
  /**
   * The name of the limit for the answer, for models that are not OpenAI's. Many servers take
   * `max_tokens` only. OpenAI's models that reason refuse it; for its others it is the name that
   * every server takes.
   *
   * @default 'max_tokens'
   */
  maxTokensField?: 'max_completion_tokens' | 'max_tokens'
  /**
   * Whether usage is requested (`stream_options`). `false` is for servers that refuse the field.
   *
   * @default true
   */
  includeUsage?: boolean
  /**
   * The name of `seed`.
   *
   * @default 'seed'
   */
  seedField?: 'seed' | 'random_seed'
  /**
   * How a schema for the output is requested. `json-schema` sends it as `response_format`, and the
   * server holds the model to it. `json-object` has the server enforce JSON and puts the schema
   * into the instructions. `instructions` needs nothing of the server. Use one of the latter two if
   * a server, or a model on it, refuses `response_format` or answers with other text than JSON.
   *
   * @default 'json-schema'
   */
  outputMode?: OutputMode
  /**
   * The parameter that requests reasoning: `reasoning_effort`, or the object `reasoning`, which
   * takes a budget too (OpenRouter).
   *
   * @default 'reasoning_effort'
   */
  reasoningParameter?: 'reasoning_effort' | 'reasoning'
  /**
   * How a call of one tool is forced. `function` names it in `tool_choice`. `required` sends that
   * function alone with `tool_choice: 'required'`, for servers whose `tool_choice` is a string
   * (llama.cpp, LM Studio). Tools in `body` and `providerOptions` are sent either way.
   *
   * @default 'function'
   */
  namedToolChoice?: 'function' | 'required'
  /**
   * The field that switches thinking off for `reasoning: { effort: 'none' }`, for servers that have
   * another one than the maker of the model. It counts for models that have such a switch, by the
   * tables or by `traits`.
   *
   * @default that of the maker
   */
  thinkingSwitch?: ThinkingSwitch
  /**
   * Whether the server takes marks for its prompt cache (`cache_control`), as Anthropic does. Then
   * `cache` of the request, its parts, messages and tools is sent, and the last four marks count.
   *
   * @default false
   */
  cacheControl?: boolean
  /** What the model takes, for models that the tables do not list or describe wrongly. */
  traits?: ModelTraits
}
