/**
 * Google's Gemini, without an SDK.
 *
 * @module
 */

import { defineDriver } from '../attempt/define-driver.js'
import type { Driver } from '../base/driver.js'
import { outputSchema } from '../base/json-schema.js'
import { statusError } from '../http/request-error.js'
import { HttpSource } from '../http/source.js'
import { planGeminiOutput } from '../wires/gemini/output-format.js'
import { encodeGeminiRequest } from '../wires/gemini/request.js'
import { GeminiDecoder } from '../wires/gemini/response.js'
import {
  checkProvider,
  environment,
  missingKey,
  type ProviderOptions,
  resolveKey,
} from './common-options.js'

/** What `gemini()` takes. */
export interface GeminiOptions extends ProviderOptions {
  /**
   * The address up to and without `/models`.
   * @default 'https://generativelanguage.googleapis.com/v1beta'
   */
  baseURL?: string
}

const provider = 'gemini'
const defaultBaseURL = 'https://generativelanguage.googleapis.com/v1beta'

/**
 * A model of Google's Gemini API. Needs no SDK.
 *
 * The key is `apiKey`, or the environment variable GEMINI_API_KEY. It is not needed where `headers` hold an `authorization`, as
 * for Vertex AI.
 *
 * @throws TypeError for a bad option
 * @example
 * ```ts
 * const driver = gemini({ model: 'gemini-2.5-flash' })
 * ```
 */
export function gemini(options: GeminiOptions): Driver {
  checkProvider(provider, options, [])
  const { model, baseURL = defaultBaseURL, fetch: given } = options
  const url = `${baseURL.replace(/\/+$/, '')}/${pathOf(model)}:streamGenerateContent?alt=sse`
  return defineDriver({
    provider,
    model,
    plan: (output, { tools }) => planGeminiOutput(outputSchema(output), tools, model),
    open: (request, context, output) => {
      const send = async (signal: AbortSignal): Promise<Response> => {
        const headers = await headersOf(options)
        // Looked up at each request, so that a global fetch which is replaced later is the one that is used.
        const response = await (given ?? globalThis.fetch)(url, {
          method: 'POST',
          headers,
          body: JSON.stringify(encodeGeminiRequest(request, model, output)),
          signal,
        })
        if (!response.ok) throw await statusError(response, provider)
        return response
      }
      return new HttpSource(provider, send, new GeminiDecoder(provider), context)
    },
  })
}

/** A name with a slash says where it belongs itself: `models/gemini-2.5-flash`, `tunedModels/mine`. */
function pathOf(model: string): string {
  const path = model.includes('/') ? model : `models/${model}`
  return path.split('/').map(encodeURIComponent).join('/')
}

async function headersOf({ apiKey, headers }: GeminiOptions): Promise<Headers> {
  const result = new Headers({ 'content-type': 'application/json', accept: 'text/event-stream' })
  for (const [name, value] of Object.entries(headers ?? {})) result.set(name, value)
  if (result.has('x-goog-api-key')) return result
  const known = apiKey ?? (result.has('authorization') ? undefined : environment('GEMINI_API_KEY'))
  if (known !== undefined) result.set('x-goog-api-key', await resolveKey(known))
  else if (!result.has('authorization')) throw missingKey(provider, 'GEMINI_API_KEY')
  return result
}
