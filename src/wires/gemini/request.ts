/**
 * Writes requests for `streamGenerateContent`.
 *
 * @module
 * @see https://ai.google.dev/api/generate-content#request-body
 */

import type { Message, StreamRequest, ToolChoice } from '../../messages.js'
import { arrangeCalls, wireIds } from '../history.js'
import { checkMessages, messagesOf, partsOf, systemOf } from '../input.js'
import { compact, type Json, mergeOptions } from '../json.js'
import { toJsonSchema } from '../json-schema.js'
import { type OutputPlan, planOutput } from '../output.js'
import { makerOf } from '../signature.js'
import { encodeAnswer, encodeInput, encodeResults } from './parts.js'
import { combinesToolsAndOutput, encodeThinking, wantsSignatures } from './thinking.js'

/**
 * @param model - tells how the model wants to be told to think, and whether it insists on the signatures of calls
 */
export function encodeGeminiRequest(request: StreamRequest, model = ''): Json {
  const output = planGeminiOutput(request, model)
  const system = systemOf(request, output?.instructions).map((text) => ({ text }))
  const tools = encodeTools(request.tools)
  const generationConfig = encodeConfig(request, model, output)
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
  const body = mergeOptions(own, request.providerOptions, ['generationConfig', 'toolConfig'])
  checkMessages({ messages: body.contents })
  return body
}

function encodeConfig(request: StreamRequest, model: string, output?: OutputPlan): Json {
  const stopSequences = request.stopSequences?.filter((text) => text !== '')
  return compact({
    maxOutputTokens: request.maxOutputTokens,
    temperature: request.temperature,
    topP: request.topP,
    stopSequences: stopSequences?.length ? stopSequences : undefined,
    seed: request.seed,
    thinkingConfig: encodeThinking(request.reasoning, model),
    ...(output?.mode === 'json-schema'
      ? { responseMimeType: 'application/json', responseJsonSchema: output.schema }
      : {}),
  })
}

/**
 * Any schema may be the root here, and keywords that are not known do no harm. Models that refuse JSON beside tools are told in the
 * instructions. Undefined where no structured output is asked for.
 *
 * @see https://ai.google.dev/gemini-api/docs/structured-output
 */
export function planGeminiOutput(
  { output, tools }: StreamRequest,
  model: string,
): OutputPlan | undefined {
  if (output === undefined) return undefined
  const hasTools = tools !== undefined && Object.keys(tools).length > 0
  const mode = hasTools && !combinesToolsAndOutput(model) ? 'instructions' : 'json-schema'
  return planOutput(output, mode, false)
}

interface Content {
  role: 'user' | 'model'
  parts: Json[]
}

/** Roles have to alternate and begin with the user, so neighbours of one role become one. */
function encodeContents(messages: readonly Message[], model: string): Content[] {
  const contents: Content[] = []
  const names = new Map<string, string>()
  for (const message of arrangeCalls(messages, wireIds(64, /[^a-zA-Z0-9_-]/g))) {
    if (message.role === 'system') continue
    const role = message.role === 'assistant' ? 'model' : 'user'
    const parts = encodeParts(message, names, makerOf(model))
    if (parts.length === 0) continue
    const last = contents.at(-1)
    if (last?.role === role) last.parts.push(...parts)
    else contents.push({ role, parts })
  }
  for (const { role, parts } of contents) {
    if (role === 'model' && wantsSignatures(model)) signFirstCall(parts)
  }
  if (contents[0]?.role === 'model') {
    contents.unshift({ role: 'user', parts: [{ text: '(The conversation begins.)' }] })
  }
  return contents
}

/** @param names - the names of all calls so far, by their ids */
function encodeParts(
  message: Exclude<Message, { role: 'system' }>,
  names: Map<string, string>,
  maker: string | undefined,
): Json[] {
  switch (message.role) {
    case 'user':
      return partsOf(message.content).map(encodeInput)
    case 'assistant': {
      const { content } = message
      if (typeof content === 'string') return encodeAnswer([{ type: 'text', text: content }], maker)
      for (const part of content) if (part.type === 'tool-call') names.set(part.id, part.name)
      return encodeAnswer(content, maker)
    }
    case 'tool':
      return encodeResults(message, names)
  }
}

/**
 * Gemini 3 refuses a turn whose first call has no signature. Calls that another model made have none; Google names this word for them.
 *
 * @see https://ai.google.dev/gemini-api/docs/thought-signatures
 */
function signFirstCall(parts: readonly Json[]): void {
  const call = parts.find((part) => part.functionCall !== undefined)
  if (call !== undefined) call.thoughtSignature ??= 'skip_thought_signature_validator'
}

/**
 * `parametersJsonSchema` takes JSON Schema as it is; `parameters` takes a part of OpenAPI's and refuses `$ref`,
 * `additionalProperties` and others.
 */
function encodeTools(tools: StreamRequest['tools']): Json[] | undefined {
  if (tools === undefined || Object.keys(tools).length === 0) return undefined
  const functionDeclarations = Object.entries(tools).map(([name, { description, parameters }]) => ({
    name,
    ...compact({ description }),
    // The schema of a function has to be of an object.
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
