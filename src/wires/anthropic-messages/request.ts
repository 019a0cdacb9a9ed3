/**
 * Writes requests for the Messages API.
 *
 * @module
 * @see https://docs.anthropic.com/en/api/messages
 */

import { decodeText } from '../../base/base64.js'
import { toJsonSchema } from '../../base/json-schema.js'
import type { InputPart, Message, OutputPart, ToolResultPart } from '../../base/messages.js'
import type { StreamRequest, ToolChoice } from '../../base/request.js'
import { alternate, encodeTurns } from '../alternating-turns.js'
import { readData } from '../attachment-data.js'
import { wireIds } from '../call-order.js'
import { type ClaudeTraits, describeClaude } from '../models/claude.js'
import type { OutputPlan } from '../output-plan.js'
import { bodyOptions, mergeOptions, type WireSettings } from '../provider-options.js'
import { compact, type Json } from '../read-json.js'
import { checkMessages, messagesOf, systemOf } from '../request-messages.js'
import { makerOf, signatureFor } from '../signature.js'
import { toArguments, toText } from '../tool-texts.js'
import { encodeThinking } from './thinking.js'

/**
 * Writes the body of a request.
 *
 * The API requires a limit. The default is long enough for any answer, and within what the model may
 * write: 64,000 tokens from Claude 4.5 on, 32,000 for 3.7 to 4.1, 8,192 for 3.5 and for other makers'
 * models, 4,096 before.
 *
 * @param output - the plan of `planMessagesOutput`, if structured output is requested
 * @throws StreamError `invalid-request` if nothing is to be sent
 */
export function encodeMessagesRequest(
  request: StreamRequest,
  model: string,
  { provider = 'anthropic', traits, body: constant }: WireSettings<Partial<ClaudeTraits>> = {},
  output?: OutputPlan,
): Json {
  const claude = describeClaude(model, traits)
  const system = systemOf(request, output?.instructions).join('\n\n')
  const messages = encodeMessages(messagesOf(request), makerOf(model))
  const { thinking, effort, budget } = encodeThinking(request, claude, resumesUnthought(messages))
  const tools = encodeTools(request.tools)
  // White space alone is refused.
  const stopSequences = request.stopSequences?.filter((text) => text.trim() !== '')
  const outputConfig = compact({ format: output?.format, effort })
  const body: Json = {
    model,
    // Thinking counts against the limit, so its budget is added.
    max_tokens: Math.min(
      (request.maxOutputTokens ?? claude.defaultMaxTokens) + budget,
      Math.max(claude.maxTokens, request.maxOutputTokens ?? 0),
    ),
    messages,
    stream: true,
    ...compact({
      system: system === '' ? undefined : system,
      // Refused together with thinking.
      ...(thinking === undefined ? encodeSampling(request, claude) : {}),
      stop_sequences: stopSequences?.length ? stopSequences : undefined,
      thinking,
      ...(tools === undefined
        ? formerTools(messages)
        : { tools, tool_choice: encodeToolChoice(request.toolChoice) }),
      output_config: Object.keys(outputConfig).length === 0 ? undefined : outputConfig,
    }),
  }
  const options = bodyOptions(request, provider, constant, joined)
  return checkMessages(mergeOptions(body, options, joined))
}

/** Lists that are joined to those of `providerOptions`. */
const joined = ['tools']

/** What the model would refuse is left out, so that one request can go to any model. */
function encodeSampling({ temperature, topP }: StreamRequest, { sampling }: ClaudeTraits): Json {
  if (sampling === 'none') return {}
  const both = sampling === 'both' || temperature === undefined
  return compact({ temperature, top_p: both ? topP : undefined })
}

/**
 * Whether the results of calls go back to a turn that did not begin with thinking, such as another
 * model's. A model with a budget may not begin to think in the middle of a turn.
 */
function resumesUnthought(messages: readonly MessageParam[]): boolean {
  const answered = messages.at(-1)?.content.some(({ type }) => type === 'tool_result')
  return answered === true && !String(messages.at(-2)?.content[0]?.type).endsWith('thinking')
}

