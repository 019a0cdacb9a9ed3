/**
 * OpenAI, by its official SDK.
 *
 * @module
 */

import { httpDriver } from '../attempt/http-driver.js'
import { oneOf, type Rules } from '../base/check-options.js'
import type { Driver } from '../base/driver.js'
import { failureOf } from '../base/errors.js'
import { compact } from '../base/read-json.js'
import type { StreamRequest } from '../base/request.js'
import type { JsonSchema } from '../base/schema.js'
import { toWellFormed } from '../base/well-formed-json.js'
import type { BackgroundResponses } from '../http/background.js'
import type { WireDecoder } from '../http/wire-decoder.js'
import type { OpenAIModelName } from '../wires/models/openai-names.js'
import type { ModelTraits } from '../wires/models/traits.js'
import { audioTypeOf } from '../wires/openai-chat/audio.js'
import { planChatOutput } from '../wires/openai-chat/output-format.js'
import { encodeChatRequest } from '../wires/openai-chat/request.js'
import { ChatDecoder } from '../wires/openai-chat/response.js'
import { planResponsesOutput } from '../wires/openai-responses/output-format.js'
import { encodeResponsesRequest } from '../wires/openai-responses/request.js'
import { ResponsesDecoder } from '../wires/openai-responses/response.js'
import type { OutputPlan } from '../wires/output-plan.js'
import type { WireSettings } from '../wires/provider-options.js'
import { readThinkTags, type ThinkTags } from '../wires/think-tags.js'
import {
  checkProvider,
  type ModelName,
  type ProviderOptions,
  providerRules,
  secret,
  thinkTagsRule,
} from './common-options.js'
import { createClient, requestOptions, type SdkRequest, sendBySdk } from './sdk-client.js'
import { traitsRule } from './traits.js'

interface Resource {
  create(body: never, options: never): SdkRequest
}

interface ResponsesResource extends Resource {
  // An older SDK has neither.
  retrieve?(id: string, query: never, options: never): SdkRequest
  cancel?(id: string, options: never): PromiseLike<unknown>
}

/** The used part of an `OpenAI` instance; `AzureOpenAI` and other subclasses have it too. */
export interface OpenAIClient {
  chat: { completions: Resource }
  /** Needed for `api: 'responses'`. */
  responses?: ResponsesResource
}

/** Options of `openai()`. */
export interface OpenAIOptions extends ProviderOptions {
  /** The name of the model. Any name is taken, not only those that editors complete. */
  model: ModelName<OpenAIModelName>
  /**
   * The API: Chat Completions or Responses.
   *
   * @default 'chat'
   * @see https://platform.openai.com/docs/api-reference/chat/streaming
   * @see https://platform.openai.com/docs/api-reference/responses-streaming
   */
  api?: 'chat' | 'responses'
  /**
   * Your own SDK instance, instead of `apiKey`, `baseURL`, `fetch` and `headers`. Its own retries
   * are not used.
   */
  client?: OpenAIClient
  /**
   * For other servers at `baseURL` or behind `client`: whether reasoning inside the text, between
   * tags such as `<think>`, becomes reasoning. `true` looks at the beginning of the answer;
   * `'opened'` is for chat templates that put the opening tag into the prompt.
   *
   * @default false
   */
  thinkTags?: ThinkTags
  /**
   * What the model takes, for a model that is not listed or described wrongly, such as a deployment
   * whose name says nothing.
   *
   * @default by the model's name
   */
  traits?: ModelTraits
}

const rules: Rules<OpenAIOptions> = {
  ...providerRules,
  api: oneOf('chat', 'responses'),
  client: secret(
    'an instance of OpenAI, such as new OpenAI() or new AzureOpenAI()',
    (value) => typeof value === 'object' && value !== null,
  ),
  thinkTags: thinkTagsRule,
  traits: traitsRule,
}

const provider = 'openai'

/**
 * Creates a driver for a model of OpenAI. It needs the package `openai`, unless a client is given.
 *
 * The key is `apiKey`, or the environment variable OPENAI_API_KEY; the address is `baseURL`, or
 * OPENAI_BASE_URL.
 *
 * With `api: 'responses'` and `body: { background: true }` OpenAI completes the response
 * whether or not the connection holds: a retry resumes it after the last event that was read, and a
 * stream that is cancelled cancels the response.
 *
 * @throws TypeError for an invalid option
 */
