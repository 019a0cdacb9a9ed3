/**
 * OpenAI, by its official SDK: the SDK sends the request, the wire is read here.
 *
 * @module
 */

import { defineDriver } from '../attempt/define-driver.js'
import { optionError } from '../base/check-options.js'
import type { Driver } from '../base/driver.js'
import { outputSchema } from '../base/json-schema.js'
import { missingPackage } from '../base/missing-package.js'
import type { StreamRequest } from '../base/request.js'
import type { OutputSchema } from '../base/schema.js'
import { HttpSource, type LastingResponse } from '../http/source.js'
import type { WireDecoder } from '../http/wire-decoder.js'
import { planChatOutput } from '../wires/openai-chat/output-format.js'
import { encodeChatRequest } from '../wires/openai-chat/request.js'
import { ChatDecoder } from '../wires/openai-chat/response.js'
import { planResponsesOutput } from '../wires/openai-responses/output-format.js'
import { encodeResponsesRequest } from '../wires/openai-responses/request.js'
import { ResponsesDecoder } from '../wires/openai-responses/response.js'
import type { OutputPlan } from '../wires/output-plan.js'
import { readThinkTags, type ThinkTags } from '../wires/think-tags.js'
import { type BackgroundResource, backgroundResponse } from './background-response.js'
import {
  checkProvider,
  checkThinkTags,
  construct,
  environment,
  missingKey,
  type ProviderOptions,
  sdkOptions,
} from './common-options.js'

interface Resource {
  create(body: never, options: never): { asResponse(): Promise<Response> }
}

/** What is used of an `OpenAI` instance; `AzureOpenAI` and other subclasses have it too. */
export interface OpenAIClient {
  chat: { completions: Resource }
  /** Needed for `api: 'responses'`. */
  responses?: Resource & BackgroundResource
}

/** What `openai()` takes. */
export interface OpenAIOptions extends ProviderOptions {
  /**
   * `chat` speaks the Chat Completions API, `responses` the Responses API.
   * @default 'chat'
   * @see https://platform.openai.com/docs/api-reference/chat/streaming
   * @see https://platform.openai.com/docs/api-reference/responses-streaming
   */
  api?: 'chat' | 'responses'
  /** Your own SDK instance, instead of `apiKey`, `baseURL`, `fetch` and `headers`. Its own retries are not used. */
  client?: OpenAIClient
  /**
   * For other servers at `baseURL` or behind `client`: whether reasoning that stands in the text, between tags such as `<think>`,
   * becomes reasoning. `true` looks at the beginning of the answer; `'opened'` is for chat templates that put the opening tag into
   * the prompt.
   * @default false
   */
  thinkTags?: ThinkTags
}

const provider = 'openai'

/**
 * A model of OpenAI. Needs the package `openai`, unless a client is given.
 *
 * The key is `apiKey`, or the environment variable OPENAI_API_KEY; the address is `baseURL`, or OPENAI_BASE_URL.
 *
 * With `api: 'responses'` and `providerOptions: { background: true }` the response is made whether or not the connection holds: a
 * retry picks it up after the last event that was read, and a stream that is cancelled ends it at OpenAI.
 *
 * @throws TypeError for a bad option
 */
export function openai(options: OpenAIOptions): Driver {
  checkProvider(provider, options, ['api', 'client', 'thinkTags'])
  const { model, api = 'chat', client: given, thinkTags } = options
  checkThinkTags(provider, thinkTags)
  if (!Object.hasOwn(apis, api)) throw optionError('openai.api', api, '"chat" or "responses"')
  const { encode, plan, resourceOf, createReading } = apis[api]
  if (given !== undefined && typeof resourceOf(given)?.create !== 'function') {
    throw new TypeError(
      `Option "openai.client" has to be an instance of OpenAI that has the API "${api}", such as new OpenAI() or new AzureOpenAI().`,
    )
  }
  let client: OpenAIClient | undefined = given
  return defineDriver({
    provider,
    model,
    plan,
    open: (request, context, output) => {
      const send = async (signal: AbortSignal): Promise<Response> => {
        client ??= await createClient(options)
        const body = encode(request, model, output)
        // The SDK's own retries would multiply with ours, unseen.
        const requestOptions = { signal, maxRetries: 0 }
        const resource = resourceOf(client) as Resource
        return resource.create(body as never, requestOptions as never).asResponse()
      }
      const { decoder, lasting } = createReading(() => client)
      const reading = readThinkTags(decoder, thinkTags)
      return new HttpSource(provider, send, reading, context, lasting)
    },
  })
}

interface Api {
  encode(request: StreamRequest, model: string, output: OutputPlan | undefined): object
  plan(output: OutputSchema): OutputPlan
  resourceOf(client: OpenAIClient): Resource | undefined
  createReading(client: () => OpenAIClient | undefined): {
    decoder: WireDecoder
    lasting?: LastingResponse
  }
}

const apis: Record<'chat' | 'responses', Api> = {
  chat: {
    encode: (request, model, output) => encodeChatRequest(request, model, {}, output),
    plan: (output) => planChatOutput(outputSchema(output)),
    resourceOf: (client) => client?.chat?.completions,
    createReading: () => ({ decoder: new ChatDecoder(provider) }),
  },
  responses: {
    encode: encodeResponsesRequest,
    plan: (output) => planResponsesOutput(outputSchema(output)),
    resourceOf: (client) => client?.responses,
    createReading: (client) => {
      const decoder = new ResponsesDecoder(provider)
      const lasting = backgroundResponse(provider, decoder, () => client()?.responses)
      return { decoder, lasting }
    },
  },
}

async function createClient(options: OpenAIOptions): Promise<OpenAIClient> {
  const { apiKey = environment('OPENAI_API_KEY') } = options
  if (apiKey === undefined) throw missingKey(provider, 'OPENAI_API_KEY')
  const { OpenAI } = await import('openai').catch((error: unknown) => {
    throw missingPackage('openai', 7, error)
  })
  return construct(provider, () => new OpenAI(sdkOptions(options, apiKey)))
}
