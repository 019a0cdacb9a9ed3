/**
 * The OpenAI chat completions wire, from the provider's side.
 *
 * @module
 */

import { fragmentsOf, type WholeAnswer } from './answer.js'
import { defaultError, missingParameter, openaiCommon, padding } from './openai-api.js'
import { fields } from './request-conversation.js'
import type { SimulatedWire, WireContext, WireEvent } from './simulated-wire.js'

export const openaiChat: SimulatedWire<'openai-chat'> = {
  ...openaiCommon,
  name: 'openai-chat',
  owns: (pathname) => pathname.endsWith('/chat/completions'),
  complaint,
  errorEvent: ({ model }, body) => event(body ?? { error: defaultError(500, model) }, false),
  events,
  completion,
}

function* events(answer: WholeAnswer, context: WireContext): Generator<WireEvent, void, void> {
  const options = fields(context.body.stream_options)
  const withUsage = options.include_usage === true
  const base = {
    id: context.identifier('chatcmpl-', 29),
    object: 'chat.completion.chunk',
    created: Math.floor(Date.now() / 1000),
    model: context.model,
    service_tier: 'default',
    system_fingerprint: context.identifier('fp_', 10).toLowerCase(),
  }
  const chunk = (delta: object, length: number, token: boolean, finish?: string): WireEvent => {
    const choice = { index: 0, delta, logprobs: null, finish_reason: finish ?? null }
    const unknown = withUsage ? { usage: null } : {}
    return event({ ...base, choices: [choice], ...unknown, ...padding(length, context) }, token)
  }

  const { textTokens, reasoningTokens, toolCalls } = answer
  const content = textTokens.length === 0 && toolCalls.length > 0 ? null : ''
  yield chunk({ role: 'assistant', content, refusal: null }, 0, false)
  for (const token of reasoningTokens) yield chunk({ reasoning_content: token }, token.length, true)
  for (const token of textTokens) yield chunk({ content: token }, token.length, true)
  for (const [index, { name, input, ...call }] of toolCalls.entries()) {
    const id = call.id ?? context.identifier('call_', 24)
    const opening = { index, id, type: 'function', function: { name, arguments: '' } }
    yield chunk({ tool_calls: [opening] }, name.length, true)
    for (const fragment of fragmentsOf(input)) {
      const piece = { index, function: { arguments: fragment } }
      yield chunk({ tool_calls: [piece] }, fragment.length, true)
    }
  }
  yield chunk({}, 0, false, finishReason(answer))
  if (withUsage)
    yield event({ ...base, choices: [], usage: usage(answer), ...padding(0, context) }, false)
  yield { data: 'data: [DONE]\n\n', token: false }
}

function completion(answer: WholeAnswer, context: WireContext): unknown {
  const calls = answer.toolCalls.map(({ id, name, input }) => ({
    id: id ?? context.identifier('call_', 24),
    type: 'function',
    function: { name, arguments: input },
  }))
  const message = {
    role: 'assistant',
    content: answer.text === '' && calls.length > 0 ? null : answer.text,
    ...(answer.reasoning === '' ? {} : { reasoning_content: answer.reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    refusal: null,
    annotations: [],
  }
  return {
    id: context.identifier('chatcmpl-', 29),
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: context.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(answer) }],
    usage: usage(answer),
    service_tier: 'default',
    system_fingerprint: context.identifier('fp_', 10).toLowerCase(),
  }
}

function finishReason({ finishReason: given, toolCalls }: WholeAnswer): string {
  return given ?? (toolCalls.length > 0 ? 'tool_calls' : 'stop')
}

function usage({ usage: counted }: WholeAnswer): object {
  return {
    prompt_tokens: counted.inputTokens,
    completion_tokens: counted.outputTokens,
    total_tokens: counted.totalTokens,
    prompt_tokens_details: { cached_tokens: counted.cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: counted.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

function event(data: unknown, token: boolean): WireEvent {
  return { data: `data: ${JSON.stringify(data)}\n\n`, token }
}

function complaint(
  body: Partial<Record<string, unknown>>,
): Partial<Record<string, unknown>> | undefined {
  if (typeof body.model !== 'string') return { message: 'you must provide a model parameter' }
  if (!Array.isArray(body.messages)) {
    return missingParameter('messages', "Missing required parameter: 'messages'.")
  }
  if (body.messages.length > 0) return undefined
  return {
    message:
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    param: 'messages',
    code: 'empty_array',
  }
}
