/**
 * The Anthropic messages wire, from the provider's side.
 *
 * @module
 */

import { type AnswerBlock, fragmentsOf, objectOf, type WholeAnswer } from './answer.js'
import { tokensOf } from './request-conversation.js'
import type { SimulatedWire, WireContext, WireEvent } from './simulated-wire.js'

export const anthropicMessages: SimulatedWire<'anthropic-messages'> = {
  name: 'anthropic-messages',
  owns: (pathname) => pathname.endsWith('/v1/messages'),
  requestIdOf: (identifier) => identifier('req_011', 21),
  headers: ({ requestId }) => ({
    'anthropic-organization-id': '00000000-0000-4000-8000-000000000000',
    'anthropic-ratelimit-requests-limit': '4000',
    'anthropic-ratelimit-requests-remaining': '3999',
    'cache-control': 'no-cache',
    'request-id': requestId,
  }),
  hasKey: (headers) =>
    Boolean(headers['x-api-key']) || /^Bearer \S/i.test(headers.authorization ?? ''),
  complaint,
  error: (status, context, error) => ({
    body: {
      type: 'error',
      error: { ...defaultError(status, context.model), ...error },
      request_id: context.requestId,
    },
    headers: {
      'x-should-retry': String(status === 429 || status >= 500),
      ...(status === 429 ? { 'retry-after': '1' } : {}),
    },
  }),
  errorEvent: ({ requestId }, body) => ({
    data: sse('error', body ?? { type: 'error', error: overloaded, request_id: requestId }),
    token: false,
  }),
  events,
  completion,
}

const overloaded = { details: null, type: 'overloaded_error', message: 'Overloaded' }

function* events(answer: WholeAnswer, context: WireContext): Generator<WireEvent, void, void> {
  const message = {
    model: context.model,
    id: context.identifier('msg_01', 22),
    type: 'message',
    role: 'assistant',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...startUsage(answer), output_tokens: 1, ...place },
  }
  yield event({ type: 'message_start', message })

  let index = -1
  for (const { block, deltas } of blocks(answer, context)) {
    index += 1
    yield event({ type: 'content_block_start', index, content_block: block })
    if (index === 0) yield event({ type: 'ping' })
    for (const delta of deltas) {
      yield event({ type: 'content_block_delta', index, delta }, delta.type !== 'signature_delta')
    }
    yield event({ type: 'content_block_stop', index })
  }
  const delta = { stop_reason: stopReason(answer), stop_sequence: null }
  yield event({ type: 'message_delta', delta, usage: endUsage(answer) })
  yield event({ type: 'message_stop' })
}

interface Block {
  block: object
  deltas: ({ type: string } & Record<string, unknown>)[]
}

function* blocks(answer: WholeAnswer, context: WireContext): Generator<Block, void, void> {
  yield* rawBlocks(answer, 'reasoning')
  if (answer.reasoningTokens.length > 0) {
    yield thinkingBlock(answer.reasoningTokens, signature(context))
  }
  yield* rawBlocks(answer, 'text')
  if (answer.textTokens.length > 0) yield textBlock(answer.textTokens)
  yield* rawBlocks(answer, 'calls')
  for (const { id, name, input } of answer.toolCalls) {
    yield inputBlock({ type: 'tool_use', id: id ?? toolId(context), name, input: {} }, input)
  }
  yield* rawBlocks(answer, 'end')
}

function rawBlocks(answer: WholeAnswer, before: AnswerBlock['before']): Block[] {
  return rawData(answer, before).map(streamed)
}

function rawData(
  { blocks: all }: WholeAnswer,
  before: AnswerBlock['before'],
): AnswerBlock['data'][] {
  return all.filter((block) => block.before === before).map(({ data }) => data)
}

/** A raw block as the server would stream it: what the model writes comes in deltas. */
function streamed(data: AnswerBlock['data']): Block {
  const { type, text, thinking, input, content, encrypted_content } = data
  if (type === 'text') return textBlock(tokensOf(String(text)), data)
  if (type === 'thinking') return thinkingBlock(tokensOf(String(thinking)), data.signature)
  if (typeof type === 'string' && type.endsWith('tool_use')) {
    return inputBlock({ ...data, input: {} }, JSON.stringify(input ?? {}))
  }
  if (type !== 'compaction') return { block: data, deltas: [] }
  const sealed = encrypted_content === undefined ? {} : { encrypted_content }
  return {
    block: { ...data, content: null, ...(encrypted_content === undefined ? {} : nothing) },
    deltas: [{ type: 'compaction_delta', content, ...sealed }],
  }
}

const nothing = { encrypted_content: null }

