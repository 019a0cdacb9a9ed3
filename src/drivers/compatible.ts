/**
 * Any server that speaks the OpenAI Chat Completions wire, without an SDK.
 *
 * @module
 */

import { defineDriver } from '../attempt/define-driver.js'
import { optionError } from '../base/check-options.js'
import type { Driver } from '../base/driver.js'
import { outputSchema } from '../base/json-schema.js'
import { statusError } from '../http/request-error.js'
import { HttpSource } from '../http/source.js'
import { planChatOutput } from '../wires/openai-chat/output-format.js'
import { type ChatRequestOptions, encodeChatRequest } from '../wires/openai-chat/request.js'
import { ChatDecoder } from '../wires/openai-chat/response.js'
import type { OutputMode } from '../wires/output-plan.js'
import { readThinkTags, type ThinkTags } from '../wires/think-tags.js'
import {
  checkProvider,
  checkThinkTags,
  environment,
  missingKey,
  type ProviderOptions,
  resolveKey,
} from './common-options.js'
import { type PresetName, presets } from './presets.js'

/** What `compatible()` takes for a well-known server. */
export interface PresetOptions extends ProviderOptions {
  /**
   * The provider's name in events and errors.
   * @default the preset's name, `compatible` without one
   */
  name?: string
  /**
   * How a schema for the output is asked for. `json-schema` (`response_format`) holds the model to it; `json-object` has the server
   * see to JSON, with the schema in the instructions; `instructions` needs nothing of the server. Take one of the latter where a
   * server, or a model on it, refuses `response_format` or answers with other text than JSON.
   * @default 'json-schema'; for well-known servers what the README lists
   */
  outputMode?: OutputMode
  /**
   * Whether reasoning that stands in the text, between tags such as `<think>`, becomes reasoning. `true` looks at the beginning of
   * the answer; `'opened'` is for chat templates that put the opening tag into the prompt, so that only the closing one comes.
   * @default false; for well-known servers what the README lists
   */
  thinkTags?: ThinkTags
}

/** What `compatible()` takes for a server at an address. */
export interface CompatibleOptions extends PresetOptions {
  /** The address up to and without `/chat/completions`, such as `http://localhost:11434/v1`. */
  baseURL: string
}

/**
 * A model of any OpenAI-compatible server, by its address or, for well-known ones, by its name.
 *
 * By address, no key is sent unless `apiKey` is given. By name, the key is `apiKey` or the environment variable that the README
 * lists; `baseURL` can still be set, for servers that are elsewhere.
 *
 * @throws TypeError for a bad option
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

const outputModes: readonly OutputMode[] = ['json-schema', 'json-object', 'instructions']

function createDriver(options: PresetOptions, presetName?: PresetName): Driver {
  const preset = presetName && presets[presetName]
  checkProvider('compatible', options, ['name', 'outputMode', 'thinkTags'])
  const {
    model,
    name = presetName ?? 'compatible',
    apiKey,
    fetch: given,
    headers,
    outputMode,
  } = options
  const baseURL = options.baseURL ?? preset?.baseURL
  if (baseURL === undefined) throw optionError('compatible.baseURL', baseURL, 'an absolute URL')
  if (typeof name !== 'string' || name === '') {
    throw optionError('compatible.name', name, 'a string that is not empty')
  }
  if (outputMode !== undefined && !outputModes.includes(outputMode)) {
    throw optionError('compatible.outputMode', outputMode, outputModes.join(', '))
  }
  const { thinkTags = preset?.thinkTags } = options
  checkThinkTags('compatible', thinkTags)
  const url = `${baseURL.replace(/\/+$/, '')}/chat/completions`
  const requestOptions: ChatRequestOptions = {
    maxTokensField: 'max_tokens',
    ...preset?.request,
    ...(outputMode === undefined ? {} : { outputMode }),
  }
  return defineDriver({
    provider: name,
    model,
    plan: (output) => planChatOutput(outputSchema(output), requestOptions.outputMode),
    open: (request, context, output) => {
      const send = async (signal: AbortSignal): Promise<Response> => {
        const requestHeaders = new Headers({
          'content-type': 'application/json',
          accept: 'text/event-stream',
        })
        const key = apiKey ?? keyOf(presetName, name)
        if (key !== undefined) {
          requestHeaders.set('authorization', `Bearer ${await resolveKey(key)}`)
        }
        for (const [header, value] of Object.entries(headers ?? {})) {
          requestHeaders.set(header, value)
        }
        // Looked up at each request, so that a global fetch which is replaced later is the one that is used.
        const response = await (given ?? globalThis.fetch)(url, {
          method: 'POST',
          headers: requestHeaders,
          body: JSON.stringify(encodeChatRequest(request, model, requestOptions, output)),
          signal,
        })
        if (!response.ok) throw await statusError(response, name)
        return response
      }
      return new HttpSource(name, send, readThinkTags(new ChatDecoder(name), thinkTags), context)
    },
  })
}

function keyOf(presetName: PresetName | undefined, name: string): string | undefined {
  if (presetName === undefined || presets[presetName].local) return undefined
  const variable = `${presetName.toUpperCase()}_API_KEY`
  const key = environment(variable)
  if (key === undefined) throw missingKey(name, variable)
  return key
}
