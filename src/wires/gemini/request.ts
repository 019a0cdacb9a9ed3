/**
 * Writes requests for `streamGenerateContent`.
 *
 * @module
 * @see https://ai.google.dev/api/generate-content#request-body
 */

import { toJsonSchema } from '../../base/json-schema.js'
import type { InputPart, Message } from '../../base/messages.js'
import { compact, isRecord, type Json, recordsOf } from '../../base/read-json.js'
import type { StreamRequest, ToolChoice } from '../../base/request.js'
import { alternate, encodeTurns } from '../alternating-turns.js'
import { wireIds } from '../call-order.js'
import { describeGemini, type GeminiTraits, isThirdGeneration, unsigned } from '../models/gemini.js'
import type { OutputPlan } from '../output-plan.js'
import {
  bodyOptions,
  mergeOptions,
  optionsOf,
  type WireSettings,
  withOptions,
} from '../provider-options.js'
import { checkMessages, messagesOf, partsOf } from '../request-messages.js'
import { makerOf } from '../signature.js'
import { encodeAnswer, encodeCall, encodeInput, type PartSettings } from './message-parts.js'
import { keepServerCalls } from './provider-parts.js'
import { encodeThinking } from './thinking.js'
import { encodeResults } from './tool-results.js'

export interface GeminiSettings extends WireSettings<Partial<GeminiTraits>> {
  /**
   * Whether the request goes to Vertex AI, which refuses a field that the Gemini API requires.
   *
   * @default false
   */
  vertex?: boolean
}

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
  settings: GeminiSettings = {},
  output?: OutputPlan,
): Json {
  const { provider = 'gemini', traits, body: constant, vertex = false } = settings
  const options = bodyOptions(request, provider, constant, joined)
  const thinking = encodeThinking(request.reasoning, describeGemini(model, traits))
  const generationConfig = encodeConfig(request, withoutRival(thinking, options), output)
  const functions = encodeTools(request.tools, provider)
  const tools = [...(functions ?? []), ...recordsOf(options.tools)]
  const own: Json = {
    contents: encodeContents(messagesOf(request), { provider, model, maker: makerOf(model) }),
    ...compact({
      systemInstruction: encodeSystem(request, output?.instructions, provider),
      generationConfig: Object.keys(generationConfig).length === 0 ? undefined : generationConfig,
      tools: functions,
      toolConfig: encodeToolConfig(request.toolChoice, tools, isThirdGeneration(model) && !vertex),
    }),
  }
  const body = mergeOptions(own, options, joined)
  checkMessages({ messages: body.contents })
  return body
}

/** Lists that are joined to those of `providerOptions`. */
const joined = ['tools']

function encodeConfig(
  request: StreamRequest,
  thinkingConfig: Json | undefined,
  output?: OutputPlan,
): Json {
  const stopSequences = request.stopSequences?.filter((text) => text !== '')
  return compact({
    maxOutputTokens: request.maxOutputTokens,
    temperature: request.temperature,
    topP: request.topP,
    stopSequences: stopSequences?.length ? stopSequences : undefined,
    seed: request.seed,
    thinkingConfig,
    ...output?.format,
  })
}

/** A level and a budget in one request are refused, so those of the options replace the effort. */
function withoutRival(thinking: Json | undefined, { generationConfig }: Json): Json | undefined {
  const own = isRecord(generationConfig) ? generationConfig.thinkingConfig : undefined
  if (!isRecord(own) || !('thinkingLevel' in own || 'thinkingBudget' in own)) return thinking
  return thinking && compact({ includeThoughts: thinking.includeThoughts })
}

/** `system`, the system messages wherever they stand, and what the wire itself has to say. */
function encodeSystem(
  request: StreamRequest,
  further: string | undefined,
  provider: string,
): Json | undefined {
  const instructions = messagesOf(request).filter(({ role }) => role === 'system')
  const contents = [
    request.system ?? '',
    ...instructions.map(({ content }) => content),
    further ?? '',
  ]
  const parts = contents.flatMap((content) =>
    partsOf(content as string | readonly InputPart[]).flatMap((part): Json[] =>
      part.type === 'text' ? [withOptions({ text: part.text }, part, provider)] : [],
    ),
  )
  if (parts.length === 0) return undefined
  return instructions.reduce<Json>((content, message) => withOptions(content, message, provider), {
    parts,
  })
}

