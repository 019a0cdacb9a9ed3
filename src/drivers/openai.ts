/**
 * OpenAI, by its official SDK: the SDK sends the request, the wire is read here.
 *
 * @module
 */

import { optionError } from '../check.js'
import { HttpSource } from '../transport/http.js'
import { defineDriver } from '../transport/pull.js'
import type { Driver } from '../types.js'
import { encodeChatRequest } from '../wires/openai-chat/request.js'
import { ChatDecoder } from '../wires/openai-chat/response.js'
import {
  checkProvider,
  environment,
  missingKey,
  missingPackage,
  type ProviderOptions,
} from './settings.js'

/** What is used of an `OpenAI` instance; `AzureOpenAI` and other subclasses have it too. */
export interface OpenAIClient {
  chat: {
    completions: {
      create(body: never, options: never): { asResponse(): Promise<Response> }
    }
  }
}

export interface OpenAIOptions extends ProviderOptions {
  /**
   * `chat` speaks the Chat Completions API.
   * @default 'chat'
   * @see https://platform.openai.com/docs/api-reference/chat/streaming
   */
  api?: 'chat'
  /** Your own SDK instance, instead of `apiKey`, `baseURL`, `fetch` and `headers`. Its own retries are not used. */
  client?: OpenAIClient
}

const provider = 'openai'

/**
 * A model of OpenAI. Needs the package `openai`, unless a client is given.
 *
 * The key is `apiKey`, or the environment variable OPENAI_API_KEY; the address is `baseURL`, or OPENAI_BASE_URL.
 *
 * @throws TypeError for a bad option
 */
export function openai(options: OpenAIOptions): Driver {
  checkProvider(provider, options, ['api', 'client'])
  const { model, api, client: given } = options
  if (api !== undefined && api !== 'chat') throw optionError('openai.api', api, '"chat"')
  if (given !== undefined && typeof given?.chat?.completions?.create !== 'function') {
    throw new TypeError(
      'Option "openai.client" has to be an instance of OpenAI, such as new OpenAI() or new AzureOpenAI().',
    )
  }
  let client: OpenAIClient | undefined = given
  return defineDriver(provider, model, (request, context) => {
    const send = async (signal: AbortSignal): Promise<Response> => {
      client ??= await createClient(options)
      const body = encodeChatRequest(request, model)
      // The SDK's own retries would multiply with ours, unseen.
      const requestOptions = { signal, maxRetries: 0 }
      return client.chat.completions.create(body as never, requestOptions as never).asResponse()
    }
    return new HttpSource(provider, send, new ChatDecoder(provider), context)
  })
}

async function createClient(options: OpenAIOptions): Promise<OpenAIClient> {
  const { apiKey = environment('OPENAI_API_KEY'), baseURL, fetch, headers } = options
  if (apiKey === undefined) throw missingKey(provider, 'OPENAI_API_KEY')
  const { OpenAI } = await import('openai').catch((error: unknown) => {
    throw missingPackage('openai', error)
  })
  return new OpenAI({
    apiKey: typeof apiKey === 'function' ? async () => apiKey() : apiKey,
    ...(baseURL === undefined ? {} : { baseURL }),
    ...(fetch === undefined ? {} : { fetch }),
    ...(headers === undefined ? {} : { defaultHeaders: headers }),
  })
}
