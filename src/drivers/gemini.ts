/**
 * Google's Gemini, without an SDK.
 *
 * @module
 */

import { httpDriver } from '../attempt/http-driver.js'
import { integer, oneOf, optionsOf, type Rules } from '../base/check-options.js'
import type { Driver } from '../base/driver.js'
import { planGeminiOutput } from '../wires/gemini/output-format.js'
import { encodeGeminiRequest } from '../wires/gemini/request.js'
import { GeminiDecoder } from '../wires/gemini/response.js'
import type { GeminiTraits } from '../wires/models/gemini.js'
import type { GeminiModelName } from '../wires/models/gemini-names.js'
import { keyFrom, resolveKey } from './api-key.js'
import {
  type ApiKey,
  checkProvider,
  type ModelName,
  type ProviderOptions,
  providerRules,
} from './common-options.js'
import { createPost, joinURL, resolveHeaders, sendableHeaders } from './post-json.js'
import { effortsRule } from './traits.js'

/** Options of `gemini()`. */
export interface GeminiOptions extends ProviderOptions {
  /** The name of the model. Any name is taken, not only those that editors complete. */
  model: ModelName<GeminiModelName>
  /**
   * The address up to and without `/models`. On Vertex AI it ends with `/publishers/google`.
   *
   * @default 'https://generativelanguage.googleapis.com/v1beta'
   */
  baseURL?: string
  /**
   * What the model takes, for a model that is not listed or described wrongly.
   *
   * @default by the generation in the model's name
   */
  traits?: Partial<GeminiTraits>
}

const traitsRules: Rules<GeminiTraits> = {
  thinking: oneOf('level', 'budget', 'none'),
  levels: effortsRule,
  minBudget: integer,
}

const rules: Rules<GeminiOptions> = {
  ...providerRules,
  traits: optionsOf('an object with traits of the model', traitsRules),
}

const provider = 'gemini'
const defaultBaseURL = 'https://generativelanguage.googleapis.com/v1beta'

/**
 * Creates a driver for a model of Google's Gemini API. It needs no SDK.
 *
 * The key is `apiKey`, or the environment variable GEMINI_API_KEY. It is not needed if `headers`
 * hold an `authorization`, as for Vertex AI.
 *
 * @throws TypeError for an invalid option
 * @example
 * ```ts
 * const driver = gemini({ model: 'gemini-2.5-flash' })
 *
 * const place = 'https://us-central1-aiplatform.googleapis.com/v1/projects/mine/locations/us-central1'
 * const onVertex = gemini({
 *   model: 'gemini-2.5-pro',
 *   baseURL: `${place}/publishers/google`,
 *   headers: async () => ({ authorization: `Bearer ${await googleAuth.getAccessToken()}` }),
 * })
 * ```
 */
export function gemini(options: GeminiOptions): Driver {
  checkProvider(provider, options, rules)
  const { model, baseURL = defaultBaseURL, traits } = options
  const url = joinURL(baseURL, `${pathOf(model)}:streamGenerateContent?alt=sse`)
  const post = createPost(provider, url, options)
  const vertex = isVertex(baseURL)
  return httpDriver({
    provider,
    model,
    output: (schema, request) => planGeminiOutput(schema, request, model, { body: options.body }),
    send: async (request, { signal, plan }) => {
      const headers = await resolveHeaders(options.headers)
      const keyHeaders = await keyHeadersOf(options.apiKey, headers)
      return post({
        keyHeaders,
        headers,
        body: encodeGeminiRequest(request, model, { traits, body: options.body, vertex }, plan),
        signal,
      })
    },
    decoder: () => new GeminiDecoder(provider),
  })
}

/** By its host, or behind a proxy by its path. */
function isVertex(baseURL: string): boolean {
  return /aiplatform|\/projects\/[^/]+\/locations\//.test(baseURL)
}

/**
 * The path of a model. A name with a slash is one already: `models/gemini-2.5-flash`,
 * `tunedModels/mine`.
 */
function pathOf(model: string): string {
  const path = model.includes('/') ? model : `models/${model}`
  return path.split('/').map(segmentOf).join('/')
}

/**
 * A name may come from a client, so it must not leave the base path. URLs resolve `.` and `..`, and
 * `%2e` too; encoded twice, they stay a name.
 */
function segmentOf(name: string): string {
  return /^\.{1,2}$/.test(name) ? name.replaceAll('.', '%252E') : encodeURIComponent(name)
}

async function keyHeadersOf(
  apiKey: ApiKey | undefined,
  headers: Record<string, string> | undefined,
): Promise<Record<string, string>> {
  const given = sendableHeaders(provider, headers)
  if (given.has('x-goog-api-key')) return {}
  if (apiKey === undefined && given.has('authorization')) return {}
  const key = await resolveKey(provider, apiKey ?? keyFrom(provider, 'GEMINI_API_KEY'))
  return { 'x-goog-api-key': key }
}
