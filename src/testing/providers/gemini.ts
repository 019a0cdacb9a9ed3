/**
 * The Gemini wire, from the provider's side.
 *
 * @module
 */

import { type AnswerBlock, objectOf, type WholeAnswer } from './answer.js'
import type { SimulatedWire, WireContext, WireEvent } from './simulated-wire.js'

export const gemini: SimulatedWire<'gemini'> = {
  name: 'gemini',
  owns: (pathname) => /\/[^/]+:(generate|streamGenerate)Content$/.test(pathname),
  modelOf,
  streams: (path) => isStream(path) && /[?&]alt=sse(&|$)/.test(path),
  // Its responses are named in their bodies only.
  requestIdOf: (identifier) => identifier('', 23),
  headers: () => ({
    'server-timing': 'gfet4t7; dur=12',
    vary: 'Origin, X-Origin, Referer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'SAMEORIGIN',
    'x-xss-protection': '0',
  }),
  hasKey: (headers, path) =>
    Boolean(headers['x-goog-api-key']) ||
    /^Bearer \S/i.test(headers.authorization ?? '') ||
    /[?&]key=[^&]/.test(path),
  keyStatus: 403,
  complaint: ({ contents }) =>
    Array.isArray(contents) && contents.length > 0
      ? undefined
      : { message: '* GenerateContentRequest.contents: contents is not specified\n' },
  error: (status, { model }, error) => ({
    body: { error: { ...defaultError(status, model), ...error, code: status } },
    headers: {},
  }),
  errorEvent: ({ model }, body) => event(body ?? { error: defaultError(503, model) }, false),
  events,
  completion,
}

