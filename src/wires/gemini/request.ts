/**
 * Writes requests for `streamGenerateContent`.
 *
 * @module
 * @see https://ai.google.dev/api/generate-content#request-body
 */

import { toJsonSchema } from '../../base/json-schema.js'
import type { Message } from '../../base/messages.js'
import type { StreamRequest, ToolChoice } from '../../base/request.js'
import { alternate, encodeTurns } from '../alternating-turns.js'
import { wireIds } from '../call-order.js'
import { describeGemini, type GeminiTraits, isThirdGeneration, unsigned } from '../models/gemini.js'
import type { OutputPlan } from '../output-plan.js'
import { bodyOptions, mergeOptions, type WireSettings } from '../provider-options.js'
import { compact, type Json } from '../read-json.js'
import { checkMessages, messagesOf, systemOf } from '../request-messages.js'
import { makerOf } from '../signature.js'
import { encodeAnswer, encodeInput, encodeResults } from './message-parts.js'
import { encodeThinking } from './thinking.js'

/**
 * Writes the body of a request.
 *
 * @param model - decides how thinking is requested, and whether calls need signatures
 * @param output - the plan of `planGeminiOutput`, if structured output is requested
 * @throws StreamError `invalid-request` if nothing is to be sent
 */
export function encodeGeminiRequest(
  request: StreamRequest,
  model = '',
  { provider = 'gemini', traits, body: constant }: WireSettings<Partial<GeminiTraits>> = {},
  output?: OutputPlan,
): Json {
  const system = systemOf(request, output?.instructions).map((text) => ({ text }))
  const tools = encodeTools(request.tools)
  const generationConfig = encodeConfig(request, describeGemini(model, traits), output)
  const own: Json = {
    contents: encodeContents(messagesOf(request), model),
    ...compact({
      systemInstruction: system.length === 0 ? undefined : { parts: system },
      generationConfig: Object.keys(generationConfig).length === 0 ? undefined : generationConfig,
      tools,
      // Refused without tools.
      toolConfig: tools === undefined ? undefined : encodeToolChoice(request.toolChoice),
    }),
  }
  const options = bodyOptions(request, provider, constant, joined)
  const body = mergeOptions(own, options, joined)
  checkMessages({ messages: body.contents })
  return body
}

/** Lists that are joined to those of `providerOptions`. */
const joined = ['tools']

function encodeConfig(request: StreamRequest, traits: GeminiTraits, output?: OutputPlan): Json {
  const stopSequences = request.stopSequences?.filter((text) => text !== '')
  return compact({
    maxOutputTokens: request.maxOutputTokens,
    temperature: request.temperature,
    topP: request.topP,
    stopSequences: stopSequences?.length ? stopSequences : undefined,
    seed: request.seed,
    thinkingConfig: encodeThinking(request.reasoning, traits),
    ...output?.format,
  })
}

interface Content {
  role: 'user' | 'model'
  parts: Json[]
}

/** Roles alternate and begin with the user. */
function encodeContents(messages: readonly Message[], model: string): Content[] {
  const maker = makerOf(model)
  // The names of all calls so far, by their ids
  const names = new Map<string, string>()
  const turns = encodeTurns(messages, wireIds(64, /[^a-zA-Z0-9_-]/g), {
    user: (parts) => parts.map(encodeInput),
    assistant: (parts) => {
      for (const part of parts) if (part.type === 'tool-call') names.set(part.id, part.name)
      return encodeAnswer(parts, maker)
    },
    results: (results) => encodeResults(results, names),
  })
  return alternate(turns, (text) => ({ text })).map(({ role, items }) => {
    if (role === 'assistant' && isThirdGeneration(model)) signFirstCall(items)
    return { role: role === 'assistant' ? 'model' : 'user', parts: items }
  })
}

function signFirstCall(parts: readonly Json[]): void {
  const call = parts.find((part) => part.functionCall !== undefined)
  if (call !== undefined) call.thoughtSignature ??= unsigned
}

/**
 * `parametersJsonSchema` takes JSON Schema as it is. `parameters` takes a part of OpenAPI's and
 * refuses `$ref`, `additionalProperties` and others.
 */
function encodeTools(tools: StreamRequest['tools']): Json[] | undefined {
  if (tools === undefined || Object.keys(tools).length === 0) return undefined
  const functionDeclarations = Object.entries(tools).map(([name, { description, parameters }]) => ({
    name,
    ...compact({ description }),
    // The API requires the schema of an object.
    parametersJsonSchema: {
      type: 'object',
      ...toJsonSchema(parameters, `tools.${name}.parameters`),
    },
  }))
  return [{ functionDeclarations }]
}

const modes = { auto: 'AUTO', required: 'ANY', none: 'NONE' }

function encodeToolChoice(choice: ToolChoice | undefined): Json | undefined {
  if (choice === undefined) return undefined
  const functionCallingConfig =
    typeof choice === 'object'
      ? { mode: 'ANY', allowedFunctionNames: [choice.name] }
      : { mode: modes[choice] }
  return { functionCallingConfig }
}
