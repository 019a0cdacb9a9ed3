/**
 * What OpenAI's models take, on both of its wire formats and wherever they are served.
 *
 * As of 2026-11-30. Sources:
 * - efforts: the pages of the models at https://developers.openai.com/api/docs/models, and the
 *   refusals in https://github.com/anomalyco/opencode/pull/26268 and
 *   https://github.com/anomalyco/models.dev/pull/2296
 * - `stop`: the SDK's documentation of `stop`, https://github.com/huggingface/smolagents/issues/1671
 *   and https://github.com/BerriAI/litellm/pull/28662
 * - sampling: https://developers.openai.com/api/docs/guides/latest-model
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

/** The name may follow that of a maker or server: `openai/o3`, `ft:gpt-4o:mine`. */
const named = (pattern: string): RegExp => new RegExp(`(?:^|[/:])(?:${pattern})`)

export const openaiModels: readonly Row[] = [
  [named('o1-(mini|preview)'), { ...reasoning, efforts: [], systemRole: 'user' }],
  [named('o1|o3-mini'), { ...reasoning, efforts: upToHigh }],
  [named('o\\d'), { ...reasoning, efforts: upToHigh, stopSequences: false }],
  [named('(chat)?gpt-([1-4](?!\\d)|35|5-chat)'), chatting],
  [named('chat-latest|gpt-[\\d.]+-chat'), { ...reasoning, efforts: ['medium'] }],
  [named('gpt-5-pro'), { ...reasoning, efforts: ['high'], stopSequences: false }],
  [named('gpt-5-codex'), { ...reasoning, efforts: upToHigh, stopSequences: false }],
  [
    named('gpt-5(?![.\\d])'),
    { ...reasoning, efforts: ['minimal', ...upToHigh], stopSequences: false },
  ],
  [named('gpt-[\\d.]+-pro'), { ...reasoning, efforts: ['medium', 'high', 'xhigh'] }],
  [named('gpt-5\\.1-codex(?!-max)'), { ...reasoning, efforts: upToHigh }],
  [named('gpt-[\\d.]+-codex'), { ...reasoning, efforts: upToXhigh }],
  // These do not reason by themselves.
  [
    named('gpt-5\\.1'),
    { ...reasoning, efforts: ['none', ...upToHigh], sampling: 'unless-reasoning' },
  ],
  [
    named('gpt-5\\.[2-4]'),
    { ...reasoning, efforts: ['none', ...upToXhigh], sampling: 'unless-reasoning' },
  ],
  [named('gpt-5\\.5'), { ...reasoning, efforts: ['none', ...upToXhigh] }],
  [named('gpt-\\d'), { ...reasoning, efforts: ['none', ...upToXhigh, 'max'] }],
]
