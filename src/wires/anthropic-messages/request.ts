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
} from '../../types.js'
import { matchedCalls, messagesOf, partsOf, readData, systemOf, toText } from '../input.js'
import { compact, isRecord, type Json } from '../json.js'

/**
 * The API wants a limit in every request. This one is within what every model of the Claude 3 family and later may write.
 */
export const defaultMaxTokens = 4096

/** Efforts as the thinking budgets that this wire takes, in tokens. 1,024 is the least it accepts. */
const effortBudgets = { minimal: 1024, low: 2048, medium: 8192, high: 24_576 }

export function encodeMessagesRequest(request: StreamRequest, model: string): Json {
  const { reasoning } = request
  const budget = reasoning?.budgetTokens ?? (reasoning?.effort && effortBudgets[reasoning.effort])
  const system = systemOf(request).join('\n\n')
  return {
    model,
    // Thinking counts against the limit, so the answer's own part goes on top.
    max_tokens: (request.maxOutputTokens ?? defaultMaxTokens) + (budget ?? 0),
    messages: encodeMessages(messagesOf(request)),
    stream: true,
    ...compact({
      system: system === '' ? undefined : system,
      temperature: request.temperature,
      top_p: request.topP,
      stop_sequences: request.stopSequences,
      thinking: budget === undefined ? undefined : { type: 'enabled', budget_tokens: budget },
      tools: encodeTools(request.tools),
      tool_choice: encodeToolChoice(request.toolChoice),
    }),
    ...request.providerOptions,
  }
}

interface Turn {
  role: 'user' | 'assistant'
  content: Json[]
}

/** Turns have to alternate and begin with the user, so neighbours of one role become one turn. */
function encodeMessages(messages: readonly Message[]): Turn[] {
  const matched = matchedCalls(messages)
  const turns: Turn[] = []
  for (const message of messages) {
    if (message.role === 'system') continue
    const role = message.role === 'assistant' ? 'assistant' : 'user'
    const content = encodeContent(message, matched)
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
  matched: Set<string>,
): Json[] {
  switch (message.role) {
    case 'user':
      return partsOf(message.content).map(encodePart)
    case 'assistant':
      return encodeAssistant(message, matched)
    case 'tool':
      return encodeResults(message, matched)
  }
}

function encodePart(part: InputPart): Json {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const data = readData(part)
  const source =
    'url' in data
      ? { type: 'url', url: data.url }
      : { type: 'base64', media_type: data.mediaType, data: data.base64 }
  if (part.type === 'image') return { type: 'image', source }
  return { type: 'document', source, ...compact({ title: part.filename }) }
}

/** Reasoning goes back only with its signature: the API refuses it without. */
function encodeAssistant({ content }: AssistantMessage, matched: Set<string>): Json[] {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
  return parts.flatMap((part): Json[] => {
    switch (part.type) {
      case 'text':
        return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }]
      case 'reasoning':
        if (part.signature === undefined) return []
        return part.redacted
          ? [{ type: 'redacted_thinking', data: part.signature }]
          : [{ type: 'thinking', thinking: part.text, signature: part.signature }]
      case 'tool-call': {
        if (!matched.has(part.id)) return []
        const input = isRecord(part.input) ? part.input : {}
        return [{ type: 'tool_use', id: part.id, name: part.name, input }]
      }
      default:
        return []
    }
  })
}

function encodeResults({ content }: ToolMessage, matched: Set<string>): Json[] {
  return content
    .filter((part) => matched.has(part.id))
    .map((part) => ({
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
    input_schema: parameters,
  }))
}

function encodeToolChoice(choice: ToolChoice | undefined): Json | undefined {
  if (choice === undefined) return undefined
  if (typeof choice === 'object') return { type: 'tool', name: choice.name }
  return { type: choice === 'required' ? 'any' : choice }
}
