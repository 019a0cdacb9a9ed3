/**
 * Faults of a response: there is none, or it is not a stream.
 *
 * @module
 */

import type { Fault, Told } from './fault.js'
import { answerTo, type Wire } from './wires.js'

const noBody =
  'the failure is the response itself, or there is none, so no content can have come before'

export const refused: Fault = {
  name: 'a refused connection',
  places: ['before content'],
  why: noBody,
  refused: true,
  play: () => () => {
    throw new Error('A refused request arrived.')
  },
  told: { code: 'network', retryable: true },
}

export const resets: readonly Fault[] = [
  {
    name: 'a reset instead of a response',
    places: ['before content'],
    why: noBody,
    play: () => (exchange) => exchange.reset(),
    told: { code: 'network', retryable: true },
  },
  {
    name: 'a reset inside the headers',
    places: ['before content'],
    why: noBody,
    play: () => async (exchange) => {
      await exchange.write('HTTP/1.1 200 OK\r\ncontent-type: text/even')
      exchange.reset()
    },
    told: { code: 'network', retryable: true },
  },
]

function status(
  name: string,
  sent: number | ((wire: Wire) => number),
  told: Told,
  headers: () => Record<string, string> = () => ({}),
): Fault {
  const of = (wire: Wire): number => (typeof sent === 'number' ? sent : sent(wire))
  return {
    name,
    places: ['before content'],
    why: noBody,
    play: (wire) => (exchange) => {
      const { failure } = answerTo(exchange)
      const json = { 'content-type': 'application/json' }
      exchange.whole(of(wire), failure(of(wire)), { ...json, ...headers() })
    },
    told: (wire) => ({ ...told, status: of(wire) }),
  }
}

const inTwoSeconds = { from: 2, to: 2_000 }

export const statuses: readonly Fault[] = [
  status(
    '429 with retry-after in seconds',
    429,
    { code: 'rate-limit', retryable: true, retryAfterMs: 1_000, delayMs: 1_000 },
    () => ({ 'retry-after': '1' }),
  ),
  status(
    '429 with retry-after-ms',
    429,
    { code: 'rate-limit', retryable: true, retryAfterMs: 30, delayMs: 30 },
    () => ({ 'retry-after-ms': '30', 'retry-after': '7' }),
  ),
  status(
    '429 with retry-after as a date',
    429,
    { code: 'rate-limit', retryable: true, retryAfterMs: inTwoSeconds, delayMs: inTwoSeconds },
    () => ({ 'retry-after': new Date(Date.now() + 2_000).toUTCString() }),
  ),
  status(
    '429 with a retry-after above maxRetryAfterMs',
    429,
    { code: 'rate-limit', retryable: true, retryAfterMs: 3_600_000, failsFast: true },
    () => ({ 'retry-after': '3600' }),
  ),
  status('500', 500, { code: 'server', retryable: true }),
  status('503, or 529 of Anthropic', (wire) => wire.busyStatus, {
    code: 'overloaded',
    retryable: true,
  }),
  status('500 with x-should-retry: false', 500, { code: 'server', retryable: false }, () => ({
    'x-should-retry': 'false',
  })),
  status(
    '400 with x-should-retry: true',
    400,
    { code: 'invalid-request', retryable: true },
    () => ({ 'x-should-retry': 'true' }),
  ),
  status('400', 400, { code: 'invalid-request', retryable: false }),
  status('401', 401, { code: 'auth', retryable: false }),
]

const noStream = 'the body holds no events, so it holds no content either'

export const foreignBodies: readonly Fault[] = [
  {
    name: '200 with a page of HTML',
    places: ['before content'],
    why: noStream,
    play: () => (exchange) =>
      exchange.whole(200, '<!doctype html><html><title>Welcome</title></html>', {
        'content-type': 'text/html',
      }),
    told: { code: 'protocol', retryable: false, status: 200 },
  },
  {
    name: '200 with an error as JSON',
    places: ['before content'],
    why: noStream,
    play: () => (exchange) =>
      exchange.whole(200, answerTo(exchange).failure(500), { 'content-type': 'application/json' }),
    // Only Gemini repeats the status in the body.
    told: ({ name }) => ({
      code: 'server',
      retryable: true,
      ...(name === 'gemini' ? { status: 500 } : {}),
    }),
  },
  {
    name: '200 without a body',
    places: ['before content'],
    why: noStream,
    play: () => (exchange) => exchange.whole(200, '', { 'content-type': 'text/event-stream' }),
    told: { code: 'interrupted', retryable: true },
  },
]
