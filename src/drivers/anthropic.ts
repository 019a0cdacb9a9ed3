/**
 * Anthropic, by its official SDK: the SDK sends the request, the wire is read here.
 *
 * @module
 */

import { defineDriver } from '../attempt/define-driver.js'
import type { Driver } from '../base/driver.js'
import { outputSchema } from '../base/json-schema.js'
import { missingPackage } from '../base/missing-package.js'
import { HttpSource } from '../http/source.js'
import { planMessagesOutput } from '../wires/anthropic-messages/output-format.js'
import { encodeMessagesRequest } from '../wires/anthropic-messages/request.js'
import { MessagesDecoder } from '../wires/anthropic-messages/response.js'
import { describeClaude } from '../wires/models/claude.js'
import {
  checkProvider,
  construct,
  environment,
  missingKey,
  type ProviderOptions,
  sdkOptions,
} from './common-options.js'

/** What is used of an `Anthropic` instance; the clients for Vertex, Foundry and others have it too. */
export interface AnthropicClient {
  messages: {
    create(body: never, options: never): { asResponse(): Promise<Response> }
  }
}

/** What is used of a `BaseAnthropic` instance, which has no resources of its own and so is smaller. */
export interface BaseAnthropicClient {
  post(path: string, options: never): { asResponse(): Promise<Response> }
}

/** What `anthropic()` takes. */
export interface AnthropicOptions extends ProviderOptions {
  /** Your own SDK instance, instead of `apiKey`, `baseURL`, `fetch` and `headers`. Its own retries are not used. */
  client?: AnthropicClient | BaseAnthropicClient
}

const provider = 'anthropic'

/**
 * A model of Anthropic. Needs the package `@anthropic-ai/sdk`, unless a client is given.
 *
 * The key is `apiKey`, or the environment variable ANTHROPIC_API_KEY; the address is `baseURL`, or ANTHROPIC_BASE_URL.
 *
 * @throws TypeError for a bad option
 */
export function anthropic(options: AnthropicOptions): Driver {
  checkProvider(provider, options, ['client'])
  const { model, client: given } = options
  if (given !== undefined && !isClient(given)) {
    throw new TypeError(
      'Option "anthropic.client" has to be an instance of Anthropic or BaseAnthropic, such as new Anthropic().',
    )
  }
  const { takesPrefill } = describeClaude(model)
  let client: AnthropicClient | BaseAnthropicClient | undefined = given
  return defineDriver({
    provider,
    model,
    continuation: ({ reasoning }) =>
      reasoning === undefined && takesPrefill ? 'prefill' : 'request',
    plan: (output) => planMessagesOutput(outputSchema(output)),
    open: (request, context, output) => {
      const send = async (signal: AbortSignal): Promise<Response> => {
        client ??= await createClient(options)
        const body = encodeMessagesRequest(request, model, output)
        // The SDK's own retries would multiply with ours, unseen.
        const requestOptions = { signal, maxRetries: 0 }
        if ('messages' in client) {
          return client.messages.create(body as never, requestOptions as never).asResponse()
        }
        const post = { ...requestOptions, body, stream: true }
        return client.post('/v1/messages', post as never).asResponse()
      }
      return new HttpSource(provider, send, new MessagesDecoder(provider), context)
    },
  })
}

function isClient(client: AnthropicClient | BaseAnthropicClient): boolean {
  if (typeof client !== 'object' || client === null) return false
  if ('messages' in client) return typeof client.messages?.create === 'function'
  return typeof client.post === 'function'
}

async function createClient(options: AnthropicOptions): Promise<BaseAnthropicClient> {
  const { apiKey = environment('ANTHROPIC_API_KEY') } = options
  if (apiKey === undefined) throw missingKey(provider, 'ANTHROPIC_API_KEY')
  // The base client: all that is needed is its post(), at less than half the size of the whole SDK.
  const { BaseAnthropic } = await import('@anthropic-ai/sdk/client').catch((error: unknown) => {
    throw missingPackage('@anthropic-ai/sdk', 1, error)
  })
  return construct(provider, () => new BaseAnthropic(sdkOptions(options, apiKey)))
}
