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
import { nineIds, wireIds } from '../call-order.js'
import { describeModel, encodeSampling } from '../models/describe-model.js'
import { isThirdGeneration, unsigned } from '../models/gemini.js'
import type { ModelTraits } from '../models/traits.js'
import type { OutputMode, OutputPlan } from '../output-plan.js'
import { bodyOptions, mergeOptions, type WireSettings } from '../provider-options.js'
import { compact, type Json } from '../read-json.js'
import { checkMessages, messagesOf, systemOf } from '../request-messages.js'
import { makerOf, signatureFor } from '../signature.js'
import { toArguments, toText } from '../tool-texts.js'
import { encodeReasoning, encodeReasoningRequest } from './reasoning.js'

/** What differs between the servers that speak this protocol. */
export interface ChatRequestOptions {
  /**
   * The name of the limit for the answer, for models that are not OpenAI's. Many servers take
   * `max_tokens` only. OpenAI's models that reason refuse it; for its others it is the name that
   * every server takes.
   *
   * @default 'max_tokens'
   */
  maxTokensField?: 'max_completion_tokens' | 'max_tokens'
  /**
   * Whether usage is requested (`stream_options`). `false` is for servers that refuse the field.
   *
   * @default true
   */
  includeUsage?: boolean
  /**
   * The name of `seed`.
   *
   * @default 'seed'
   */
  seedField?: 'seed' | 'random_seed'
  /**
   * How a schema for the output is requested. `json-schema` sends it as `response_format`, and the
   * server holds the model to it. `json-object` has the server enforce JSON and puts the schema
   * into the instructions. `instructions` needs nothing of the server. Use one of the latter two if
   * a server, or a model on it, refuses `response_format` or answers with other text than JSON.
   *
   * @default 'json-schema'
   */
  outputMode?: OutputMode
  /**
   * The parameter that requests reasoning: `reasoning_effort`, or the object `reasoning`, which
   * takes a budget too (OpenRouter).
   *
   * @default 'reasoning_effort'
   */
  reasoningParameter?: 'reasoning_effort' | 'reasoning'
  /**
   * How a call of one tool is forced. `function` names it in `tool_choice`. `required` sends that
   * tool alone with `tool_choice: 'required'`, for servers whose `tool_choice` is a string
   * (llama.cpp, LM Studio).
   *
   * @default 'function'
   */
  namedToolChoice?: 'function' | 'required'
  /** What the model takes, for models that the tables do not list or describe wrongly. */
  traits?: ModelTraits
}

/**
 * Writes the body of a request.
 *
 * @param output - the plan of `planChatOutput`, if structured output is requested
 * @throws StreamError `invalid-request` if nothing is to be sent
 */
export function encodeChatRequest(
  request: StreamRequest,
  model: string,
  options: ChatRequestOptions & Omit<WireSettings, 'traits'> = {},
  output?: OutputPlan,
): Json {
  const {
    includeUsage = true,
    seedField = 'seed',
    reasoningParameter,
    provider = 'openai',
  } = options
  const traits = describeModel(model, options.traits)
  const maxTokensField = traits.maxTokensField ?? options.maxTokensField ?? 'max_completion_tokens'
  const stop = traits.stopSequences === false ? undefined : request.stopSequences
  const { toolChoice, tools = {} } = onlyNamedTool(request, options)
  const hasTools = Object.keys(tools).length > 0
  const body: Json = {
    model,
    messages: encodeMessages(request, model, traits, output),
    stream: true,
    ...compact({
      stream_options: includeUsage ? { include_usage: true } : undefined,
      [maxTokensField]: request.maxOutputTokens,
      ...encodeSampling(request, traits),
      stop: stop?.length ? stop : undefined,
      [seedField]: request.seed,
      ...encodeReasoningRequest(request, traits, reasoningParameter),
      tools: hasTools ? encodeTools(tools) : undefined,
      // Refused without tools.
      tool_choice: hasTools ? encodeToolChoice(toolChoice) : undefined,
      response_format: output?.format,
    }),
  }
  const further = bodyOptions(request, provider, options.body, joined)
  return checkMessages(mergeOptions(body, further, joined))
}

