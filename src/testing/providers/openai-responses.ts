/**
 * The OpenAI Responses wire, from the provider's side.
 *
 * @module
 */

import { type AnswerBlock, fragmentsOf, type WholeAnswer } from './answer.js'
import { defaultError, missingParameter, openaiCommon, padding } from './openai-api.js'
import { type RawItem, rawItem } from './openai-responses-items.js'
import { fields } from './request-conversation.js'
import type { SimulatedWire, WireContext, WireEvent } from './simulated-wire.js'

type Json = Record<string, unknown>

export const openaiResponses: SimulatedWire<'openai-responses'> = {
  ...openaiCommon,
  name: 'openai-responses',
  owns: (pathname) => pathname.endsWith('/responses'),
  complaint,
  errorEvent: ({ model }, body, sent) => {
    const data = body ?? {
      type: 'error',
      sequence_number: sent,
      error: defaultError(500, model),
    }
    const { type } = fields(data)
    return { data: sse(typeof type === 'string' ? type : 'error', data), token: false }
  },
  events,
  completion,
}

/** Its tokens, how they go out, and the item before, while and after they do. */
interface TokenItem {
  begin: Json
  end: Json
  /** The part inside the item that the tokens belong to. */
  part?: { name: string; at: Json; begin: Json; end: Json }
  delta: string
  tokens: readonly string[]
  /** What repeats the tokens as a whole. */
  whole: Json
}

type Item = TokenItem | RawItem

function* events(answer: WholeAnswer, context: WireContext): Generator<WireEvent, void, void> {
  let sequence = 0
  const event = (type: string, data: Json, token = false): WireEvent => ({
    data: sse(type, { type, sequence_number: sequence++, ...data }),
    token,
  })
  const base = responseOf(context)
  yield event('response.created', { response: base })
  yield event('response.in_progress', { response: base })

  const items = itemsOf(answer, context)
  for (const [index, item] of items.entries()) {
    const { begin, end } = item
    if ('steps' in item) {
      yield event('response.output_item.added', { output_index: index, item: begin })
      for (const { type, data, token } of item.steps) {
        yield event(`response.${type}`, { item_id: end.id, output_index: index, ...data }, token)
      }
      yield event('response.output_item.done', { output_index: index, item: end })
      continue
    }
    const { part, delta, tokens, whole } = item
    const place = { item_id: begin.id, output_index: index, ...part?.at }
    const logprobs = part?.name === 'content_part' ? { logprobs: [] } : {}
    yield event('response.output_item.added', { output_index: index, item: begin })
    if (part) yield event(`response.${part.name}.added`, { ...place, part: part.begin })
    for (const token of tokens) {
      const piece = { ...place, delta: token, ...logprobs, ...padding(token.length, context) }
      yield event(`response.${delta}.delta`, piece, true)
    }
    yield event(`response.${delta}.done`, { ...place, ...whole, ...logprobs })
    if (part) yield event(`response.${part.name}.done`, { ...place, part: part.end })
    yield event('response.output_item.done', { output_index: index, item: end })
  }
  const response = endOf(base, answer, items)
  yield event(`response.${String(response.status)}`, { response })
}

function completion(answer: WholeAnswer, context: WireContext): unknown {
  return endOf(responseOf(context), answer, itemsOf(answer, context))
}

function itemsOf(answer: WholeAnswer, context: WireContext): Item[] {
  const { reasoning, text, toolCalls, blocks } = answer
  const items: Item[] = []
  const raw = (place: AnswerBlock['before']): void => {
    for (const { before, data } of blocks) {
      if (before === place) items.push(rawItem({ ...data }, context.body))
    }
  }
  // The last one is what a limit cuts off.
  const status = reasonOf(answer) === undefined ? 'completed' : 'incomplete'
  const others = reasoning !== '' || toolCalls.length > 0 || blocks.length > 0
  const silent = text === '' && others
  raw('reasoning')
  if (reasoning !== '') items.push(reasoningItem(answer, context))
  raw('text')
  if (!silent) items.push(messageItem(answer, context, toolCalls.length > 0 ? undefined : status))
  raw('calls')
  for (const [index, call] of toolCalls.entries()) {
    items.push(callItem(call, context, index < toolCalls.length - 1 ? undefined : status))
  }
  raw('end')
  return items
}