function textBlock(tokens: readonly string[], { citations }: AnswerBlock['data'] = {}): Block {
  const cites = Array.isArray(citations) ? citations : []
  return {
    block: { type: 'text', text: '', ...(cites.length > 0 ? { citations: [] } : {}) },
    deltas: [
      ...tokens.map((text) => ({ type: 'text_delta', text })),
      ...cites.map((citation: unknown) => ({ type: 'citations_delta', citation })),
    ],
  }
}

function thinkingBlock(tokens: readonly string[], signed: unknown): Block {
  const thoughts = tokens.map((thinking) => ({ type: 'thinking_delta', thinking }))
  return {
    block: { type: 'thinking', thinking: '', signature: '' },
    deltas: [...thoughts, { type: 'signature_delta', signature: signed }],
  }
}

function inputBlock(block: object, input: string): Block {
  const deltas = ['', ...fragmentsOf(input)].map((fragment) => ({
    type: 'input_json_delta',
    partial_json: fragment,
  }))
  return { block, deltas }
}

function completion(answer: WholeAnswer, context: WireContext): unknown {
  const content: object[] = rawData(answer, 'reasoning')
  if (answer.reasoning !== '') {
    const thinking = answer.reasoning
    content.push({ type: 'thinking', thinking, signature: signature(context) })
  }
  content.push(...rawData(answer, 'text'))
  if (answer.text !== '') content.push({ type: 'text', text: answer.text })
  content.push(...rawData(answer, 'calls'))
  for (const { id, name, input } of answer.toolCalls) {
    content.push({ type: 'tool_use', id: id ?? toolId(context), name, input: objectOf(input) })
  }
  content.push(...rawData(answer, 'end'))
  return {
    model: context.model,
    id: context.identifier('msg_01', 22),
    type: 'message',
    role: 'assistant',
    content,
    stop_reason: stopReason(answer),
    stop_sequence: null,
    usage: { ...endUsage(answer), ...place },
  }
}

function stopReason({ finishReason, toolCalls }: WholeAnswer): string {
  return finishReason ?? (toolCalls.length > 0 ? 'tool_use' : 'end_turn')
}

const place = { service_tier: 'standard', inference_geo: 'not_available' }

/** Here `input_tokens` leaves out what came from or went to the cache. */
function startUsage({ usage }: WholeAnswer): object {
  return {
    input_tokens: usage.inputTokens - usage.cachedInputTokens - usage.cacheWriteInputTokens,
    cache_creation_input_tokens: usage.cacheWriteInputTokens,
    cache_read_input_tokens: usage.cachedInputTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWriteInputTokens,
      ephemeral_1h_input_tokens: 0,
    },
  }
}

function endUsage(answer: WholeAnswer): object {
  const { outputTokens, reasoningTokens } = answer.usage
  const details =
    reasoningTokens > 0 ? { output_tokens_details: { thinking_tokens: reasoningTokens } } : {}
  return {
    ...startUsage(answer),
    cache_creation: undefined,
    output_tokens: outputTokens,
    ...details,
    ...answer.rawUsage,
  }
}

function signature(context: WireContext): string {
  return `${context.identifier('EqQB', 60)}==`
}

function toolId(context: WireContext): string {
  return context.identifier('toolu_01', 22)
}

function event(data: { type: string; [field: string]: unknown }, token = false): WireEvent {
  return { data: sse(data.type, data), token }
}

function sse(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

function complaint(
  body: Partial<Record<string, unknown>>,
): Partial<Record<string, unknown>> | undefined {
  if (typeof body.model !== 'string') return { message: 'model: Field required' }
  if (!Array.isArray(body.messages)) return { message: 'messages: Field required' }
  if (typeof body.max_tokens !== 'number') return { message: 'max_tokens: Field required' }
  if (body.messages.length > 0) return undefined
  return { message: 'messages: at least one message is required' }
}

function defaultError(status: number, model: string): object {
  switch (status) {
    case 401:
      return { type: 'authentication_error', message: 'invalid x-api-key' }
    case 403:
      return {
        type: 'permission_error',
        message: 'Your API key does not have permission to use the specified resource.',
      }
    case 404:
      return { type: 'not_found_error', message: `model: ${model}` }
    case 413:
      return { type: 'request_too_large', message: 'Request exceeds the maximum size' }
    case 429:
      return {
        type: 'rate_limit_error',
        message: 'This request would exceed the rate limit for your organization.',
      }
    case 529:
      return { type: 'overloaded_error', message: 'Overloaded' }
    default:
      return status < 500
        ? { type: 'invalid_request_error', message: 'The request is not valid.' }
        : { type: 'api_error', message: 'Internal server error' }
  }
}
