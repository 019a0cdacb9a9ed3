/**
 * A response of OpenAI's Responses API with `background: true`: it is made at the provider whether or not anybody reads it.
 *
 * @module
 * @see https://developers.openai.com/api/docs/guides/background
 */

import { StreamError } from '../base/errors.js'
import { requestError } from '../http/request-error.js'
import type { LastingResponse, Send } from '../http/source.js'
import type { ResponsesDecoder } from '../wires/openai-responses/response.js'

/** What is used of `client.responses`; an older SDK has neither. */
export interface BackgroundResource {
  retrieve?(id: string, query: never, options: never): { asResponse(): Promise<Response> }
  cancel?(id: string, options: never): PromiseLike<unknown>
}

/** @param resource - looked up when it is needed, because the SDK is loaded by the first request */
export function backgroundResponse(
  provider: string,
  decoder: ResponsesDecoder,
  resource: () => BackgroundResource | undefined,
): LastingResponse {
  return {
    resume: () => {
      const position = decoder.position()
      const responses = resource()
      if (position === undefined || typeof responses?.retrieve !== 'function') return undefined
      const query = { stream: true, starting_after: position.after }
      const send: Send = (signal) =>
        (responses as Required<BackgroundResource>)
          .retrieve(position.id, query as never, { signal, maxRetries: 0 } as never)
          .asResponse()
      return (signal) =>
        send(signal).catch((error: unknown) => Promise.reject(lost(error, provider)))
    },
    cancel: () => {
      const position = decoder.position()
      const responses = resource()
      if (position === undefined || typeof responses?.cancel !== 'function') return
      // Nobody waits for it; should it fail, the response ends by itself.
      responses.cancel(position.id, { maxRetries: 0 } as never).then(ignore, ignore)
    },
  }
}

/** A response that is gone at the provider has to be asked for anew; anything else may pass. */
function lost(thrown: unknown, provider: string): StreamError {
  const error = requestError(thrown, provider)
  if (error.retryable) return error
  const message = `${provider}: the response that was lost cannot be picked up again: ${error.message}`
  const { status, requestId } = error
  return new StreamError('interrupted', message, { provider, status, requestId, cause: error })
}

function ignore(): void {}
