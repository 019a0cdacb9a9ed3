/**
 * Well-known servers that speak OpenAI's chat protocol, as data: the address of each, and the
 * options of `compatible()` that it needs. The key of each is in the environment variable of its
 * name, such as GROQ_API_KEY.
 *
 * As of 2026-11-30. Sources of what is not in a server's own API reference:
 * - groq: https://console.groq.com/docs/structured-outputs: no streaming with `response_format`
 * - no thinking: https://inference-docs.cerebras.ai/capabilities/reasoning,
 *   https://docs.fireworks.ai/guides/reasoning, https://console.groq.com/docs/reasoning,
 *   https://github.com/ggml-org/llama.cpp/pull/26045,
 *   https://docs.ollama.com/api/openai-compatibility,
 *   https://docs.together.ai/docs/inference/chat/reasoning,
 *   https://qwen.readthedocs.io/en/latest/deployment/vllm.html
 * - openrouter: marks for the cache: https://openrouter.ai/docs/guides/best-practices/prompt-caching
 *   and https://openrouter.ai/docs/client-sdks/typescript/models/anthropiccachecontroldirective.md
 * - llamacpp: https://github.com/ggml-org/llama.cpp/issues/26535
 * - lmstudio: https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/670
 * - mistral: https://github.com/anomalyco/opencode/issues/1680
 *
 * @module
 */

import type { ChatRequestOptions } from '../wires/openai-chat/options.js'
import type { ThinkTags } from '../wires/think-tags.js'

/** Options of `compatible()`. */
export interface Preset extends ChatRequestOptions {
  baseURL: string
  /** Some of its models put their reasoning into the text. */
  thinkTags?: ThinkTags
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
    maxTokensField: 'max_completion_tokens',
    thinkingSwitch: 'reasoning_effort',
    thinkTags: true,
  },
  deepseek: {
    baseURL: 'https://api.deepseek.com/v1',
    // It enforces JSON, but takes no schema.
    outputMode: 'json-object',
  },
  fireworks: {
    baseURL: 'https://api.fireworks.ai/inference/v1',
    thinkingSwitch: 'reasoning_effort',
    thinkTags: true,
  },
  groq: {
    baseURL: 'https://api.groq.com/openai/v1',
    maxTokensField: 'max_completion_tokens',
    outputMode: 'instructions',
    thinkingSwitch: 'reasoning_effort',
    thinkTags: true,
  },
  llamacpp: {
    baseURL: 'http://localhost:8080/v1',
    namedToolChoice: 'required',
    thinkingSwitch: 'chat_template_kwargs',
    thinkTags: true,
  },
  lmstudio: {
    baseURL: 'http://localhost:1234/v1',
    namedToolChoice: 'required',
    thinkTags: true,
  },
  mistral: {
    baseURL: 'https://api.mistral.ai/v1',
    // It refuses unknown fields, and always sends the usage.
    includeUsage: false,
    seedField: 'random_seed',
    traits: { toolCallIds: 'nine-alphanumeric', assistantAfterTools: true },
  },
  ollama: {
    baseURL: 'http://localhost:11434/v1',
    thinkingSwitch: 'reasoning_effort',
    thinkTags: true,
  },
  openrouter: {
    baseURL: 'https://openrouter.ai/api/v1',
    reasoningParameter: 'reasoning',
    cacheControl: true,
    traits: { reasoningField: 'reasoning_details' },
  },
  perplexity: {
    baseURL: 'https://api.perplexity.ai',
    thinkTags: true,
  },
  together: {
    baseURL: 'https://api.together.xyz/v1',
    thinkingSwitch: 'reasoning',
    thinkTags: true,
  },
  vllm: {
    baseURL: 'http://localhost:8000/v1',
    thinkingSwitch: 'chat_template_kwargs',
    thinkTags: true,
  },
  xai: { baseURL: 'https://api.x.ai/v1' },
}

/** Whether the server runs on the user's own machine. */
export function isLocal({ baseURL }: Preset): boolean {
  return baseURL.startsWith('http://localhost:')
}
