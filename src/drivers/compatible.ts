/**
 * Any server that speaks the protocol of OpenAI's Chat Completions, without an SDK.
 *
 * @module
 */

import { httpDriver } from '../attempt/http-driver.js'
import { flag, oneOf, type Rules, text } from '../base/check-options.js'
import type { Driver } from '../base/driver.js'
import { optionError } from '../base/option-error.js'
import { compact } from '../base/read-json.js'
import { audioTypeOf } from '../wires/openai-chat/audio.js'
import type { ChatRequestOptions } from '../wires/openai-chat/options.js'
import { planChatOutput } from '../wires/openai-chat/output-format.js'
import { encodeChatRequest } from '../wires/openai-chat/request.js'
import { ChatDecoder } from '../wires/openai-chat/response.js'
import { readThinkTags, type ThinkTags } from '../wires/think-tags.js'
import { keyFrom, resolveKey } from './api-key.js'
import {
  type ApiKey,
  checkProvider,
  type ProviderOptions,
  providerRules,
  thinkTagsRule,
} from './common-options.js'
import { createPost, joinURL } from './post-json.js'
import { isLocal, type PresetName, presets } from './presets.js'
import { thinkingSwitchRule, traitsRule } from './traits.js'

/** Options of `compatible()` for a well-known server. */
export interface PresetOptions extends ProviderOptions, ChatRequestOptions {
  /**
   * The provider's name in events and errors.
   *
   * @default the name of the preset; `compatible` without one
   */
  name?: string
  /**
   * Whether reasoning inside the text, between tags such as `<think>`, becomes reasoning. `true`
   * looks at the beginning of the answer; `'opened'` is for chat templates that put the opening tag
   * into the prompt, so that only the closing one arrives.
   *
   * @default false; for well-known servers what the table of presets holds
   */
  thinkTags?: ThinkTags
}

/** Options of `compatible()` for a server at an address. */
export interface CompatibleOptions extends PresetOptions {
  /** The address up to and without `/chat/completions`, such as `http://localhost:11434/v1`. */
  baseURL: string
}

const rules: Rules<PresetOptions> = {
  ...providerRules,
  name: text,
  maxTokensField: oneOf('max_completion_tokens', 'max_tokens'),
  includeUsage: flag,
  seedField: oneOf('seed', 'random_seed'),
  outputMode: oneOf('json-schema', 'json-object', 'instructions'),
  reasoningParameter: oneOf('reasoning_effort', 'reasoning'),
  namedToolChoice: oneOf('function', 'required'),
  thinkingSwitch: thinkingSwitchRule,
  cacheControl: flag,
  traits: traitsRule,
  thinkTags: thinkTagsRule,
}

/**
 * Creates a driver for a model of any OpenAI-compatible server, by its address or, for well-known
 * ones, by its name.
 *
 * By address, no key is sent unless `apiKey` is given. By name, the key is `apiKey` or the
 * environment variable of that name, such as GROQ_API_KEY; `baseURL` can still be set, for servers
 * that are elsewhere.
 *
 * @throws TypeError for an invalid option
 * @example
 * ```ts
 * const local = compatible({ baseURL: 'http://localhost:11434/v1', model: 'llama3.2' })
 * const groq = compatible('groq', { model: 'llama-3.3-70b-versatile' })
 * ```
 */
export function compatible(options: CompatibleOptions): Driver
export function compatible(preset: PresetName, options: PresetOptions): Driver
export function compatible(first: PresetName | CompatibleOptions, second?: PresetOptions): Driver {
  if (typeof first !== 'string') return createDriver(first)
  if (!Object.hasOwn(presets, first)) {
    throw optionError('compatible.preset', first, Object.keys(presets).join(', '))
  }
  return createDriver(second as PresetOptions, first)
}

function createDriver(options: PresetOptions, presetName?: PresetName): Driver {
  const preset = presetName && presets[presetName]
  checkProvider('compatible', options, rules)
  const { model, name = presetName ?? 'compatible', apiKey } = options
  const settings = {
    maxTokensField: 'max_tokens' as const,
    ...preset,
    ...compact(options),
    traits: { ...preset?.traits, ...options.traits },
  }
  const { baseURL, thinkTags, outputMode } = settings
  if (baseURL === undefined) {
    throw optionError('compatible.baseURL', baseURL, providerRules.baseURL.allowed)
  }
  const post = createPost(name, joinURL(baseURL, 'chat/completions'), options)
  return httpDriver({
    provider: name,
    model,
    output: (schema) => planChatOutput(schema, outputMode),
    send: async (request, { signal, plan }) => {
      const key = apiKey ?? presetKey(presetName, name)
      return post({
        keyHeaders:
          key === undefined ? {} : { authorization: `Bearer ${await resolveKey(name, key)}` },
        body: encodeChatRequest(request, model, { ...settings, provider: name }, plan),
        signal,
      })
    },
    decoder: (request) =>
      readThinkTags(new ChatDecoder(name, audioTypeOf(request, name, options.body)), thinkTags),
  })
}

function presetKey(presetName: PresetName | undefined, name: string): ApiKey | undefined {
  // A server on the user's own machine needs none.
  if (presetName === undefined || isLocal(presets[presetName])) return undefined
  return keyFrom(name, `${presetName.toUpperCase()}_API_KEY`)
}