/** Lists that are joined to those of `providerOptions`. */
const joined = ['tools']

/** The tools and the choice as `namedToolChoice` wants them. */
function onlyNamedTool(
  { tools, toolChoice }: StreamRequest,
  { namedToolChoice }: ChatRequestOptions,
): StreamRequest {
  const only = typeof toolChoice === 'object' ? tools?.[toolChoice.name] : undefined
  if (namedToolChoice !== 'required' || typeof toolChoice !== 'object' || only === undefined) {
    return compact({ tools, toolChoice })
  }
  return { tools: { [toolChoice.name]: only }, toolChoice: 'required' }
}

/** The longest id of a tool call that OpenAI takes, in characters. */
const maxIdLength = 40

function encodeMessages(
  request: StreamRequest,
  model: string,
  traits: ModelTraits,
  output: OutputPlan | undefined,
): Json[] {
  const { toolCallIds, systemRole = 'system' } = traits
  const ids = toolCallIds === 'nine-alphanumeric' ? nineIds() : wireIds(maxIdLength)
  const turns = encodeTurns(messagesOf(request), ids, {
    user: encodeUser,
    assistant: (parts) => encodeAssistant(parts, model, traits),
    results: encodeResults,
  })
  const items = turns.flatMap((turn) => turn.items)
  // One message: the templates of many open models refuse a second one.
  const system = systemOf(request, output?.instructions).join('\n\n')
  return [
    ...(system === '' ? [] : [{ role: systemRole, content: system }]),
    ...(traits.assistantAfterTools ? withAnswers(items) : items),
  ]
}

/** Puts an assistant message between the results of tools and a user message. */
function withAnswers(messages: readonly Json[]): Json[] {
  return messages.flatMap((message, at) =>
    message.role === 'user' && messages[at - 1]?.role === 'tool'
      ? [{ role: 'assistant', content: '(No answer.)' }, message]
      : [message],
  )
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
  // This API takes files by their content only, so the model gets the address as text.
  if ('url' in data) return { type: 'text', text: `${filename}: ${data.url}` }
  const audio = /^audio\/(?:x-)?(mp3|mpeg|wav)$/.exec(part.mediaType)?.[1]
  if (audio !== undefined) {
    const format = audio === 'mpeg' ? 'mp3' : audio
    return { type: 'input_audio', input_audio: { data: data.base64, format } }
  }
  const text = part.mediaType.startsWith('text/') ? decodeText(data.base64)?.trim() : undefined
  if (text) return { type: 'text', text }
  return { type: 'file', file: { file_data: url, filename } }
}

/** Text and calls, and reasoning if the server takes it back. Sources and files are left out. */
function encodeAssistant(parts: readonly OutputPart[], model: string, traits: ModelTraits): Json[] {
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('')
  const calls = parts
    .filter((part) => part.type === 'tool-call')
    .map((part, index) => encodeCall(part, index === 0, model))
  if (text.trim() === '' && calls.length === 0) return []
  return [
    {
      role: 'assistant',
      content: text.trim() === '' ? null : text,
      ...encodeReasoning(parts, model, traits),
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

/** For Google's Gemini on this API. Other servers refuse unknown fields. */
function signatureOfCall({ signature }: ToolCallPart, model: string): string | undefined {
  if (makerOf(model) !== 'google') return undefined
  return (
    signatureFor('gemini', 'google', signature) ?? (isThirdGeneration(model) ? unsigned : undefined)
  )
}

function encodeResults(results: readonly ToolResultPart[]): Json[] {
  return results.map(({ id, output, isError }) => {
    // This API has no field for a failure.
    const text = isError ? `Error: ${toText(output)}` : toText(output)
    return { role: 'tool', tool_call_id: id, content: text }
  })
}

function encodeTools(tools: NonNullable<StreamRequest['tools']>): Json[] {
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
