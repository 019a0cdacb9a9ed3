/**
 * Whole answers, and errors, as OpenAI's Chat Completions have them.
 */

import type { CompleteEvent, FinishReason, Usage } from 'sluice'

/** A `chat.completion`. What is streamed is written by `openaiChat()`. */
export function toCompletion(event: CompleteEvent): object {
  const { message, model, usage, finishReason } = event
  const parts = typeof message.content === 'string' ? [] : message.content
  const reasoning = parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join('')
  const calls = parts.filter((part) => part.type === 'tool-call')
  const tool_calls = calls.map(({ id, name, input }) => ({
    id,
    type: 'function',
    function: { name, arguments: typeof input === 'string' ? input : JSON.stringify(input) },
  }))
  const answer = {
    role: 'assistant',
    content: event.text === '' && calls.length > 0 ? null : event.text,
    refusal: null,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls }),
  }
  return {
    id: `chatcmpl-${crypto.randomUUID()}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [
      { index: 0, message: answer, logprobs: null, finish_reason: finishReasons[finishReason] },
    ],
    ...toUsage(usage),
  }
}

function toUsage(usage: Usage): object {
  const { inputTokens, outputTokens, totalTokens, cachedInputTokens, reasoningTokens } = usage
  // What the provider did not say is not said to be zero.
  if (inputTokens === undefined || outputTokens === undefined) return {}
  return {
    usage: {
      prompt_tokens: inputTokens,
      completion_tokens: outputTokens,
      total_tokens: totalTokens ?? inputTokens + outputTokens,
      prompt_tokens_details: { cached_tokens: cachedInputTokens },
      completion_tokens_details: { reasoning_tokens: reasoningTokens },
    },
  }
}

const finishReasons: Record<FinishReason, string> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  pause: 'stop',
  other: 'stop',
}

/** A request that goes to no provider. */
export function refuse(
  status: number,
  message: string,
  { param = null, code = null }: { param?: string | null; code?: string | null } = {},
): Response {
  const error = { message, type: 'invalid_request_error', param, code }
  return Response.json({ error }, { status })
}