/** A conversation with calls is refused without tools, so those it names are sent and disabled. */
function formerTools(messages: readonly MessageParam[]): Json {
  const names = new Set<unknown>()
  for (const { content } of messages) {
    for (const block of content) if (block.type === 'tool_use') names.add(block.name)
  }
  if (names.size === 0) return {}
  const tools = [...names].map((name) => ({ name, input_schema: { type: 'object' } }))
  return { tools, tool_choice: { type: 'none' } }
}

interface MessageParam {
  role: 'user' | 'assistant'
  content: Json[]
}

/** Turns alternate and begin with the user. */
function encodeMessages(messages: readonly Message[], maker: string | undefined): MessageParam[] {
  const turns = encodeTurns(messages, wireIds(64, /[^a-zA-Z0-9_-]/g), {
    user: (parts) => parts.map(encodePart),
    assistant: (parts) => encodeAssistant(parts, maker),
    results: encodeResults,
  })
  const params = alternate(turns, (text) => ({ type: 'text', text })).map(({ role, items }) => ({
    role,
    content: role === 'user' ? resultsFirst(items) : items,
  }))
  const last = params.at(-1)
  if (last?.role === 'assistant') trimPrefill(last.content)
  return params
}

/** Results come before everything else in the turn that answers the calls. */
function resultsFirst(content: readonly Json[]): Json[] {
  const isResult = (block: Json): boolean => block.type === 'tool_result'
  return [...content.filter(isResult), ...content.filter((block) => !isResult(block))]
}

/** An answer to be continued may not end in white space. */
function trimPrefill(content: readonly Json[]): void {
  const block = content.at(-1)
  if (typeof block?.text === 'string') block.text = block.text.trimEnd()
}

function encodePart(part: InputPart): Json {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const data = readData(part)
  const source =
    'url' in data
      ? { type: 'url', url: data.url }
      : { type: 'base64', media_type: data.mediaType, data: data.base64 }
  if (part.type === 'image' || part.mediaType.startsWith('image/')) return { type: 'image', source }
  const title = compact({ title: part.filename })
  if (part.mediaType.startsWith('text/') && 'base64' in data) {
    const text = decodeText(data.base64)?.trim()
    const plain = { type: 'text', media_type: 'text/plain', data: text }
    if (text) return { type: 'document', source: plain, ...title }
  }
  return { type: 'document', source, ...title }
}

/**
 * Reasoning goes back only with its signature, without which Anthropic refuses it. Other makers on
 * this API sign nothing, and some refuse a history without reasoning.
 */
function encodeAssistant(parts: readonly OutputPart[], maker: string | undefined): Json[] {
  const blocks = parts.flatMap((part): Json[] => {
    switch (part.type) {
      case 'text':
        return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }]
      case 'reasoning': {
        const signed = signatureFor('anthropic-messages', maker, part.signature)
        const checked = maker === undefined || maker === 'anthropic'
        const signature = signed ?? (checked || part.text.trim() === '' ? undefined : '')
        if (signature === undefined) return []
        return part.redacted
          ? [{ type: 'redacted_thinking', data: signature }]
          : [{ type: 'thinking', thinking: part.text, signature }]
      }
      case 'tool-call': {
        const input = toArguments(part)
        return [{ type: 'tool_use', id: part.id, name: part.name, input }]
      }
      default:
        return []
    }
  })
  // A message that ends in thinking is refused, such as one whose calls were never answered.
  while (blocks.at(-1)?.type === 'thinking' || blocks.at(-1)?.type === 'redacted_thinking') {
    blocks.pop()
  }
  return blocks
}

function encodeResults(results: readonly ToolResultPart[]): Json[] {
  return results.map((part) => ({
    type: 'tool_result',
    tool_use_id: part.id,
    content: toText(part.output),
    ...(part.isError ? { is_error: true } : {}),
  }))
}

function encodeTools(tools: StreamRequest['tools']): Json[] | undefined {
  if (tools === undefined || Object.keys(tools).length === 0) return undefined
  return Object.entries(tools).map(([name, { description, parameters }]) => ({
    name,
    ...compact({ description }),
    // The API requires the schema of an object.
    input_schema: {
      type: 'object',
      ...toJsonSchema(parameters, `tools.${name}.parameters`),
    },
  }))
}

function encodeToolChoice(choice: ToolChoice | undefined): Json | undefined {
  if (choice === undefined) return undefined
  if (typeof choice === 'object') return { type: 'tool', name: choice.name }
  return { type: choice === 'required' ? 'any' : choice }
}
