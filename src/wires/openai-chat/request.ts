/**
 * Writes requests for the Chat Completions API.
 *
 * @module
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */

import type {
  AssistantMessage,
  InputPart,
  Message,
  StreamRequest,
  ToolChoice,
  ToolMessage,
} from '../../types.js'
import {
  matchedCalls,
  messagesOf,
  partsOf,
  readData,
  systemOf,
  toDataUrl,
  toText,
} from '../input.js'
import { compact, type Json } from '../json.js'

export interface ChatRequestOptions {
  /**
   * The name of the limit for the answer. OpenAI's newer models refuse `max_tokens`; many compatible servers know no other.
   * @default 'max_completion_tokens'
   */
  maxTokensField?: 'max_completion_tokens' | 'max_tokens'
}

export function encodeChatRequest(
  request: StreamRequest,
  model: string,
  options: ChatRequestOptions = {},
): Json {
  const { maxTokensField = 'max_completion_tokens' } = options
  return {
    model,
    messages: encodeMessages(request),
    stream: true,
    stream_options: { include_usage: true },
    ...compact({
      [maxTokensField]: request.maxOutputTokens,
      temperature: request.temperature,
      top_p: request.topP,
      stop: request.stopSequences,
      seed: request.seed,
      reasoning_effort: request.reasoning?.effort,
      tools: encodeTools(request.tools),
      tool_choice: encodeToolChoice(request.toolChoice),
    }),
    ...request.providerOptions,
  }
}

function encodeMessages(request: StreamRequest): Json[] {
  const messages = messagesOf(request)
  const matched = matchedCalls(messages)
  return [
    ...systemOf(request).map((content) => ({ role: 'system', content })),
    ...messages.flatMap((message) => encodeMessage(message, matched)),
  ]
}

function encodeMessage(message: Message, matched: Set<string>): Json[] {
  switch (message.role) {
    case 'user': {
      const parts = partsOf(message.content)
      if (parts.length === 0) return []
      const only = parts.length === 1 ? parts[0] : undefined
      const content = only?.type === 'text' ? only.text : parts.map(encodePart)
      return [{ role: 'user', content }]
    }
    case 'assistant':
      return encodeAssistant(message, matched)
    case 'tool':
      return encodeResults(message, matched)
    case 'system':
      return []
  }
}

function encodePart(part: InputPart): Json {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const url = toDataUrl(readData(part))
  if (part.type === 'image') return { type: 'image_url', image_url: { url } }
  return { type: 'file', file: { file_data: url, filename: part.filename ?? 'file' } }
}

/** Text and calls; this wire takes back neither reasoning nor sources. A call without an answer would be refused. */
function encodeAssistant({ content }: AssistantMessage, matched: Set<string>): Json[] {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('')
  const calls = parts.flatMap((part) => {
    if (part.type !== 'tool-call' || !matched.has(part.id)) return []
    const call = { name: part.name, arguments: toText(part.input) }
    return [{ id: part.id, type: 'function', function: call }]
  })
  if (text.trim() === '' && calls.length === 0) return []
  return [
    {
      role: 'assistant',
      content: text.trim() === '' ? null : text,
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
  ]
}

function encodeResults({ content }: ToolMessage, matched: Set<string>): Json[] {
  return content
    .filter((part) => matched.has(part.id))
    .map((part) => ({ role: 'tool', tool_call_id: part.id, content: toText(part.output) }))
}

function encodeTools(tools: StreamRequest['tools']): Json[] | undefined {
  if (tools === undefined || Object.keys(tools).length === 0) return undefined
  return Object.entries(tools).map(([name, { description, parameters }]) => ({
    type: 'function',
    function: { name, ...compact({ description }), parameters },
  }))
}

function encodeToolChoice(choice: ToolChoice | undefined): unknown {
  if (typeof choice !== 'object') return choice
  return { type: 'function', function: { name: choice.name } }
}