function reasoningItem(
  { reasoning, reasoningTokens }: WholeAnswer,
  context: WireContext,
): TokenItem {
  const { include } = context.body
  const wanted = Array.isArray(include) && include.includes('reasoning.encrypted_content')
  const secret = wanted ? { encrypted_content: context.identifier('gAAAAAB', 80) } : {}
  const item = { id: context.identifier('rs_', 50), type: 'reasoning', ...secret }
  const part = { type: 'summary_text', text: reasoning }
  return {
    begin: { ...item, summary: [] },
    end: { ...item, summary: [part] },
    part: {
      name: 'reasoning_summary_part',
      at: { summary_index: 0 },
      begin: { ...part, text: '' },
      end: part,
    },
    delta: 'reasoning_summary_text',
    tokens: reasoningTokens,
    whole: { text: reasoning },
  }
}

function messageItem(
  { text, textTokens, phase }: WholeAnswer,
  context: WireContext,
  status = 'completed',
): TokenItem {
  const item = {
    id: context.identifier('msg_', 50),
    type: 'message',
    ...(phase === undefined ? {} : { phase }),
  }
  const part = { type: 'output_text', annotations: [], logprobs: [], text }
  return {
    begin: { ...item, status: 'in_progress', content: [], role: 'assistant' },
    end: { ...item, status, content: [part], role: 'assistant' },
    part: {
      name: 'content_part',
      at: { content_index: 0 },
      begin: { ...part, text: '' },
      end: part,
    },
    delta: 'output_text',
    tokens: textTokens,
    whole: { text },
  }
}

function callItem(
  { id, name, input }: WholeAnswer['toolCalls'][number],
  context: WireContext,
  status = 'completed',
): TokenItem {
  const item = { id: context.identifier('fc_', 50), type: 'function_call' }
  const call = { call_id: id ?? context.identifier('call_', 24), name }
  return {
    begin: { ...item, status: 'in_progress', arguments: '', ...call },
    end: { ...item, status, arguments: input, ...call },
    delta: 'function_call_arguments',
    tokens: fragmentsOf(input),
    whole: { arguments: input },
  }
}

/** As it is at the beginning; the real one repeats the request as well. */
function responseOf({ body, identifier, model }: WireContext): Json {
  return {
    id: identifier('resp_', 50),
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: null,
    model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: body.previous_response_id ?? null,
    prompt_cache_key: null,
    reasoning: { effort: null, summary: null, ...fields(body.reasoning) },
    safety_identifier: null,
    service_tier: 'default',
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: { format: { type: 'text' }, verbosity: 'medium' },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_logprobs: 0,
    top_p: body.top_p ?? 1,
    truncation: 'disabled',
    usage: null,
    user: null,
    metadata: {},
  }
}

function endOf(base: Json, answer: WholeAnswer, items: readonly Item[]): Json {
  const reason = reasonOf(answer)
  return {
    ...base,
    status: reason === undefined ? 'completed' : 'incomplete',
    incomplete_details: reason === undefined ? null : { reason },
    output: items.map(({ end }) => end),
    usage: usage(answer),
  }
}

/** The words for a whole answer on OpenAI's other wire, so that one answer will do for both; this one has only the status. */
const wholes = new Set(['completed', 'stop', 'tool_calls'])

/** Why the answer is not whole; undefined where it is. */
function reasonOf({ finishReason = 'completed' }: WholeAnswer): string | undefined {
  if (wholes.has(finishReason)) return undefined
  return finishReason === 'length' ? 'max_output_tokens' : finishReason
}

function usage({ usage: counted, rawUsage }: WholeAnswer): object {
  return {
    input_tokens: counted.inputTokens,
    input_tokens_details: {
      cached_tokens: counted.cachedInputTokens,
      ...(counted.cacheWriteInputTokens > 0
        ? { cache_write_tokens: counted.cacheWriteInputTokens }
        : {}),
    },
    output_tokens: counted.outputTokens,
    output_tokens_details: { reasoning_tokens: counted.reasoningTokens },
    total_tokens: counted.totalTokens,
    ...rawUsage,
  }
}

function sse(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

function complaint(body: Partial<Json>): Partial<Json> | undefined {
  if (typeof body.model !== 'string') {
    return missingParameter('model', "Missing required parameter: 'model'.")
  }
  const { input } = body
  const given = typeof input === 'string' || (Array.isArray(input) && input.length > 0)
  // What the server would hold can stand for the input.
  if (given || body.previous_response_id || body.conversation || body.prompt) return undefined
  return missingParameter(
    'input',
    'One of "input" or "previous_response_id" or \'prompt\' or \'conversation_id\' must be provided.',
  )
}
