/**
 * Writes requests for the Responses API.
 *
 * @module
 * @see https://platform.openai.com/docs/api-reference/responses/create
 */

import { decodeText } from '../../base/base64.js'
import { StreamError } from '../../base/errors.js'
import { toJsonSchema } from '../../base/json-schema.js'
import type { InputPart, Message, OutputPart, ToolResultPart } from '../../base/messages.js'
import type { StreamRequest, ToolChoice } from '../../base/request.js'
import { toWellFormedJson } from '../../base/well-formed-json.js'
import { encodeTurns } from '../alternating-turns.js'
import { readData, toDataUrl } from '../attachment-data.js'
import { wireIds } from '../call-order.js'
import { describeModel, effortOf, encodeSampling } from '../models/describe-model.js'
import type { ModelTraits } from '../models/traits.js'
import type { OutputPlan } from '../output-plan.js'
import { bodyOptions, mergeOptions, type WireSettings } from '../provider-options.js'
import { compact, type Json } from '../read-json.js'
import { messagesOf, systemOf } from '../request-messages.js'
import { toArguments, toText } from '../tool-texts.js'
import { ReasoningItems } from './reasoning.js'

/**
 * Writes the body of a request.
 *
 * Each request carries its whole conversation and the server stores nothing (`store: false`), because
 * a history may come from anywhere. So reasoning cannot be referred to by its id, and a model that
 * reasons is asked for the encrypted content, the only form that can be sent back. Other models refuse
 * that. A `background` response is the exception: the server refuses it without `store`.
 *
 * This API has no stop sequences, no seed, and no budget for reasoning; those are left out.
 *
 * @param output - the plan of `planResponsesOutput`, if structured output is requested
 * @throws StreamError `invalid-request` if nothing is to be sent
 */
export function encodeResponsesRequest(
  request: StreamRequest,
  model: string,
  { provider = 'openai', traits, body: constant }: WireSettings<ModelTraits> = {},
  output?: OutputPlan,
): Json {
  const options = bodyOptions(request, provider, constant, joined)
  const instructions = systemOf(request).join('\n\n')
  const tools = encodeTools(request.tools)
  const described = describeModel(model, traits)
  const reasoning = described.reasons === false ? undefined : request.reasoning
  const body: Json = {
    model,
    input: encodeInput(messagesOf(request), model, described),
    stream: true,
    // A response without a connection has to be stored.
    store: options.background === true,
    ...compact({
      instructions: instructions === '' ? undefined : instructions,
      max_output_tokens: request.maxOutputTokens,
      ...encodeSampling(request, described),
      // Without `summary` nothing of the reasoning is shown.
      reasoning: reasoning && compact({ effort: effortOf(request, described), summary: 'auto' }),
      include: described.reasons || reasoning ? ['reasoning.encrypted_content'] : undefined,
      tools,
      // Refused without tools.
      tool_choice: tools === undefined ? undefined : encodeToolChoice(request.toolChoice),
      text: output && { format: output.format },
    }),
  }
  return checkInput(mergeOptions(body, options, joined))
}

/** Lists that are joined to those of `providerOptions`. */
const joined = ['tools', 'include']

/**
 * @throws StreamError `invalid-request` for a body without input, which the provider would refuse
 *   less clearly
 */
function checkInput(body: Json): Json {
  if (!Array.isArray(body.input) || body.input.length > 0) return body
  // These refer to input that the server holds.
  if (body.previous_response_id || body.conversation || body.prompt) return body
  throw new StreamError(
    'invalid-request',
    'There is nothing to send. Give text, an image, a file, or a tool call with its result.',
  )
}

/** The longest `call_id` that the API takes, in characters. */
const maxIdLength = 64

function encodeInput(messages: readonly Message[], model: string, traits: ModelTraits): Json[] {
  const reasoning = new ReasoningItems(model, traits)
  // The ids of calls of custom tools, whose results are another kind of item.
  const customIds = new Set<string>()
  const turns = encodeTurns(messages, wireIds(maxIdLength), {
    user: encodeUser,
    assistant: (parts) => encodeAssistant(parts, reasoning, customIds),
    results: (results) => encodeResults(results, customIds),
  })
  return turns.flatMap(({ items }) => items)
}

function encodeUser(parts: readonly InputPart[]): Json[] {
  const content = parts.map(encodePart)
  return content.length === 0 ? [] : [{ type: 'message', role: 'user', content }]
}

function encodePart(part: InputPart): Json {
  if (part.type === 'text') return { type: 'input_text', text: part.text }
  const data = readData(part)
  const url = toDataUrl(data)
  if (part.type === 'image' || part.mediaType.startsWith('image/')) {
    return { type: 'input_image', image_url: url, detail: 'auto' }
  }
  if ('url' in data) return { type: 'input_file', file_url: url }
  const text = part.mediaType.startsWith('text/') ? decodeText(data.base64)?.trim() : undefined
  if (text) return { type: 'input_text', text }
  const filename = part.filename ?? (part.mediaType === 'application/pdf' ? 'file.pdf' : 'file')
  return { type: 'input_file', filename, file_data: url }
}

/** Text, calls, and reasoning of this API, which takes back neither sources nor generated files. */
function encodeAssistant(
  parts: readonly OutputPart[],
  reasoning: ReasoningItems,
  customIds: Set<string>,
): Json[] {
  const items: Json[] = []
  let unsigned: string[] = []
  for (const part of parts) {
    if (part.type === 'reasoning') {
      const item = reasoning.itemOf(part, unsigned)
      if (item !== undefined) items.push(item)
      unsigned = item === undefined ? [...unsigned, part.text] : []
      continue
    }
    unsigned = []
    if (part.type === 'text' && part.text.trim() !== '') {
      const text = { type: 'output_text', text: part.text, annotations: [] }
      items.push({ type: 'message', role: 'assistant', content: [text] })
    } else if (part.type === 'tool-call') {
      const { id: call_id, name, input, custom } = part
      if (custom && typeof input === 'string') {
        customIds.add(call_id)
        items.push({ type: 'custom_tool_call', call_id, name, input })
        continue
      }
      const text = toWellFormedJson(toArguments(part))
      items.push({ type: 'function_call', call_id, name, arguments: text })
    }
  }
  // Reasoning that nothing follows is refused, such as that before a call that was never answered.
  while (items.at(-1)?.type === 'reasoning') items.pop()
  return items
}

function encodeResults(results: readonly ToolResultPart[], customIds: ReadonlySet<string>): Json[] {
  return results.map(({ id, output, isError }) => {
    // This API has no field for a failure.
    const text = isError ? `Error: ${toText(output)}` : toText(output)
    const type = customIds.has(id) ? 'custom_tool_call_output' : 'function_call_output'
    return { type, call_id: id, output: text }
  })
}

/**
 * `strict` is on by default on this API, which then refuses every schema with an optional property. A
 * caller's schema may have any, so it is off, as in Chat Completions.
 */
function encodeTools(tools: StreamRequest['tools']): Json[] | undefined {
  if (tools === undefined || Object.keys(tools).length === 0) return undefined
  return Object.entries(tools).map(([name, { description, parameters }]) => ({
    type: 'function',
    name,
    ...compact({ description }),
    parameters: toJsonSchema(parameters, `tools.${name}.parameters`),
    strict: false,
  }))
}

function encodeToolChoice(choice: ToolChoice | undefined): unknown {
  if (typeof choice !== 'object') return choice
  return { type: 'function', name: choice.name }
}
