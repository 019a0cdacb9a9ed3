/** Models of every wire that a history can be sent to. */

import type { StreamRequest } from '../../../src/base/request.js'
import { encodeMessagesRequest } from '../../../src/wires/anthropic-messages/request.js'
import { encodeGeminiRequest } from '../../../src/wires/gemini/request.js'
import type { ChatRequestOptions } from '../../../src/wires/openai-chat/options.js'
import { encodeChatRequest } from '../../../src/wires/openai-chat/request.js'
import { encodeResponsesRequest } from '../../../src/wires/openai-responses/request.js'
import type { WireName } from '../../../src/wires/wire-name.js'

type Json = Record<string, unknown>

export interface Target {
  wire: WireName
  model: string
  provider: string
  /** Undefined if the name of the model does not say it. */
  maker: string | undefined
  encode(request: StreamRequest): Json
}

type Named = readonly [model: string, maker: string | undefined]

function chat(
  [model, maker]: Named,
  provider = 'openai',
  options: ChatRequestOptions = {},
): Target {
  const encode = (request: StreamRequest): Json =>
    encodeChatRequest(request, model, { provider, ...options })
  return { wire: 'openai-chat', model, provider, maker, encode }
}

function responses([model, maker]: Named): Target {
  const encode = (request: StreamRequest): Json => encodeResponsesRequest(request, model)
  return { wire: 'openai-responses', model, provider: 'openai', maker, encode }
}

function anthropic([model, maker]: Named): Target {
  const encode = (request: StreamRequest): Json => encodeMessagesRequest(request, model)
  return { wire: 'anthropic-messages', model, provider: 'anthropic', maker, encode }
}

function gemini(model: string, vertex = false): Target {
  const encode = (request: StreamRequest): Json => encodeGeminiRequest(request, model, { vertex })
  return { wire: 'gemini', model, provider: 'gemini', maker: 'google', encode }
}

const deployment: Named = ['mine', undefined]

/** Models that the SDKs' types describe. */
export const describedTargets: readonly Target[] = [
  chat(['gpt-5.6', 'openai']),
  chat(['gpt-4o', 'openai']),
  chat(['o3', 'openai']),
  responses(['gpt-5.6', 'openai']),
  responses(['gpt-5', 'openai']),
  responses(['gpt-4.1', 'openai']),
  anthropic(['claude-opus-5', 'anthropic']),
  anthropic(['claude-sonnet-4-5', 'anthropic']),
  anthropic(['claude-3-5-haiku-latest', 'anthropic']),
]

export const targets: readonly Target[] = [
  ...describedTargets,
  chat(['grok-4', 'xai'], 'xai'),
  chat(['mistral-large-latest', 'mistral'], 'mistral', { maxTokensField: 'max_tokens' }),
  chat(['deepseek-reasoner', 'deepseek'], 'deepseek'),
  chat(['anthropic/claude-sonnet-4.5', 'anthropic'], 'openrouter', {
    cacheControl: true,
    traits: { reasoningField: 'reasoning_details' },
  }),
  chat(['gemini-3-pro', 'google'], 'google'),
  chat(deployment, 'groq'),
  responses(['grok-4', 'xai']),
  responses(deployment),
  anthropic(['MiniMax-M2', 'minimax']),
  anthropic(['glm-5', 'zai']),
  anthropic(deployment),
  gemini('gemini-3-pro'),
  gemini('gemini-3-pro', true),
  gemini('gemini-2.5-pro'),
]
