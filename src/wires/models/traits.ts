/**
 * What a model takes, in the words of the tables beside this file.
 *
 * @module
 */

import type { ReasoningEffort } from '../../base/request.js'

/** What a model takes on OpenAI's wire formats. Traits that are absent are those of most models. */
export interface ModelTraits {
  /**
   * Whether the model reasons. `true` requests encrypted reasoning on the Responses API. `false`
   * sends nothing about reasoning.
   *
   * @default undefined: unknown
   */
  reasons?: boolean | undefined
  /**
   * The efforts that the model takes, in ascending order. `reasoning.effort` is sent as the nearest
   * of them; an empty array sends none.
   *
   * @default ['low', 'medium', 'high'] for a model that is listed; the effort as given for others
   */
  efforts?: readonly ReasoningEffort[] | undefined
  /**
   * Whether the model takes `temperature` and `topP`.
   *
   * @default 'always'
   */
  sampling?: 'always' | 'unless-reasoning' | 'never' | undefined
  /**
   * Whether the model takes stop sequences.
   *
   * @default true
   */
  stopSequences?: boolean | undefined
  /**
   * The role of the message with the instructions.
   *
   * @default 'system'
   */
  systemRole?: 'system' | 'developer' | 'user' | undefined
  /**
   * The form of the ids of tool calls. `nine-alphanumeric` is nine letters or digits. Any other id
   * is replaced, in the call and in its result alike.
   *
   * @default 'any'
   */
  toolCallIds?: 'any' | 'nine-alphanumeric' | undefined
  /**
   * Whether the model refuses a user message right after the results of tools, so that an assistant
   * message is sent between them.
   *
   * @default false
   */
  assistantAfterTools?: boolean | undefined
  /**
   * The field of an assistant message in which its reasoning goes back.
   *
   * @default 'none', except for the encrypted reasoning of GitHub Copilot
   */
  reasoningField?:
    | 'reasoning_content'
    | 'reasoning'
    | 'reasoning_text'
    | 'reasoning_details'
    | 'none'
    | undefined
  /**
   * The field of Chat Completions that switches the model's thinking off. It is sent in place of an
   * effort for `none`.
   *
   * @default undefined: `none` is sent as the nearest of `efforts`
   */
  thinkingSwitch?: ThinkingSwitch | undefined
  /**
   * Whether the model refuses an assistant message without `reasoningField`, so that the field is
   * sent even if there was no reasoning.
   *
   * @default false
   */
  requiresReasoning?: boolean | undefined
  /**
   * The name of the limit for the answer.
   *
   * @default what the server takes
   */
  maxTokensField?: 'max_completion_tokens' | 'max_tokens' | undefined
  /**
   * Whether the model takes marks of what may be cached, on the APIs of OpenAI. Others cache by
   * themselves.
   *
   * @default false
   */
  cacheBreakpoints?: boolean | undefined
}

/**
 * How thinking is switched off: `thinking: { type: 'disabled' }`, `enable_thinking: false`, the same
 * for the chat template (vLLM, SGLang, llama.cpp), `reasoning_effort: 'none'`, or
 * `reasoning: { enabled: false }`.
 */
export type ThinkingSwitch =
  | 'thinking'
  | 'enable_thinking'
  | 'chat_template_kwargs'
  | 'reasoning_effort'
  | 'reasoning'

/** The value of each field that switches thinking off. */
export const thinkingSwitches: Readonly<Record<ThinkingSwitch, unknown>> = {
  thinking: { type: 'disabled' },
  enable_thinking: false,
  // Templates ignore what they do not know: Qwen's and Z.ai's know one, DeepSeek's and Moonshot's
  // the other.
  chat_template_kwargs: { enable_thinking: false, thinking: false },
  reasoning_effort: 'none',
  reasoning: { enabled: false },
}

/** A row of a table: a pattern for names in lower case, and the traits of the models it matches. */
export type Row = readonly [RegExp, ModelTraits]

/** All efforts, in ascending order. */
export const efforts: readonly ReasoningEffort[] = [
  'none',
  'minimal',
  'low',
  'medium',
  'high',
  'xhigh',
  'max',
]

/**
 * The nearest effort that a model takes; of two that are equally near, the higher one. Reasoning is
 * switched off only for `none`.
 */
export function nearestEffort<Taken extends ReasoningEffort>(
  wanted: ReasoningEffort,
  taken: readonly Taken[],
): Taken | undefined {
  const rank = (effort: ReasoningEffort): number => efforts.indexOf(effort)
  const distance = (effort: Taken): number => Math.abs(rank(effort) - rank(wanted))
  let nearest: Taken | undefined
  for (const effort of taken) {
    if (effort === 'none' && wanted !== 'none' && taken.length > 1) continue
    if (nearest === undefined || distance(effort) <= distance(nearest)) nearest = effort
  }
  return nearest
}
