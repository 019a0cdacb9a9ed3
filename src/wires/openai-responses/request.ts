/**
 * Writes requests for the Responses API.
 *
 * @module
 * @see https://platform.openai.com/docs/api-reference/responses/create
 */

import { toJsonSchema } from '../../base/json-schema.js'
import { compact, isRecord, type Json } from '../../base/read-json.js'
import type { StreamRequest, ToolChoice } from '../../base/request.js'
import { describeModel, effortOf, encodeSampling } from '../models/describe-model.js'
import type { ModelTraits } from '../models/traits.js'
import type { OutputPlan } from '../output-plan.js'
import { bodyOptions, mergeOptions, type WireSettings, withOptions } from '../provider-options.js'
import { checkMessages, messagesOf, systemOf } from '../request-messages.js'
import { CacheMarks } from './cache-marks.js'
import { encodeInput, encodeSystem } from './input-items.js'

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
  const tools = encodeTools(request.tools, provider)
  const hasTools = tools !== undefined || Array.isArray(options.tools)
  const described = describeModel(model, traits)
  const marks = new CacheMarks(described.cacheBreakpoints)
  const special = encodeSystem(request, provider, marks)
  const input = encodeInput(messagesOf(request), model, described, provider, marks)
  marks.limit()
  const system = input.length > 0 ? special : undefined
  const instructions = system === undefined ? systemOf(request).join('\n\n') : ''
  const isAsked = request.reasoning !== undefined || isRecord(options.reasoning)
  const reasons = described.reasons !== false && isAsked
  const body: Json = {
    model,
    input: system === undefined ? input : [system, ...input],
    stream: true,
    // A response without a connection has to be stored.
    store: options.background === true,
    ...compact({
      instructions: instructions === '' ? undefined : instructions,
      max_output_tokens: request.maxOutputTokens,
      ...encodeSampling(request, described),
      // Without `summary` nothing of the reasoning is shown.
      reasoning: reasons
        ? compact({ effort: effortOf(request, described), summary: 'auto' })
        : undefined,
      include: described.reasons || reasons ? ['reasoning.encrypted_content'] : undefined,
      tools,
      // Refused without tools.
      tool_choice: hasTools ? encodeToolChoice(request.toolChoice) : undefined,
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
  // These refer to input that the server holds.
  if (body.previous_response_id || body.conversation || body.prompt) return body
  return checkMessages(body, 'input')
}

/**
 * `strict` is on by default on this API, which then refuses every schema with an optional property. A
 * caller's schema may have any, so it is off, as in Chat Completions.
 */
function encodeTools(tools: StreamRequest['tools'], provider: string): Json[] | undefined {
  if (tools === undefined || Object.keys(tools).length === 0) return undefined
  return Object.entries(tools).map(([name, tool]) => {
    const item = {
      type: 'function',
      name,
      ...compact({ description: tool.description }),
      parameters: toJsonSchema(tool.parameters, `tools.${name}.parameters`),
      strict: false,
    }
    return withOptions(item, tool, provider)
  })
}

function encodeToolChoice(choice: ToolChoice | undefined): unknown {
  if (typeof choice !== 'object') return choice
  return { type: 'function', name: choice.name }
}