export function openai(options: OpenAIOptions): Driver {
  checkProvider(provider, options, rules)
  const { model, api = 'chat', client: given, thinkTags, traits } = options
  const { path, encode, plan, resourceOf, createDecoder } = apis[api]
  if (given !== undefined && typeof resourceOf(given)?.create !== 'function') {
    throw new TypeError(
      `Option "openai.client" must be an instance of OpenAI that has the API "${api}", such as new OpenAI() or new AzureOpenAI().`,
    )
  }
  let client: OpenAIClient | undefined = given
  const canResume = given === undefined || typeof given.responses?.retrieve === 'function'
  const connect = async (): Promise<OpenAIClient> => (client ??= await createOpenAI(options))
  const background = backgroundOf(connect)
  return httpDriver({
    provider,
    model,
    output: plan,
    send: async (request, { signal, plan: output }) => {
      const sdk = await connect()
      const resource = resourceOf(sdk) as Resource
      const body = toWellFormed(encode(request, model, { traits, body: options.body }, output))
      return sendBySdk({
        provider,
        client: sdk,
        path,
        method: 'POST',
        body,
        signal,
        first: (settings) => resource.create(body as never, settings as never),
      })
    },
    decoder: (request) => readThinkTags(createDecoder(request, options.body), thinkTags),
    ...(canResume ? { background } : {}),
  })
}

interface Api {
  path: string
  encode(
    request: StreamRequest,
    model: string,
    settings: WireSettings<ModelTraits>,
    output: OutputPlan | undefined,
  ): object
  plan(schema: JsonSchema): OutputPlan
  resourceOf(client: OpenAIClient): Resource | undefined
  createDecoder(request: StreamRequest, body: OpenAIOptions['body']): WireDecoder
}

const apis: Record<'chat' | 'responses', Api> = {
  chat: {
    path: 'chat/completions',
    encode: (request, model, settings, output) =>
      encodeChatRequest(request, model, compact(settings), output),
    // Its second parameter is not the request.
    plan: (schema) => planChatOutput(schema),
    resourceOf: (client) => client?.chat?.completions,
    createDecoder: (request, body) =>
      new ChatDecoder(provider, audioTypeOf(request, provider, body)),
  },
  responses: {
    path: 'responses',
    encode: encodeResponsesRequest,
    plan: planResponsesOutput,
    resourceOf: (client) => client?.responses,
    createDecoder: () => new ResponsesDecoder(provider),
  },
}

/**
 * Resumes and cancels responses of `background: true`. Only the decoder of the Responses API has
 * positions.
 *
 * @see https://developers.openai.com/api/docs/guides/background
 */
function backgroundOf(connect: () => Promise<OpenAIClient>): BackgroundResponses {
  return {
    resume: async ({ id, after }, { signal }) => {
      const client = await connect()
      const { retrieve } = client.responses as Required<ResponsesResource>
      const query = { stream: true, ...(after === undefined ? {} : { starting_after: after }) }
      return sendBySdk({
        provider,
        client,
        path: `responses/${checkId(id)}`,
        method: 'GET',
        signal,
        first: (settings) => retrieve.call(client.responses, id, query as never, settings as never),
      })
    },
    cancel: async ({ id }) => {
      const { responses } = await connect()
      await responses?.cancel?.(checkId(id), requestOptions() as never)
    },
  }
}

/** The server chooses the id, which must not lead to another path of the API. */
function checkId(id: string): string {
  if (/^[\w~-][\w.:~-]*$/.test(id)) return id
  throw failureOf(provider, 'protocol', 'the id of the response is invalid.')
}

function createOpenAI(options: OpenAIOptions): Promise<OpenAIClient> {
  const sdk = {
    provider,
    variable: 'OPENAI_API_KEY',
    packageName: 'openai',
    major: 7,
    load: () => import('openai'),
  }
  return createClient(sdk, options, ({ OpenAI }, settings) => new OpenAI(settings))
}
