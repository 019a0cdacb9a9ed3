/**
 * Well-known servers that speak the protocol of OpenAI's Chat Completions, as data: their
 * addresses, and their differences. The key of each is in the environment variable of its name,
 * such as GROQ_API_KEY.
 *
 * @module
 */

import type { ChatRequestOptions } from '../wires/openai-chat/request.js'

export interface Preset {
  baseURL: string
  /** The server runs on the user's own machine and needs no key. */
  local?: true
  request?: ChatRequestOptions
  /** Some of its models put their reasoning into the text. */
  thinkTags?: true
}

/** The names of well-known servers. */
export type PresetName =
  | 'cerebras'
  | 'deepseek'
  | 'fireworks'
  | 'groq'
  | 'llamacpp'
  | 'lmstudio'
  | 'mistral'
  | 'ollama'
  | 'openrouter'
  | 'perplexity'
  | 'together'
  | 'vllm'
  | 'xai'

export const presets: Readonly<Record<PresetName, Preset>> = {
  cerebras: {
    baseURL: 'https://api.cerebras.ai/v1',
    request: { maxTokensField: 'max_completion_tokens' },
    thinkTags: true,
  },
  deepseek: {
    baseURL: 'https://api.deepseek.com/v1',
    // It enforces JSON, but takes no schema.
    request: { outputMode: 'json-object' },
  },
  fireworks: {
    baseURL: 'https://api.fireworks.ai/inference/v1',
    thinkTags: true,
  },
  groq: {
    baseURL: 'https://api.groq.com/openai/v1',
    // It refuses `response_format` with streaming.
    request: { maxTokensField: 'max_completion_tokens', outputMode: 'instructions' },
    thinkTags: true,
  },
  llamacpp: { baseURL: 'http://localhost:8080/v1', local: true, thinkTags: true },
  lmstudio: { baseURL: 'http://localhost:1234/v1', local: true, thinkTags: true },
  mistral: {
    baseURL: 'https://api.mistral.ai/v1',
    // It refuses unknown fields, and always sends the usage.
    request: { includeUsage: false, seedField: 'random_seed' },
  },
  ollama: { baseURL: 'http://localhost:11434/v1', local: true, thinkTags: true },
  openrouter: {
    baseURL: 'https://openrouter.ai/api/v1',
    request: { reasoningField: 'reasoning_details', reasoningObject: true },
  },
  perplexity: {
    baseURL: 'https://api.perplexity.ai',
    thinkTags: true,
  },
  together: {
    baseURL: 'https://api.together.xyz/v1',
    thinkTags: true,
  },
  vllm: { baseURL: 'http://localhost:8000/v1', local: true, thinkTags: true },
  xai: { baseURL: 'https://api.x.ai/v1' },
}
