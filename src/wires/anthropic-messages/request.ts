/**
 * Writes requests for the Messages API.
 *
 * @module
 * @see https://docs.anthropic.com/en/api/messages
 */

import type {
  AssistantMessage,
  InputPart,
  Message,
  StreamRequest,
  ToolChoice,
  ToolMessage,
} from '../../messages.js'
import { arrangeCalls, wireIds } from '../history.js'
import {
  checkMessages,
  decodeText,
  messagesOf,
  partsOf,
  readData,
  systemOf,
  toArguments,
  toText,
} from '../input.js'
import { compact, type Json, mergeOptions } from '../json.js'
import { toJsonSchema } from '../json-schema.js'
import { makerOf, signatureFor } from '../signature.js'
import { planMessagesOutput } from './output.js'

/**
 * The API wants a limit in every request. This one is within what every model of the Claude 3 family and later may write.
 */
export const defaultMaxTokens = 4096

/** Efforts as the thinking budgets that this wire takes, in tokens. 1,024 is the least it accepts. */
const effortBudgets = { minimal: 1024, low: 2048, medium: 8192, high: 24_576 }

export function encodeMessagesRequest(request: StreamRequest, model: string): Json {
  const budget = thinkingBudget(request)
  const output = planMessagesOutput(request)
  const system = systemOf(request, output?.instructions).join('\n\n')
  const messages = encodeMessages(messagesOf(request), makerOf(model))
  const tools = encodeTools(request.tools)
  // White space alone is refused.
  const stopSequences = request.stopSequences?.filter((text) => text.trim() !== '')
  const body: Json = {
    model,
    // Thinking counts against the limit, so the answer's own part goes on top.
    max_tokens: (request.maxOutputTokens ?? defaultMaxTokens) + (budget ?? 0),
    messages,
    stream: true,
    ...compact({
      system: system === '' ? undefined : system,
      // Refused beside thinking.
      temperature: budget === undefined ? request.temperature : undefined,
      top_p: budget === undefined ? request.topP : undefined,
      stop_sequences: stopSequences?.length ? stopSequences : undefined,
      thinking: budget === undefined ? undefined : { type: 'enabled', budget_tokens: budget },
      ...(tools === undefined
        ? formerTools(messages)
        : { tools, tool_choice: encodeToolChoice(request.toolChoice) }),
      output_config:
        output?.mode === 'json-schema'
          ? { format: { type: 'json_schema', schema: output.schema } }
          : undefined,
    }),
  }
  return checkMessages(mergeOptions(body, request.providerOptions, ['output_config']))
}

/** In tokens; undefined where the model shall not think. A call that is forced and thinking exclude each other. */
function thinkingBudget({ reasoning, toolChoice, tools }: StreamRequest): number | undefined {
  const forced = typeof toolChoice === 'object' || toolChoice === 'required'
  if (forced && tools !== undefined && Object.keys(tools).length > 0) return undefined
  const budget = reasoning?.budgetTokens ?? (reasoning?.effort && effortBudgets[reasoning.effort])
  return budget === undefined ? undefined : Math.max(budget, effortBudgets.minimal)
}

/** A conversation that holds calls is refused without tools, so the ones it speaks of are named, and none may be called. */
function formerTools(messages: readonly Turn[]): Json {
  const names = new Set<unknown>()
  for (const { content } of messages) {
    for (const block of content) if (block.type === 'tool_use') names.add(block.name)
  }
  if (names.size === 0) return {}
  const tools = [...names].map((name) => ({ name, input_schema: { type: 'object' } }))
  return { tools, tool_choice: { type: 'none' } }
}

interface Turn {
  role: 'user' | 'assistant'
  content: Json[]
}

/** Turns have to alternate and begin with the user, so neighbours of one role become one turn. */
function encodeMessages(messages: readonly Message[], maker: string | undefined): Turn[] {
  const turns: Turn[] = []
  for (const message of arrangeCalls(messages, wireIds(64, /[^a-zA-Z0-9_-]/g))) {
    if (message.role === 'system') continue
    const role = message.role === 'assistant' ? 'assistant' : 'user'
    const content = encodeContent(message, maker)
    if (content.length === 0) continue
    const last = turns.at(-1)
    if (last?.role === role) last.content.push(...content)
    else turns.push({ role, content })
  }
  for (const turn of turns) if (turn.role === 'user') resultsFirst(turn)
  const last = turns.at(-1)
  if (last?.role === 'assistant') trimPrefill(last)
  if (turns[0]?.role === 'assistant') {
    turns.unshift({ role: 'user', content: [{ type: 'text', text: '(The conversation begins.)' }] })
  }
  return turns
}

/** Results have to stand before everything else in the turn that answers the calls. */
function resultsFirst(turn: Turn): void {
  const isResult = (block: Json): boolean => block.type === 'tool_result'
  turn.content = [
    ...turn.content.filter(isResult),
    ...turn.content.filter((block) => !isResult(block)),
  ]
}

/** An answer that the model has to continue may not end in white space. */
function trimPrefill(turn: Turn): void {
  const block = turn.content.at(-1)
  if (typeof block?.text === 'string') block.text = block.text.trimEnd()
}

function encodeContent(
  message: Exclude<Message, { role: 'system' }>,
  maker: string | undefined,
): Json[] {
  switch (message.role) {
    case 'user':
      return partsOf(message.content).map(encodePart)
    case 'assistant':
      return encodeAssistant(message, maker)
    case 'tool':
      return encodeResults(message)
  }
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

/** Reasoning goes back only with its signature: the API refuses it without. */
function encodeAssistant({ content }: AssistantMessage, maker: string | undefined): Json[] {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
  const blocks = parts.flatMap((part): Json[] => {
    switch (part.type) {
      case 'text':
        return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }]
      case 'reasoning': {
        const signature = signatureFor('anthropic-messages', maker, part.signature)
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
  // The API refuses a message that ends in thinking, such as one whose calls were never answered.
  while (blocks.at(-1)?.type === 'thinking' || blocks.at(-1)?.type === 'redacted_thinking') {
    blocks.pop()
  }
  return blocks
}

function encodeResults({ content }: ToolMessage): Json[] {
  return content.map((part) => ({
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
    // The schema of a tool has to be of an object.
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