function modelOf(path: string): string {
  const name = /([^/]+):\w+(?:\?.*)?$/.exec(path)?.[1] ?? ''
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

function isStream(path: string): boolean {
  return path.split('?')[0]?.endsWith(':streamGenerateContent') === true
}

interface Part {
  part: object
  thoughts: number
  /** Tokens of the answer itself. */
  candidates: number
}

/** The last part comes with the finish reason. */
function* events(answer: WholeAnswer, context: WireContext): Generator<WireEvent, void, void> {
  let thoughts = 0
  let candidates = 0
  let held: Part | undefined
  for (const next of partsOf(answer, context)) {
    if (held) yield chunk(held)
    thoughts += next.thoughts
    candidates += next.candidates
    held = { part: next.part, thoughts, candidates }
  }
  const finishReason = finishReasonOf(answer)
  const content = { parts: [held?.part ?? { text: '' }], role: 'model' }
  const last = { content, finishReason, index: 0, ...safetyOf(context, finishReason) }
  yield event({ candidates: [last], ...tail(context, endUsage(answer)) }, true)

  function chunk({ part, ...counted }: Part): WireEvent {
    const candidate = { content: { parts: [part], role: 'model' }, index: 0 }
    const usage = usageMetadata(answer, counted)
    return event({ candidates: [candidate], ...tail(context, usage) }, true)
  }
}

/** Each piece of the answer. What was thought is signed: with the first call, or behind the text. */
function* partsOf(answer: WholeAnswer, context: WireContext): Generator<Part, void, void> {
  const { reasoningTokens, textTokens, toolCalls } = answer
  yield* uncounted(blocksOf(answer, 'reasoning'))
  for (const token of reasoningTokens) {
    yield { part: { text: token, thought: true }, thoughts: 1, candidates: 0 }
  }
  yield* uncounted(blocksOf(answer, 'text'))
  for (const text of textTokens) yield { part: { text }, thoughts: 0, candidates: 1 }
  yield* uncounted(blocksOf(answer, 'calls'))
  for (const part of callsOf(answer, context)) yield { part, thoughts: 0, candidates: 1 }
  yield* uncounted(blocksOf(answer, 'end'))
  if (reasoningTokens.length === 0 || toolCalls.length > 0) return
  yield* uncounted([{ text: '', thoughtSignature: signature(context) }])
}

function blocksOf({ blocks }: WholeAnswer, place: AnswerBlock['before']): object[] {
  return blocks.filter(({ before }) => before === place).map(({ data }) => data)
}

function* uncounted(parts: readonly object[]): Generator<Part, void, void> {
  for (const part of parts) yield { part, thoughts: 0, candidates: 0 }
}

function callsOf({ toolCalls, reasoning }: WholeAnswer, context: WireContext): object[] {
  return toolCalls.map(({ id, name, input }, index) => ({
    functionCall: {
      name,
      args: objectOf(input),
      id: id ?? context.identifier('', 8).toLowerCase(),
    },
    ...(index === 0 && reasoning !== '' ? { thoughtSignature: signature(context) } : {}),
  }))
}

/** A stream that is not asked for as SSE is a list. */
function completion(answer: WholeAnswer, context: WireContext): unknown {
  const calls = callsOf(answer, context)
  const parts = blocksOf(answer, 'reasoning')
  if (answer.reasoning !== '') parts.push({ text: answer.reasoning, thought: true })
  parts.push(...blocksOf(answer, 'text'))
  if (answer.text !== '' || calls.length === 0) parts.push({ text: answer.text })
  parts.push(...blocksOf(answer, 'calls'), ...calls, ...blocksOf(answer, 'end'))
  const content = { parts, role: 'model' }
  const finishReason = finishReasonOf(answer)
  const response = {
    candidates: [{ content, finishReason, index: 0, ...safetyOf(context, finishReason) }],
    ...tail(context, endUsage(answer)),
  }
  return isStream(context.path) ? [response] : response
}

/** OpenAI's words, so that one answer will do for all wires. */
const finishReasons = new Map([
  ['stop', 'STOP'],
  ['tool_calls', 'STOP'],
  ['length', 'MAX_TOKENS'],
  ['content_filter', 'SAFETY'],
])

function finishReasonOf({ finishReason = 'STOP' }: WholeAnswer): string {
  return finishReasons.get(finishReason) ?? finishReason
}

/** A request that sets its safety settings receives a rating for each of them. */
function safetyOf({ body }: WireContext, finishReason: string): object {
  const { safetySettings } = body
  if (!Array.isArray(safetySettings) || safetySettings.length === 0) return {}
  const isBlocked = finishReason === 'SAFETY'
  const safetyRatings = safetySettings.map((setting: { category?: unknown } | null, index) => ({
    category: setting?.category ?? 'HARM_CATEGORY_UNSPECIFIED',
    probability: isBlocked && index === 0 ? 'HIGH' : 'NEGLIGIBLE',
    ...(isBlocked && index === 0 ? { blocked: true } : {}),
  }))
  return { safetyRatings }
}

function tail({ model, requestId }: WireContext, usage: object): object {
  return { usageMetadata: usage, modelVersion: model, responseId: requestId }
}

/** Here the tokens of the answer leave out those of the thoughts. */
function endUsage(answer: WholeAnswer): object {
  const { outputTokens, reasoningTokens, totalTokens } = answer.usage
  const counted = { thoughts: reasoningTokens, candidates: outputTokens - reasoningTokens }
  const counts = { ...usageMetadata(answer, counted), totalTokenCount: totalTokens }
  return { ...counts, ...answer.rawUsage }
}

function usageMetadata(
  { usage }: WholeAnswer,
  { thoughts, candidates }: Omit<Part, 'part'>,
): object {
  const { inputTokens, cachedInputTokens } = usage
  return {
    promptTokenCount: inputTokens,
    ...(candidates > 0 ? { candidatesTokenCount: candidates } : {}),
    totalTokenCount: inputTokens + candidates + thoughts,
    ...(cachedInputTokens > 0 ? { cachedContentTokenCount: cachedInputTokens } : {}),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: inputTokens }],
    ...(thoughts > 0 ? { thoughtsTokenCount: thoughts } : {}),
  }
}

function signature(context: WireContext): string {
  return `${context.identifier('CiQB', 60)}==`
}

function event(data: unknown, token: boolean): WireEvent {
  return { data: `data: ${JSON.stringify(data)}\r\n\r\n`, token }
}

function defaultError(code: number, model: string): object {
  const error = (status: string, message: string, details?: object[]): object => ({
    code,
    message,
    status,
    ...(details ? { details } : {}),
  })
  switch (code) {
    case 401:
      return error(
        'UNAUTHENTICATED',
        'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
      )
    case 403:
      return error(
        'PERMISSION_DENIED',
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
      )
    case 404:
      return error(
        'NOT_FOUND',
        `models/${model} is not found for API version v1beta, or is not supported for generateContent.`,
      )
    case 429:
      return error(
        'RESOURCE_EXHAUSTED',
        'You exceeded your current quota, please check your plan and billing details.\nPlease retry in 1s.',
        [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1s' }],
      )
    case 503:
      return error('UNAVAILABLE', 'The model is overloaded. Please try again later.')
    case 504:
      return error('DEADLINE_EXCEEDED', 'The request timed out. Please try again.')
    default:
      return code < 500
        ? error('INVALID_ARGUMENT', 'Request contains an invalid argument.')
        : error('INTERNAL', 'An internal error has occurred. Please retry or report.')
  }
}
