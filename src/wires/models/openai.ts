/**
 * What OpenAI's models take, on both of its wire formats and wherever they are served.
 *
 * As of 2026-11-30. Sources:
 * - efforts: the pages of the models at https://developers.openai.com/api/docs/models, and the
 *   refusals in https://github.com/anomalyco/opencode/pull/26268 and
 *   https://github.com/anomalyco/models.dev/pull/2296
 * - the open models: https://inference-docs.cerebras.ai/capabilities/reasoning
 * - `stop`: the SDK's documentation of `stop`, https://github.com/huggingface/smolagents/issues/1671
 *   and https://github.com/BerriAI/litellm/pull/28662
 * - sampling: https://developers.openai.com/api/docs/guides/latest-model
 * - cache breakpoints: https://developers.openai.com/api/docs/guides/prompt-caching
 * - the role of instructions: the refusal "messages[0].role does not support 'system'" of o1-mini
 *
 * @module
 */

import type { ModelTraits, Row } from './traits.js'

const reasoning: ModelTraits = {
  reasons: true,
  sampling: 'never',
  maxTokensField: 'max_completion_tokens',
}
const chatting: ModelTraits = { reasons: false, maxTokensField: 'max_tokens' }

const upToHigh = ['low', 'medium', 'high'] as const
const upToXhigh = [...upToHigh, 'xhigh'] as const

function row(pattern: string, efforts: ModelTraits['efforts'], more?: ModelTraits): Row {
  return [named(pattern), { ...reasoning, efforts, ...more }]
}

/** The name may follow that of a maker or server: `openai/o3`, `ft:gpt-4o:mine`. */
const named = (pattern: string): RegExp => new RegExp(`(?:^|[/:])(?:${pattern})`)

const withoutStop: ModelTraits = { stopSequences: false }
/** For models that do not reason by themselves. */
const unlessReasoning: ModelTraits = { sampling: 'unless-reasoning' }

export const openaiModels: readonly Row[] = [
  row('o1-(mini|preview)', [], { systemRole: 'user' }),
  row('o1|o3-mini', upToHigh),
  row('o\\d', upToHigh, withoutStop),
  [named('(chat)?gpt-([1-4](?!\\d)|35|5-chat)'), chatting],
  row('chat-latest|gpt-[\\d.]+-chat', ['medium']),
  row('gpt-5-pro', ['high'], withoutStop),
  row('gpt-5-codex', upToHigh, withoutStop),
  row('gpt-5(?![.\\d])', ['minimal', ...upToHigh], withoutStop),
  row('gpt-[\\d.]+-pro', ['medium', 'high', 'xhigh']),
  row('gpt-5\\.1-codex(?!-max)', upToHigh),
  row('gpt-[\\d.]+-codex', upToXhigh),
  row('gpt-5\\.1', ['none', ...upToHigh], unlessReasoning),
  row('gpt-5\\.[2-4]', ['none', ...upToXhigh], unlessReasoning),
  row('gpt-5\\.5', ['none', ...upToXhigh]),
  // The open models, which always reason
  [named('gpt-oss'), { efforts: upToHigh }],
  // From 5.6 on
  row('gpt-\\d', ['none', ...upToXhigh, 'max'], { cacheBreakpoints: true }),
]
