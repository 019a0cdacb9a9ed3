/**
 * Reasoning in requests and answers. The Chat Completions API itself neither sends nor takes any;
 * servers that imitate it do.
 *
 * @module
 * @see https://openrouter.ai/docs/use-cases/reasoning-tokens
 */

import type { OutputPart, ReasoningPart } from '../../base/messages.js'
import { parseJson } from '../../base/parse-json.js'
import type { StreamRequest } from '../../base/request.js'
import { effortOf } from '../models/describe-model.js'
import { efforts, type ModelTraits, nearestEffort } from '../models/traits.js'
import { compact, isRecord, type Json, recordsOf, textOf } from '../read-json.js'
import { makerOf, sign, signatureFor } from '../signature.js'

/**
 * Reads one item of `reasoning_details` (OpenRouter): text, or data that only the provider can read.
 *
 * @param model - the model that answered
 */
export function readDetail(
  detail: Json,
  model: string | undefined,
): Pick<ReasoningPart, 'text' | 'signature' | 'redacted'> {
  const { text: _text, summary: _summary, ...rest } = detail
  const text = textOf(detail.text) ?? textOf(detail.summary) ?? ''
  const data = textOf(detail.data)
  const value = data ?? textOf(detail.signature)
  if (value === undefined) return { text }
  // Anthropic's own API takes this too.
  const signature = textOf(detail.format)?.startsWith('anthropic')
    ? sign('anthropic-messages', 'anthropic', value)
    : sign('openai-chat', makerOf(model), JSON.stringify(rest))
  return data === undefined ? { text, signature } : { text: '', signature, redacted: true }
}

/** Converts the blocks that LiteLLM sends for Claude into such items. */
export function toDetails(blocks: unknown): Json[] {
  return recordsOf(blocks).map(({ thinking, signature, data }) => {
    return { text: thinking, signature, data, format: 'anthropic-claude-v1' }
  })
}

/** OpenRouter translates these for the model. */
const openrouterEfforts = efforts.slice(0, -1)

/**
 * The fields of a request that ask for reasoning. Only the object has a place for a budget, which
 * excludes an effort.
 */
export function encodeReasoningRequest(
  request: StreamRequest,
  traits: ModelTraits,
  parameter: 'reasoning_effort' | 'reasoning' = 'reasoning_effort',
): Json {
  if (parameter === 'reasoning_effort') {
    return compact({ reasoning_effort: effortOf(request, traits) })
  }
  const { budgetTokens, effort } = request.reasoning ?? {}
  if (budgetTokens !== undefined) return { reasoning: { max_tokens: budgetTokens } }
  if (effort === undefined || traits.reasons === false) return {}
  return { reasoning: { effort: nearestEffort(effort, openrouterEfforts) } }
}

/** The fields of an assistant message that hold its reasoning. */
export function encodeReasoning(
  content: readonly OutputPart[],
  model: string,
  { reasoningField, requiresReasoning }: ModelTraits,
): Json {
  const maker = makerOf(model)
  const parts = content.filter((part) => part.type === 'reasoning')
  if (reasoningField === 'reasoning_details') {
    const details = parts.flatMap((part) => encodeDetails(part, maker))
    return details.length === 0 ? {} : { reasoning_details: details }
  }
  if (reasoningField !== 'reasoning_content') return {}
  const text = parts.map((part) => part.text).join('')
  return text === '' && !requiresReasoning ? {} : { reasoning_content: text }
}

function encodeDetails({ text, signature, redacted }: ReasoningPart, maker?: string): Json[] {
  const plain = text === '' ? [] : [{ type: 'reasoning.text', text }]
  if (maker === 'anthropic') {
    const value = signatureFor('anthropic-messages', maker, signature)
    // Refused without one.
    if (value === undefined) return []
    const format = 'anthropic-claude-v1'
    if (redacted) return [{ type: 'reasoning.encrypted', data: value, format }]
    return [{ type: 'reasoning.text', text, signature: value, format }]
  }
  const detail = parseDetail(signatureFor('openai-chat', maker, signature))
  if (detail !== undefined) return [...plain, detail]
  // OpenAI sends summaries, which are useless without what they summarise.
  return maker === 'openai' ? [] : plain
}

function parseDetail(kept: string | undefined): Json | undefined {
  const value = parseJson(kept ?? '')
  return isRecord(value) ? compact(value) : undefined
}
