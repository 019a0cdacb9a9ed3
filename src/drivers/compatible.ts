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
import { checkProvider, type ProviderOptions, resolveKey } from './settings.js'

export interface CompatibleOptions extends ProviderOptions {
  /** The address up to and without `/chat/completions`, such as `http://localhost:11434/v1`. */
  baseURL: string
  /**
   * The provider's name in events and errors.
   * @default 'compatible'
   */
  name?: string
}

/**
 * A model of any OpenAI-compatible server. Without an `apiKey`, none is sent.
 *
 * @throws TypeError for a bad option
 * @example
 * ```ts
 * const driver = compatible({ baseURL: 'http://localhost:11434/v1', model: 'llama3.2' })
 * ```
 */
export function compatible(options: CompatibleOptions): Driver {
  checkProvider('compatible', options, ['name'])
  const { baseURL, model, name = 'compatible', apiKey, fetch: given, headers } = options
  if (baseURL === undefined) throw optionError('compatible.baseURL', baseURL, 'an absolute URL')
  if (typeof name !== 'string' || name === '') {
    throw optionError('compatible.name', name, 'a string that is not empty')
  }
  const url = `${baseURL.replace(/\/+$/, '')}/chat/completions`
  return defineDriver(name, model, (request, context) => {
    const send = async (signal: AbortSignal): Promise<Response> => {
      const requestHeaders = new Headers({
        'content-type': 'application/json',
        accept: 'text/event-stream',
      })
      if (apiKey !== undefined) {
        requestHeaders.set('authorization', `Bearer ${await resolveKey(apiKey)}`)
      }
      for (const [key, value] of Object.entries(headers ?? {})) requestHeaders.set(key, value)
      // Looked up at each request, so that a global fetch which is replaced later is the one that is used.
      const response = await (given ?? globalThis.fetch)(url, {
        method: 'POST',
        headers: requestHeaders,
        body: JSON.stringify(encodeChatRequest(request, model, { maxTokensField: 'max_tokens' })),
        signal,
      })
      if (!response.ok) throw await statusError(response, name)
      return response
    }
    return new HttpSource(name, send, new ChatDecoder(name), context)
  })
}
