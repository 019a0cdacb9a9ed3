/**
 * Writes requests for the Chat Completions API.
 *
 * @module
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */

import { toJsonSchema } from '../../base/json-schema.js'
import { compact, type Json } from '../../base/read-json.js'
import type { StreamRequest, ToolChoice } from '../../base/request.js'
import { describeModel, encodeSampling } from '../models/describe-model.js'
import type { OutputPlan } from '../output-plan.js'
import { bodyOptions, mergeOptions, type WireSettings, withOptions } from '../provider-options.js'
import { checkMessages } from '../request-messages.js'
import { encodeMessages } from './messages.js'
import type { ChatRequestOptions } from './options.js'
import { PartEncoder } from './parts.js'
import { encodeReasoningRequest } from './reasoning.js'

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
  const { includeUsage = true, seedField = 'seed', provider = 'openai' } = options
  const traits = describeModel(model, options.traits)
  const hasBreakpoints = traits.cacheBreakpoints && provider === 'openai'
  const encoder = new PartEncoder(
    provider,
    options.cacheControl ? 'cache_control' : hasBreakpoints ? 'prompt_cache_breakpoint' : undefined,
  )
  const maxTokensField = traits.maxTokensField ?? options.maxTokensField ?? 'max_completion_tokens'
  const stop = traits.stopSequences === false ? undefined : request.stopSequences
  const further = bodyOptions(request, provider, options.body, joined)
  const { toolChoice, tools = {} } = onlyNamedTool(request, options)
  const encoded = encodeTools(tools, encoder)
  const hasTools = encoded.length > 0
  const hasTheirs = Array.isArray(further.tools) && further.tools.length > 0
  const body: Json = {
    model,
    messages: encodeMessages(request, model, traits, encoder, output?.instructions),
    stream: true,
    ...compact({
      stream_options: includeUsage ? { include_usage: true } : undefined,
      [maxTokensField]: request.maxOutputTokens,
      ...encodeSampling(request, traits),
      stop: stop?.length ? stop : undefined,
      [seedField]: request.seed,
      ...encodeReasoningRequest(request, traits, options),
      tools: hasTools ? encoded : undefined,
      // Refused without tools.
      tool_choice: hasTools || hasTheirs ? encodeToolChoice(toolChoice) : undefined,
      response_format: output?.format,
    }),
  }
  // Last, because the others are before it.
  encoder.markWhole(body, request.cache)
  encoder.limitMarks()
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

function encodeTools(tools: NonNullable<StreamRequest['tools']>, encoder: PartEncoder): Json[] {
  return Object.entries(tools).map(([name, { description, parameters, ...fields }]) => {
    const own = {
      name,
      ...compact({ description }),
      parameters: toJsonSchema(parameters, `tools.${name}.parameters`),
    }
    const tool = { type: 'function', function: withOptions(own, fields, encoder.provider) }
    return encoder.markWhole(tool, fields.cache)
  })
}

function encodeToolChoice(choice: ToolChoice | undefined): unknown {
  if (typeof choice !== 'object') return choice
  return { type: 'function', function: { name: choice.name } }
}
