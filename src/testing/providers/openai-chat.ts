/**
 * The OpenAI chat completions wire, from the provider's side.
 *
 * @module
 */

import { toBase64 } from '../../base/base64.js'
import { type AnswerBlock, fragmentsOf, type WholeAnswer } from './answer.js'
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
  const chunk = (delta: object, length: number, token: boolean, more?: object): WireEvent => {
    const choice = { index: 0, delta, logprobs: null, finish_reason: null, ...more }
    const unknown = withUsage ? { usage: null } : {}
    return event({ ...base, choices: [choice], ...unknown, ...padding(length, context) }, token)
  }
  let calls = 0
  const blocks = function* (before: AnswerBlock['before']): Generator<WireEvent, void, void> {
    for (const data of blocksBefore(answer, before)) {
      if (isCall(data)) {
        const { id, type, ...rest } = data
        const index = calls++
        yield chunk({ tool_calls: [{ index, id, type }] }, 0, true)
        yield chunk({ tool_calls: [{ index, ...rest }] }, 0, true)
      } else yield chunk({ content: [data] }, 0, true)
    }
  }

  const { textTokens, reasoningTokens, toolCalls } = answer
  const content = textTokens.length === 0 && toolCalls.length > 0 ? null : ''
  yield chunk({ role: 'assistant', content, refusal: null }, 0, false)
  yield* blocks('reasoning')
  for (const token of reasoningTokens) yield chunk({ reasoning_content: token }, token.length, true)
  yield* blocks('text')
  if (speaks(context)) {
    const id = context.identifier('audio_', 24)
    for (const transcript of textTokens) {
      yield chunk({ audio: { id, transcript } }, transcript.length, true)
      yield chunk({ audio: { id, data: speechOf(transcript) } }, 0, false)
    }
    yield chunk({ audio: { id, expires_at: base.created + 3600 } }, 0, false)
  } else {
    for (const token of textTokens) {
      const logprobs = context.body.logprobs === true ? logprobsOf(token) : null
      yield chunk({ content: token }, token.length, true, { logprobs })
    }
  }
  yield* blocks('calls')
  for (const { name, input, ...call } of toolCalls) {
    const index = calls++
    const id = call.id ?? context.identifier('call_', 24)
    const opening = { index, id, type: 'function', function: { name, arguments: '' } }
    yield chunk({ tool_calls: [opening] }, name.length, true)
    for (const fragment of fragmentsOf(input)) {
      const piece = { index, function: { arguments: fragment } }
      yield chunk({ tool_calls: [piece] }, fragment.length, true)
    }
  }
  yield* blocks('end')
  yield chunk({}, 0, false, { finish_reason: finishReason(answer) })
  if (withUsage)
    yield event({ ...base, choices: [], usage: usage(answer), ...padding(0, context) }, false)
  yield { data: 'data: [DONE]\n\n', token: false }
}

function completion(answer: WholeAnswer, context: WireContext): unknown {
  const own = answer.blocks.map(({ data }) => data).filter(isCall)
  const functions = answer.toolCalls.map(({ id, name, input }) => ({
    id: id ?? context.identifier('call_', 24),
    type: 'function',
    function: { name, arguments: input },
  }))
  const calls = [...own, ...functions]
  const message = {
    role: 'assistant',
    content: contentOf(answer, calls.length > 0),
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

/** A block with an id is a call of the provider's own tool, another one a part of the content. */
function isCall(data: AnswerBlock['data']): boolean {
  return 'id' in data
}

function contentOf(answer: WholeAnswer, calls: boolean): unknown {
  const parts = answer.blocks.filter(({ data }) => !isCall(data))
  if (parts.length === 0) return answer.text === '' && calls ? null : answer.text
  const [first, last] = [true, false].map((isFirst) =>
    parts
      .filter(({ before }) => (before === 'reasoning' || before === 'text') === isFirst)
      .map(({ data }) => data),
  )
  const text = answer.text === '' ? [] : [{ type: 'text', text: answer.text }]
  return [...(first ?? []), ...text, ...(last ?? [])]
}

function blocksBefore(answer: WholeAnswer, place: AnswerBlock['before']): AnswerBlock['data'][] {
  return answer.blocks.filter(({ before }) => before === place).map(({ data }) => data)
}

/** Whether the request asks for a spoken answer. */
function speaks({ body }: WireContext): boolean {
  return Array.isArray(body.modalities) && body.modalities.includes('audio')
}

/** A sample of silence for each letter, as `pcm16`. */
function speechOf(text: string): string {
  return toBase64(new Uint8Array(2 * text.length))
}

function logprobsOf(token: string): object {
  const bytes = [...new TextEncoder().encode(token)]
  return { content: [{ token, logprob: -0.1, bytes, top_logprobs: [] }], refusal: null }
}

function usage({ usage: counted, rawUsage }: WholeAnswer): object {
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
    ...rawUsage,
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
