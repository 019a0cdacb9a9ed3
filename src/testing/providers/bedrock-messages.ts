/**
 * The Anthropic messages wire as Bedrock speaks it: the model is in the path, and events come in
 * frames of AWS.
 *
 * @module
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
 */

import { toBase64 } from '../../base/base64.js'
import { anthropicMessages } from './anthropic-messages.js'
import { awsFrame } from './aws-frame.js'
import type { SimulatedWire, WireEvent } from './simulated-wire.js'

const route = /\/model\/([^/?]+)\/invoke(-with-response-stream)?$/

const pathOf = (path: string): string => path.split('?')[0] ?? ''

export const bedrockMessages: SimulatedWire<'anthropic-messages'> = {
  ...anthropicMessages,
  owns: (pathname) => route.test(pathname),
  modelOf: (path) => decodeURIComponent(route.exec(pathOf(path))?.[1] ?? ''),
  streams: (path) => pathOf(path).endsWith('-stream'),
  streamType: 'application/vnd.amazon.eventstream',
  requestIdOf: (identifier) =>
    [8, 4, 4, 4, 12].map((length) => identifier('', length).toLowerCase()).join('-'),
  headers: ({ requestId }) => ({
    'x-amzn-requestid': requestId,
    'x-amzn-bedrock-content-type': 'application/json',
  }),
  hasKey: ({ authorization = '' }) => /^(AWS4-HMAC-SHA256|Bearer) \S/i.test(authorization),
  keyStatus: 403,
  complaint,
  error: (status, _context, error) => {
    const [type, message] = errors[status] ?? (status < 500 ? invalid : failed)
    return {
      body: { message, ...error },
      headers: {
        'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
      },
    }
  },
  errorEvent: (_context, body) => ({ data: exception(body ?? unavailable), token: false }),
  *events(answer, context) {
    for (const event of anthropicMessages.events(answer, context)) yield framed(event)
  },
}

const unavailable = {
  type: 'serviceUnavailableException',
  message: 'Bedrock is unable to process your request.',
}

/** The event of a server-sent event in a frame. */
function framed({ data, token }: WireEvent): WireEvent {
  const json = String(data).split('data: ', 2)[1]?.trim() ?? ''
  const payload = { bytes: toBase64(new TextEncoder().encode(json)), p: 'abcdefghijklmnop' }
  return { data: frame('event', 'chunk', JSON.stringify(payload)), token }
}

/** @param body - the payload, and its `type`, which is a header; anything else is the payload */
function exception(body: unknown): Uint8Array {
  const fields = typeof body === 'object' && body !== null ? { ...body } : { message: body }
  const { type = unavailable.type, ...payload } = fields as { type?: unknown }
  return frame('exception', String(type), JSON.stringify(payload))
}

function frame(kind: 'event' | 'exception', type: string, payload: string): Uint8Array {
  const headers = {
    [`:${kind}-type`]: type,
    ':content-type': 'application/json',
    ':message-type': kind,
  }
  return awsFrame(headers, payload)
}

function complaint(body: Partial<Record<string, unknown>>): { message: string } | undefined {
  const missing = ['anthropic_version', 'max_tokens', 'messages'].find(
    (name) => body[name] === undefined,
  )
  const extra = ['model', 'stream'].find((name) => body[name] !== undefined)
  if (missing !== undefined) return malformed(`required key [${missing}] not found`)
  return extra === undefined ? undefined : malformed(`extraneous key [${extra}] is not permitted`)
}

function malformed(what: string): { message: string } {
  return {
    message: `Malformed input request: #: ${what}, please reformat your input and try again.`,
  }
}

type ServiceError = readonly [type: string, message: string]

const invalid: ServiceError = ['ValidationException', 'The request is not valid.']
const failed: ServiceError = ['InternalServerException', 'The system encountered an error.']

const errors: Readonly<Partial<Record<number, ServiceError>>> = {
  403: ['AccessDeniedException', "You don't have access to the model with the specified model ID."],
  404: ['ResourceNotFoundException', 'Could not resolve the foundation model.'],
  408: ['ModelTimeoutException', 'The model took too long.'],
  424: ['ModelErrorException', 'The model failed.'],
  429: ['ThrottlingException', 'Too many requests, please wait before trying again.'],
  503: ['ServiceUnavailableException', 'Bedrock is unable to process your request.'],
}
