/**
 * Anthropic, by its official SDK.
 *
 * @module
 */

import { httpDriver } from '../attempt/http-driver.js'
import { flag, isInteger, oneOf, optionsOf, type Rules, rule } from '../base/check-options.js'
import type { Driver } from '../base/driver.js'
import { toWellFormed } from '../base/well-formed-json.js'
import { awsEventStream } from '../http/aws-event-stream.js'
import { planMessagesOutput } from '../wires/anthropic-messages/output-format.js'
import { encodeMessagesRequest } from '../wires/anthropic-messages/request.js'
import { MessagesDecoder } from '../wires/anthropic-messages/response.js'
import { type ClaudeTraits, describeClaude } from '../wires/models/claude.js'
import type { ClaudeModelName } from '../wires/models/claude-names.js'
import {
  checkProvider,
  type ModelName,
  type ProviderOptions,
  providerRules,
  secret,
} from './common-options.js'
import { createClient, type SdkRequest, sendBySdk } from './sdk-client.js'
import { effortsRule } from './traits.js'

/**
 * The used part of an `Anthropic` instance; the clients for Bedrock, Vertex and Foundry have it too.
 */
export interface AnthropicClient {
  messages: {
    create(body: never, options: never): SdkRequest
  }
}

/** The used part of a `BaseAnthropic` instance, which has no resources and so is smaller. */
export interface BaseAnthropicClient {
  post(path: string, options: never): SdkRequest
}

/** Options of `anthropic()`. */
export interface AnthropicOptions extends ProviderOptions {
  /** The name of the model. Any name is taken, not only those that editors complete. */
  model: ModelName<ClaudeModelName>
  /**
   * Your own SDK instance, instead of `apiKey`, `baseURL`, `fetch` and `headers`: of
   * `@anthropic-ai/sdk`, or of its siblings for Bedrock, Vertex and Foundry. Its own retries are not
   * used.
   */
  client?: AnthropicClient | BaseAnthropicClient
  /**
   * What the model takes, for a model that is not listed or described wrongly.
   *
   * @default by the version in the model's name
   */
  traits?: Partial<ClaudeTraits>
}

const tokens = rule(
  'an integer from 1, or Infinity',
  (value) => value === Infinity || isInteger(value, 1),
)

const traitsRules: Rules<ClaudeTraits> = {
  maxTokens: tokens,
  defaultMaxTokens: tokens,
  thinking: oneOf('budget', 'both', 'adaptive'),
  efforts: effortsRule,
  sampling: oneOf('both', 'one', 'none'),
  takesPrefill: flag,
  thinkingOff: oneOf('omit', 'disabled', 'between_tools', 'never'),
}

const rules: Rules<AnthropicOptions> = {
  ...providerRules,
  traits: optionsOf('an object with traits of the model', traitsRules),
  client: secret('an instance of Anthropic or BaseAnthropic, such as new Anthropic()', isClient),
}

const provider = 'anthropic'

/**
 * Creates a driver for a model of Anthropic. It needs the package `@anthropic-ai/sdk`, unless a
 * client is given.
 *
 * The key is `apiKey`, or the environment variable ANTHROPIC_API_KEY; the address is `baseURL`, or
 * ANTHROPIC_BASE_URL.
 *
 * @throws TypeError for an invalid option
 */
export function anthropic(options: AnthropicOptions): Driver {
  checkProvider(provider, options, rules)
  const { model, traits } = options
  const { takesPrefill } = describeClaude(model, traits)
  let client: AnthropicClient | BaseAnthropicClient | undefined = options.client
  return httpDriver({
    provider,
    model,
    // Bedrock sends the same events in frames of AWS. Its client turns them into server-sent
    // events; gateways and other clients do not.
    framing: awsEventStream,
    continuation: ({ reasoning }) =>
      reasoning === undefined && takesPrefill ? 'prefill' : 'request',
    output: planMessagesOutput,
    send: async (request, { signal, plan }) => {
      client ??= await createBaseClient(options)
      const sender = client
      const body = toWellFormed(
        encodeMessagesRequest(request, model, { traits, body: options.body }, plan),
      )
      return sendBySdk({
        provider,
        client,
        path: 'v1/messages',
        method: 'POST',
        body,
        signal,
        rewrites: 'awsRegion' in client || 'projectId' in client,
        first: (settings) =>
          'messages' in sender
            ? sender.messages.create(body as never, settings as never)
            : sender.post('/v1/messages', { ...settings, body, stream: true } as never),
      })
    },
    decoder: () => new MessagesDecoder(provider),
  })
}

function isClient(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { messages, post } = value as Partial<AnthropicClient & BaseAnthropicClient>
  return typeof (messages === undefined ? post : messages?.create) === 'function'
}

function createBaseClient(options: AnthropicOptions): Promise<BaseAnthropicClient> {
  const sdk = {
    provider,
    variable: 'ANTHROPIC_API_KEY',
    packageName: '@anthropic-ai/sdk',
    major: 1,
    // The base client: only its post() is needed, at less than half the size of the whole SDK.
    load: () => import('@anthropic-ai/sdk/client'),
  }
  return createClient(sdk, options, ({ BaseAnthropic }, settings) => new BaseAnthropic(settings))
}