/** Roles alternate and begin with the user. */
function encodeContents(messages: readonly Message[], settings: PartSettings): Json[] {
  const { provider, model, maker } = settings
  const third = isThirdGeneration(model)
  // The names of all calls so far, by their ids
  const names = new Map<string, string>()
  const kept = keepServerCalls(messages, maker, (call) => encodeCall(call, maker))
  const encode = (part: InputPart): Json => encodeInput(part, settings)
  const turns = encodeTurns(kept, wireIds(64, /[^a-zA-Z0-9_-]/g), {
    user: (parts) => parts.map(encode),
    assistant: (parts) => {
      for (const part of parts) if (part.type === 'tool-call') names.set(part.id, part.name)
      return encodeAnswer(parts, settings)
    },
    results: (results) => encodeResults(results, { provider, names, holdsFiles: third, encode }),
  })
  return alternate(turns, (text) => ({ text })).map(({ role, items, options }) => {
    const isAnswer = role === 'assistant'
    const parts = isAnswer && third ? signFirstCall(items) : items
    const content: Json = { role: isAnswer ? 'model' : 'user', parts }
    return options.reduce(
      (merged, each) => mergeOptions(merged, optionsOf(each, provider)),
      content,
    )
  })
}

function signFirstCall(parts: readonly Json[]): readonly Json[] {
  const first = parts.findIndex((part) => part.functionCall !== undefined)
  const call = parts[first]
  if (call === undefined || call.thoughtSignature !== undefined) return parts
  // A copy, because a part may be the caller's own.
  return parts.with(first, { ...call, thoughtSignature: unsigned })
}

/**
 * `parametersJsonSchema` takes JSON Schema as it is. `parameters` takes a part of OpenAPI's and
 * refuses `$ref`, `additionalProperties` and others.
 */
function encodeTools(tools: StreamRequest['tools'], provider: string): Json[] | undefined {
  if (tools === undefined || Object.keys(tools).length === 0) return undefined
  const functionDeclarations = Object.entries(tools).map(([name, tool]) => {
    const declaration = {
      name,
      ...compact({ description: tool.description }),
      // The API requires the schema of an object.
      parametersJsonSchema: {
        type: 'object',
        ...toJsonSchema(tool.parameters, `tools.${name}.parameters`),
      },
    }
    return withOptions(declaration, tool, provider)
  })
  return [{ functionDeclarations }]
}

const modes = { auto: 'AUTO', required: 'ANY', none: 'NONE' }

/**
 * @param tools - those of the request and of its options
 * @param marksServerTools - whether server tools have to be announced beside functions. The mode is
 *   the API's own then, because `AUTO` is for functions alone.
 */
function encodeToolConfig(
  choice: ToolChoice | undefined,
  tools: readonly Json[],
  marksServerTools: boolean,
): Json | undefined {
  // A choice is refused without functions.
  if (!tools.some(hasFunctions)) return undefined
  const isMixed =
    marksServerTools && tools.some((tool) => Object.keys(tool).some((name) => !isFunctions(name)))
  if (!isMixed) return choice && { functionCallingConfig: encodeToolChoice(choice) }
  return {
    includeServerSideToolInvocations: true,
    ...(choice && choice !== 'auto' ? { functionCallingConfig: encodeToolChoice(choice) } : {}),
  }
}

function encodeToolChoice(choice: ToolChoice): Json {
  return typeof choice === 'object'
    ? { mode: 'ANY', allowedFunctionNames: [choice.name] }
    : { mode: modes[choice] }
}

function hasFunctions(tool: Json): boolean {
  return Object.keys(tool).some(isFunctions)
}

function isFunctions(name: string): boolean {
  return name === 'functionDeclarations' || name === 'function_declarations'
}
