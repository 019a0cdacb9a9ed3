/**
 * What both wires of OpenAI have in common: the headers, the key and the errors.
 *
 * @module
 */

import { fields } from './request-conversation.js'
import type { SimulatedWire, WireContext } from './simulated-wire.js'

type Common = Pick<SimulatedWire, 'requestIdOf' | 'headers' | 'hasKey' | 'error'>

export const openaiCommon: Common = {
  requestIdOf: (identifier) => `req_${identifier('', 32).toLowerCase()}`,
  headers: ({ requestId }) => ({
    'openai-organization': 'simulated',
    'openai-processing-ms': '12',
    'openai-version': '2020-10-01',
    'x-ratelimit-limit-requests': '500',
    'x-ratelimit-remaining-requests': '499',
    'x-ratelimit-reset-requests': '120ms',
    'x-request-id': requestId,
  }),
  hasKey: (headers) =>
    /^Bearer \S/i.test(headers.authorization ?? '') || Boolean(headers['api-key']),
  error: (status, { model }, error) => ({
    body: { error: { ...defaultError(status, model), ...error } },
    headers: status === 429 ? { 'retry-after': '1', 'retry-after-ms': '1000' } : {},
  }),
}

/** What is wrong with a body that lacks a parameter. */
export function missingParameter(param: string, message: string): Record<string, unknown> {
  return { message, param, code: 'missing_required_parameter' }
}

/** Made longer, so that the length of an event does not give the token away. */
export function padding(
  length: number,
  { body, identifier }: WireContext,
): { obfuscation?: string } {
  const { include_obfuscation: wanted } = fields(body.stream_options)
  return wanted === false ? {} : { obfuscation: identifier('', 10 - (length % 10)) }
}

export function defaultError(status: number, model: string): object {
  const error = (message: string, type: string, code: string | null = null): object => ({
    message,
    type,
    param: null,
    code,
  })
  const request = 'invalid_request_error'
  switch (status) {
    case 401:
      return error('Incorrect API key provided: sk-simul****ated.', request, 'invalid_api_key')
    case 403:
      return error(
        `Project \`proj_simulated\` does not have access to model \`${model}\``,
        request,
        'model_not_found',
      )
    case 404:
      return error(
        `The model \`${model}\` does not exist or you do not have access to it.`,
        request,
        'model_not_found',
      )
    case 429:
      return error(
        `Rate limit reached for ${model} in organization org-simulated on requests per min (RPM): Limit 500, Used 500, Requested 1. Please try again in 1s.`,
        'requests',
        'rate_limit_exceeded',
      )
    case 503:
      return error('The engine is currently overloaded, please try again later', 'server_error')
    default:
      return status < 500
        ? error('The request is not valid.', request)
        : error(
            'The server had an error while processing your request. Sorry about that!',
            'server_error',
          )
  }
}
