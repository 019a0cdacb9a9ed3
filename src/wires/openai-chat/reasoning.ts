/**
 * Reasoning in requests and answers. The Chat Completions API itself neither sends nor takes any;
 * servers that imitate it do.
 *
 * @module
 * @see https://openrouter.ai/docs/use-cases/reasoning-tokens
 */

import type { OutputPart, ReasoningPart } from '../../base/messages.js'
import { parseJson } from '../../base/parse-json.js'
import { compact, isRecord, type Json, recordsOf, textOf } from '../../base/read-json.js'
import type { StreamRequest } from '../../base/request.js'
import { effortOf } from '../models/describe-model.js'
import { type ModelTraits, thinkingSwitches } from '../models/traits.js'
import { makerOf, sign, signatureFor } from '../signature.js'
import type { ChatRequestOptions } from './options.js'

/**
 * The text of reasoning, under the names that servers have for it: DeepSeek and most others;
 * OpenRouter, vLLM, Groq; GitHub Copilot, for most models and for Azure's; Anthropic's behind a proxy.
 */
export function reasoningTextOf(delta: Json): string | undefined {
  return (
    textOf(delta.reasoning_content) ??
    textOf(delta.reasoning) ??
    textOf(delta.reasoning_text) ??
    textOf(delta.cot_summary) ??
    textOf(delta.thinking)
  )
}

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

/**
 * The fields of a request that ask for reasoning. Only the object has a place for a budget, which
 * excludes an effort. OpenRouter translates every effort for the model.
 */
export function encodeReasoningRequest(
  request: StreamRequest,
  traits: ModelTraits,
  { reasoningParameter, thinkingSwitch }: ChatRequestOptions,
): Json {
  const { budgetTokens, effort } = request.reasoning ?? {}
  if (reasoningParameter === 'reasoning') {
    if (budgetTokens !== undefined) return { reasoning: { max_tokens: budgetTokens } }
    return effort === undefined || traits.reasons === false ? {} : { reasoning: { effort } }
  }
  const name = traits.thinkingSwitch && (thinkingSwitch ?? traits.thinkingSwitch)
  if (name && effort === 'none') return { [name]: thinkingSwitches[name] }
  return compact({
    // Some of Alibaba's models think only if this is set.
    enable_thinking: (effort && name === 'enable_thinking') || undefined,
    reasoning_effort: effortOf(request, traits),
  })
}

/** The fields of an assistant message that hold its reasoning. */
export function encodeReasoning(
  content: readonly OutputPart[],
  maker: string | undefined,
  { reasoningField, requiresReasoning }: ModelTraits,
): Json {
  const parts = content.filter((part) => part.type === 'reasoning')
  if (reasoningField === 'reasoning_details') {
    const details = parts.flatMap((part) => encodeDetails(part, maker))
    return details.length === 0 ? {} : { reasoning_details: details }
  }
  if (reasoningField === 'none') return {}
  const text = parts.map((part) => part.text).join('')
  if (reasoningField === undefined) return encodeOpaque(parts, text, maker)
  return text === '' && !requiresReasoning ? {} : { [reasoningField]: text }
}

/** What Copilot sent, under the names that it sent it. */
function encodeOpaque(
  parts: readonly ReasoningPart[],
  text: string,
  maker: string | undefined,
): Json {
  const kept = parts.map(({ signature }) => parseKept(maker, signature)).find(isOpaque)
  if (kept === undefined) return {}
  const name = kept.cot_id === undefined ? 'reasoning_text' : 'cot_summary'
  return { ...(text === '' ? {} : { [name]: text }), ...kept }
}

function isOpaque(kept: Json | undefined): boolean {
  return kept?.reasoning_opaque !== undefined || kept?.cot_id !== undefined
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
  const detail = parseKept(maker, signature)
  if (detail !== undefined && !isOpaque(detail)) return [...plain, detail]
  // OpenAI sends summaries, which are useless without what they summarise.
  return maker === 'openai' ? [] : plain
}

function parseKept(maker: string | undefined, signature: string | undefined): Json | undefined {
  const value = parseJson(signatureFor('openai-chat', maker, signature) ?? '')
  return isRecord(value) ? compact(value) : undefined
}
