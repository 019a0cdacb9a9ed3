/**
 * The conversation as the messages of the API.
 *
 * @module
 */

import type { Message, OutputPart, ToolResultPart } from '../../base/messages.js'
import { parseJson } from '../../base/parse-json.js'
import { isRecord, type Json } from '../../base/read-json.js'
import { type AlternatingTurn, alternate, encodeTurns, type Turn } from '../alternating-turns.js'
import { wireIds } from '../call-order.js'
import { withOptions } from '../provider-options.js'
import { partsOf } from '../request-messages.js'
import { blockFor, signatureFor } from '../signature.js'
import { toArguments, toText } from '../tool-texts.js'
import { isCacheable } from './cache-marks.js'
import { encodeCitation } from './citations.js'
import { type BlockContext, encodeInputPart, finishBlock } from './input-parts.js'
import { settleTurns } from './settle-turns.js'

export interface MessageParam {
  role: 'user' | 'assistant'
  content: Json[]
}

const wire = 'anthropic-messages'

/** Turns alternate and begin with the user. */
export function encodeMessages(
  messages: readonly Message[],
  context: BlockContext,
): MessageParam[] {
  const turns = encodeTurns(messages, wireIds(64, /[^a-zA-Z0-9_-]/g), {
    user: (parts) => parts.map((part) => encodeInputPart(part, context)),
    assistant: (parts) => encodeAssistant(parts, context),
    results: (results) => results.flatMap((part) => encodeResult(part, context)),
  })
  const settled = settleTurns(turns)
  for (const turn of settled) markLast(turn, context)
  const params = alternate(settled, (text) => ({ type: 'text', text }))
  const last = params.at(-1)
  if (last?.role === 'assistant') trimPrefill(last.items)
  return params.map((turn) => encodeTurn(turn, context.provider))
}

function encodeTurn({ role, items, options }: AlternatingTurn, provider: string): MessageParam {
  const content = role === 'user' ? resultsFirst(items) : items
  return options.reduce<Json>(
    (param, providerOptions) => withOptions(param, { providerOptions }, provider),
    { role, content },
  ) as unknown as MessageParam
}

/** The mark of a message stands on its last block that can have one. */
function markLast({ items, cache }: Turn, { marks }: BlockContext): void {
  const last = items.findLast(isCacheable)
  if (last !== undefined) marks.add(last, cache)
}

/** Results come before everything else in the turn that answers the calls. */
function resultsFirst(content: readonly Json[]): Json[] {
  const isResult = (block: Json): boolean => block.type === 'tool_result'
  return [...content.filter(isResult), ...content.filter((block) => !isResult(block))]
}

/** An answer to be continued may not end in white space. */
function trimPrefill(content: readonly Json[]): void {
  const block = content.at(-1)
  if (block?.type === 'text' && typeof block.text === 'string') block.text = block.text.trimEnd()
}

/**
 * Reasoning goes back only with its signature, without which Anthropic refuses it. Other makers on
 * this API sign nothing, and some refuse a history without reasoning.
 */
function encodeAssistant(parts: readonly OutputPart[], context: BlockContext): Json[] {
  const { maker } = context
  const isAnthropic = maker === undefined || maker === 'anthropic'
  const blocks: Json[] = []
  /** The text that sources belong to. */
  let cited: Json | undefined
  let citations: Json[] = []
  for (const part of parts) {
    if (part.type === 'source') {
      const citation = isAnthropic ? encodeCitation(part.raw) : undefined
      if (citation !== undefined && cited !== undefined) {
        citations.push(citation)
        cited.citations = citations
      }
      continue
    }
    const block = encodeOutputPart(part, maker, isAnthropic)
    cited = undefined
    citations = []
    if (block === undefined) continue
    const finished = finishBlock(block, part, context)
    if (part.type === 'text') cited = finished
    blocks.push(finished)
  }
  return blocks
}

/** @returns a block of our own, which may be changed */
function encodeOutputPart(
  part: OutputPart,
  maker: string | undefined,
  isAnthropic: boolean,
): Json | undefined {
  switch (part.type) {
    case 'text':
      return part.text.trim() === '' ? undefined : { type: 'text', text: part.text }
    case 'reasoning': {
      const signed = signatureFor(wire, maker, part.signature)
      const signature = signed ?? (isAnthropic || part.text.trim() === '' ? undefined : '')
      if (signature === undefined) return undefined
      return part.redacted
        ? { type: 'redacted_thinking', data: signature }
        : { type: 'thinking', thinking: part.text, signature }
    }
    case 'tool-call': {
      const own = { type: 'tool_use', id: part.id, name: part.name }
      const further = parseJson(signatureFor(wire, maker, part.signature) ?? '')
      return { ...own, ...(isRecord(further) ? further : {}), ...own, input: toArguments(part) }
    }
    case 'provider': {
      const block = blockFor(wire, maker, part)
      return block && { ...block }
    }
    default:
      return undefined
  }
}

/** A failure may hold text only, so images and documents of one follow all results. */
function encodeResult(part: ToolResultPart, context: BlockContext): Json[] {
  const { id, output, isError } = part
  const own = isError ? { is_error: true } : {}
  const result = { type: 'tool_result', tool_use_id: id, content: toText(output), ...own }
  const blocks = partsOf(part.content ?? []).map((each) => encodeInputPart(each, context))
  if (blocks.length === 0) return [finishBlock(result, part, context)]
  const isBlank = output === undefined || (typeof output === 'string' && output.trim() === '')
  const texts = isBlank ? [] : [{ type: 'text', text: toText(output) }]
  const fits = (block: Json): boolean => !isError || block.type === 'text'
  const content = [...texts, ...blocks.filter(fits)]
  return [
    finishBlock(content.length > 0 ? { ...result, content } : result, part, context),
    ...blocks.filter((block) => !fits(block)),
  ]
}
