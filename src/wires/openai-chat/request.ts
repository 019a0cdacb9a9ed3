/**
 * Writes requests for the Chat Completions API.
 *
 * @module
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */

import { decodeText } from '../../base/base64.js'
import { toJsonSchema } from '../../base/json-schema.js'
import type { InputPart, OutputPart, ToolCallPart, ToolResultPart } from '../../base/messages.js'
import type { StreamRequest, ToolChoice } from '../../base/request.js'
import { toWellFormedJson } from '../../base/well-formed-json.js'
import { encodeTurns } from '../alternating-turns.js'
import { readData, toDataUrl } from '../attachment-data.js'
import { wireIds } from '../call-order.js'
import { isThirdGeneration, unsigned } from '../models/gemini.js'
import { describeModel, encodeSampling, type OpenAIModel } from '../models/openai.js'
import type { OutputMode, OutputPlan } from '../output-plan.js'
import { compact, type Json } from '../read-json.js'
import { checkMessages, messagesOf, systemOf } from '../request-messages.js'
import { makerOf, signatureFor } from '../signature.js'
import { toArguments, toText } from '../tool-texts.js'
import { askForReasoning, encodeReasoning, type ReasoningField } from './reasoning.js'

export interface ChatRequestOptions {
  /**
   * The name of the limit for the answer, for models that are not OpenAI's. Many servers know `max_tokens` only. Of OpenAI's models
   * those that reason refuse it, and for the others it is the name that every server takes.
   * @default 'max_completion_tokens'
   */
  maxTokensField?: 'max_completion_tokens' | 'max_tokens'
  /**
   * Ask for the usage (`stream_options`).
   * @default true
   */
  includeUsage?: boolean
  /** @default 'seed' */
  seedField?: 'seed' | 'random_seed'
  /**
   * How a schema for the output is asked for.
   * @default 'json-schema'
   */
  outputMode?: OutputMode
  /**
   * The field in which the reasoning of earlier answers goes back.
   * @default what the model's maker wants, which for most is none
   */
  reasoningField?: ReasoningField
  /**
   * Reasoning is asked for in an object, which takes a budget, too.
   * @default false
   */
  reasoningObject?: boolean
}

/** @param output - as `planChatOutput` plans it, where structured output is asked for */
export function encodeChatRequest(
  request: StreamRequest,
  model: string,
  options: ChatRequestOptions = {},
  output?: OutputPlan,
): Json {
  const { includeUsage = true, seedField = 'seed' } = options
  const described = describeModel(model)
  const tools = encodeTools(request.tools)
  return checkMessages({
    model,
    messages: encodeMessages(request, model, options.reasoningField, output),
    stream: true,
    ...compact({
      stream_options: includeUsage ? { include_usage: true } : undefined,
      [maxTokensField(described, options)]: request.maxOutputTokens,
      ...encodeSampling(request, described),
      stop: request.stopSequences?.length ? request.stopSequences : undefined,
      [seedField]: request.seed,
      ...askForReasoning(request, described, options.reasoningObject),
      tools,
      // Refused without tools.
      tool_choice: tools === undefined ? undefined : encodeToolChoice(request.toolChoice),
      response_format: output?.format,
    }),
    ...request.providerOptions,
  })
}

function maxTokensField(
  { reasons }: OpenAIModel,
  { maxTokensField: otherwise = 'max_completion_tokens' }: ChatRequestOptions,
): string {
  if (reasons === undefined) return otherwise
  return reasons ? 'max_completion_tokens' : 'max_tokens'
}

/** The longest id of a tool call that OpenAI takes, in characters. */
const maxIdLength = 40

function encodeMessages(
  request: StreamRequest,
  model: string,
  reasoningField: ReasoningField | undefined,
  output: OutputPlan | undefined,
): Json[] {
  const turns = encodeTurns(messagesOf(request), wireIds(maxIdLength), {
    user: encodeUser,
    assistant: (parts) => encodeAssistant(parts, model, reasoningField),
    results: encodeResults,
  })
  return [
    ...systemOf(request, output?.instructions).map((content) => ({ role: 'system', content })),
    ...turns.flatMap(({ items }) => items),
  ]
}

function encodeUser(parts: readonly InputPart[]): Json[] {
  if (parts.length === 0) return []
  const only = parts.length === 1 ? parts[0] : undefined
  const content = only?.type === 'text' ? only.text : parts.map(encodePart)
  return [{ role: 'user', content }]
}

function encodePart(part: InputPart): Json {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const data = readData(part)
  const url = toDataUrl(data)
  if (part.type === 'image' || part.mediaType.startsWith('image/')) {
    return { type: 'image_url', image_url: { url } }
  }
  const filename = part.filename ?? (part.mediaType === 'application/pdf' ? 'file.pdf' : 'file')
  // This wire takes files by their content only, so the model is at least told where it is.
  if ('url' in data) return { type: 'text', text: `${filename}: ${data.url}` }
  const format = audioFormats[part.mediaType]
  if (format !== undefined) {
    return { type: 'input_audio', input_audio: { data: data.base64, format } }
  }
  const text = part.mediaType.startsWith('text/') ? decodeText(data.base64)?.trim() : undefined
  if (text) return { type: 'text', text }
  return { type: 'file', file: { file_data: url, filename } }
}

const audioFormats: Partial<Record<string, string>> = {
  'audio/mp3': 'mp3',
  'audio/mpeg': 'mp3',
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
}

/** Text and calls, and reasoning where the server takes it back; sources and files are left out. */
function encodeAssistant(
  parts: readonly OutputPart[],
  model: string,
  reasoningField: ReasoningField | undefined,
): Json[] {
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('')
  const calls = parts
    .filter((part) => part.type === 'tool-call')
    .map((part, index) => encodeCall(part, index === 0, model))
  if (text.trim() === '' && calls.length === 0) return []
  return [
    {
      role: 'assistant',
      content: text.trim() === '' ? null : text,
      ...encodeReasoning(parts, model, reasoningField),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
  ]
}

function encodeCall(part: ToolCallPart, isFirst: boolean, model: string): Json {
  const call = { name: part.name, arguments: toWellFormedJson(toArguments(part)) }
  const signature = isFirst || part.signature ? signatureOfCall(part, model) : undefined
  const extra = signature && { extra_content: { google: { thought_signature: signature } } }
  return { id: part.id, type: 'function', function: call, ...extra }
}

/** For Google's Gemini on this wire; others refuse what they do not know. */
function signatureOfCall({ signature }: ToolCallPart, model: string): string | undefined {
  if (makerOf(model) !== 'google') return undefined
  return (
    signatureFor('gemini', 'google', signature) ?? (isThirdGeneration(model) ? unsigned : undefined)
  )
}

function encodeResults(results: readonly ToolResultPart[]): Json[] {
  return results.map(({ id, output, isError }) => {
    // This wire has no field for a failure.
    const text = isError ? `Error: ${toText(output)}` : toText(output)
    return { role: 'tool', tool_call_id: id, content: text }
  })
}

function encodeTools(tools: StreamRequest['tools']): Json[] | undefined {
  if (tools === undefined || Object.keys(tools).length === 0) return undefined
  return Object.entries(tools).map(([name, { description, parameters }]) => ({
    type: 'function',
    function: {
      name,
      ...compact({ description }),
      parameters: toJsonSchema(parameters, `tools.${name}.parameters`),
    },
  }))
}

function encodeToolChoice(choice: ToolChoice | undefined): unknown {
  if (typeof choice !== 'object') return choice
  return { type: 'function', function: { name: choice.name } }
}
