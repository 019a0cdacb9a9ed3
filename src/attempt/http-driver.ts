/**
 * Drivers over HTTP, made of a request and a decoder. All drivers of this package are made here.
 *
 * @module
 */

import {
  checkOptions,
  func,
  oneOf,
  optionsOf,
  type Rules,
  required,
  text,
} from '../base/check-options.js'
import type { Driver } from '../base/driver.js'
import { outputSchema } from '../base/json-schema.js'
import type { StreamRequest } from '../base/request.js'
import type { JsonSchema } from '../base/schema.js'
import type { BackgroundResponses } from '../http/background.js'
import { type BodyFraming, type Framing, framingOf } from '../http/framing.js'
import { driverError } from '../http/request-error.js'
import { HttpSource } from '../http/source.js'
import type { WireDecoder } from '../http/wire-decoder.js'
import { PromisedSource } from '../pull/promised-source.js'
import { defineDriver } from './define-driver.js'
import type { OutputReading } from './structured-output/output-reading.js'

/** Options of `httpDriver()`. */
export interface HttpDriverOptions<Plan extends OutputReading = OutputReading> {
  /** The provider's name in events and errors. */
  provider: string
  model: string
  /**
   * How the body is divided into the frames that the decoder reads: server-sent events, lines of
   * JSON, or the value `awsEventStream`. With that value a response of any other content type is
   * read as server-sent events, because Bedrock and gateways send both.
   *
   * @default 'sse'
   */
  framing?: Framing
  /**
   * Sends the request of one attempt and resolves with its response. It MUST pass `signal` on to
   * `fetch`.
   *
   * A status other than 2xx fails the attempt with the code that fits the status and the body, and
   * so does whatever is thrown: a failed connection is `network`, the error of an SDK has the code
   * of its status, a StreamError stays as it is.
   */
  send(request: StreamRequest, context: SendContext<Plan>): Promise<Response>
  /** Returns a new decoder for the response of one attempt. */
  decoder(request: StreamRequest): WireDecoder
  /**
   * How the model continues an answer that broke off, for `retry.afterContent: 'continue'`.
   *
   * @default () => 'request'
   */
  continuation?: Required<Driver>['continuation']
  /**
   * Plans how structured output is requested; `send` receives the plan. `schema` is a JSON Schema,
   * whatever the caller's schema is. Without this option `send` may read `request.output` itself,
   * and the JSON may stand in a fence or after other text.
   */
  output?(schema: JsonSchema, request: StreamRequest): Plan
  /** For responses that the provider completes without a connection: how a lost one is resumed. */
  background?: BackgroundResponses
}

/** The circumstances of one attempt. */
export interface SendContext<Plan extends OutputReading = OutputReading> {
  /** Aborts when the attempt ends early. */
  signal: AbortSignal
  /**
   * What `output` returned; undefined if the request has no structured output, or the driver no
   * plans.
   */
  plan: Plan | undefined
}

const backgroundRules: Rules<BackgroundResponses> = { resume: required(func), cancel: func }

const rules: Rules<HttpDriverOptions> = {
  provider: required(text),
  model: required(text),
  framing: {
    ...oneOf('sse', 'ndjson'),
    allowed: '"sse", "ndjson" or awsEventStream',
    isAllowed: (value) => framingOf(value) !== undefined,
  },
  send: required(func),
  decoder: required(func),
  continuation: func,
  output: func,
  background: optionsOf('an object', backgroundRules),
}

/**
 * Creates a driver from a request and a decoder for its response. Errors of connections and
 * statuses, timeouts, aborts, cut bodies and structured output are handled for it.
 *
 * @throws TypeError for an invalid option
 * @example
 * ```ts
 * const driver = httpDriver({
 *   provider: 'mine',
 *   model: 'm1',
 *   framing: 'ndjson',
 *   send: ({ prompt }, { signal }) => {
 *     const body = JSON.stringify({ prompt })
 *     return fetch('https://models.example/ask', { method: 'POST', body, signal })
 *   },
 *   decoder: () => {
 *     let completion: Completion | undefined
 *     return {
 *       decode(line, _event, out) {
 *         const { text, done } = JSON.parse(line)
 *         if (text) out.push({ type: 'content', kind: 'text', index: 0, text })
 *         if (done) completion = { finishReason: 'stop', usage: {} }
 *       },
 *       finished: () => completion,
 *     }
 *   },
 * })
 * ```
 */
export function httpDriver<Plan extends OutputReading = OutputReading>(
  options: HttpDriverOptions<Plan>,
): Driver {
  checkOptions('httpDriver', options, rules)
  const {
    provider,
    model,
    framing = 'sse',
    send,
    decoder,
    continuation,
    output,
    background,
  } = options
  return defineDriver<Plan>({
    provider,
    model,
    ...(continuation === undefined ? {} : { continuation }),
    plan: output && ((schema, request) => output(outputSchema(schema), request)),
    open: (request, context, plan) => {
      try {
        const { response, onResponse } = context
        const isOwn = response?.provider === provider && response.model === model
        const resumed = isOwn && background !== undefined ? response : undefined
        const exchange = {
          provider,
          framing: framingOf(framing) as BodyFraming,
          send: async (signal: AbortSignal) =>
            resumed === undefined
              ? send(request, { signal, plan })
              : (background as BackgroundResponses).resume({ id: resumed.id }, { signal }),
          decoder: decoder(request),
          background,
          resumes: resumed !== undefined,
          onId: onResponse && ((id: string) => onResponse({ id, provider, model })),
        }
        return new HttpSource(exchange, context)
      } catch (error) {
        return new PromisedSource(() => Promise.reject(driverError(error, provider)))
      }
    },
  })
}
