/**
 * Any server that speaks the OpenAI Chat Completions wire, without an SDK.
 *
 * @module
 */

import { optionError } from '../check.js'
import { HttpSource } from '../transport/http.js'
import { defineDriver } from '../transport/pull.js'
import { statusError } from '../transport/request-error.js'
import type { Driver } from '../types.js'
import { encodeChatRequest } from '../wires/openai-chat/request.js'
import { ChatDecoder } from '../wires/openai-chat/response.js'
import { type Preset, type PresetName, presets } from './presets.js'
import {
  checkProvider,
  environment,
  missingKey,
  type ProviderOptions,
  resolveKey,
} from './settings.js'

export interface PresetOptions extends ProviderOptions {
  /**
   * The provider's name in events and errors.
   * @default the preset's name, `compatible` without one
   */
  name?: string
}

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
  if (typeof first !== 'string') return createDriver(first, 'compatible', undefined)
  if (!Object.hasOwn(presets, first)) {
    throw optionError('compatible.preset', first, Object.keys(presets).join(', '))
  }
  return createDriver(second as PresetOptions, first, presets[first])
}

function createDriver(
  options: PresetOptions,
  defaultName: string,
  preset: Preset | undefined,
): Driver {
  checkProvider('compatible', options, ['name'])
  const { model, name = defaultName, apiKey, fetch: given, headers } = options
  const baseURL = options.baseURL ?? preset?.baseURL
  if (baseURL === undefined) throw optionError('compatible.baseURL', baseURL, 'an absolute URL')
  if (typeof name !== 'string' || name === '') {
    throw optionError('compatible.name', name, 'a string that is not empty')
  }
  const url = `${baseURL.replace(/\/+$/, '')}/chat/completions`
  const requestOptions = { maxTokensField: 'max_tokens', ...preset?.request } as const
  return defineDriver(name, model, (request, context) => {
    const send = async (signal: AbortSignal): Promise<Response> => {
      const requestHeaders = new Headers({
        'content-type': 'application/json',
        accept: 'text/event-stream',
      })
      const key = apiKey ?? keyOf(preset, name)
      if (key !== undefined) requestHeaders.set('authorization', `Bearer ${await resolveKey(key)}`)
      for (const [header, value] of Object.entries(headers ?? {})) requestHeaders.set(header, value)
      // Looked up at each request, so that a global fetch which is replaced later is the one that is used.
      const response = await (given ?? globalThis.fetch)(url, {
        method: 'POST',
        headers: requestHeaders,
        body: JSON.stringify(encodeChatRequest(request, model, requestOptions)),
        signal,
      })
      if (!response.ok) throw await statusError(response, name)
      return response
    }
    return new HttpSource(name, send, new ChatDecoder(name), context)
  })
}

function keyOf(preset: Preset | undefined, name: string): string | undefined {
  if (preset?.keyVariable === undefined) return undefined
  const key = environment(preset.keyVariable)
  if (key === undefined) throw missingKey(name, preset.keyVariable)
  return key
}
