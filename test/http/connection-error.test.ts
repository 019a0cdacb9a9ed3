import { expect, test } from 'vitest'
import { isConnectionError } from '../../src/http/connection-error.js'
import { driverError, requestError } from '../../src/http/request-error.js'
import { closedPort } from '../support/closed-port.js'

function failure(message: string, fields: object = {}, cause?: unknown): Error {
  return Object.assign(new TypeError(message, { cause }), fields)
}

const withCode = (code: string, message = 'It failed.'): Error =>
  Object.assign(new Error(message), { code })

const named = (name: string): Error => Object.assign(new Error('It failed.'), { name })

/** Seen in Node 24.21, Deno 2.9 and Bun 1.4, and in the sources of the others. */
const connections: [string, unknown][] = [
  ['Node, refused', failure('fetch failed', {}, withCode('ECONNREFUSED'))],
  ['Node, reset', failure('terminated', {}, withCode('UND_ERR_SOCKET', 'other side closed'))],
  ['Node, timeout', failure('fetch failed', {}, withCode('UND_ERR_HEADERS_TIMEOUT'))],
  ['Node, certificate', failure('fetch failed', {}, withCode('CERT_HAS_EXPIRED'))],
  ['node:http, reset', withCode('ECONNRESET', 'socket hang up')],
  ['node:http, unknown host', withCode('ENOTFOUND', 'getaddrinfo ENOTFOUND host.test')],
  ['undici', withCode('UND_ERR_CONNECT_TIMEOUT')],
  ['node-fetch', failure('Premature close', { code: 'ERR_STREAM_PREMATURE_CLOSE' })],
  [
    'Deno, refused',
    failure('fetch failed', {}, new Error('error sending request for url (http://host.test/)')),
  ],
  ['Deno 2.0, refused', failure('error sending request for url (http://host.test/)')],
  ['Deno, cut', failure('error reading a body from connection')],
  ['Deno, body', failure('request or response body error')],
  ['Deno, socket', named('ConnectionReset')],
  [
    'Bun, refused',
    failure('ECONNREFUSED: Unable to connect. Is the computer able to access the url?', {
      code: 'ECONNREFUSED',
    }),
  ],
  ['Bun 1.1, refused', withCode('ConnectionRefused', 'Unable to connect.')],
  [
    'Bun, cut',
    failure('ECONNRESET: The socket connection was closed unexpectedly.', { code: 'ECONNRESET' }),
  ],
  ['Bun, timeout', new DOMException('The operation timed out.', 'TimeoutError')],
  ['Chrome', failure('Failed to fetch')],
  ['Chrome, with the host', failure('Failed to fetch (host.test)')],
  ['Chrome, cut', failure('network error')],
  ['Firefox', failure('NetworkError when attempting to fetch resource.')],
  ['Firefox, cut', failure('Error in input stream')],
  ['Safari', failure('Load failed')],
  ['Safari, cut', failure('The network connection was lost.')],
  ['Safari, offline', failure('The Internet connection appears to be offline.')],
  ['React Native', failure('Network request failed')],
  ['Cloudflare Workers', new Error('Network connection lost.')],
  ['an SDK', Object.assign(new Error('Connection error.'), { status: undefined })],
  ['an abort', new DOMException('This operation was aborted', 'AbortError')],
  ['a timeout', new DOMException('The operation was aborted due to timeout', 'TimeoutError')],
  ['an error around one', new Error('ollama failed', { cause: failure('fetch failed') })],
]

test.each(connections)('%s is a connection that failed, and retryable', (_name, thrown) => {
  for (const error of [driverError(thrown, 'mine'), requestError(thrown, 'mine')]) {
    expect(['network', 'timeout']).toContain(error.code)
    expect(error).toMatchObject({ retryable: true, provider: 'mine', cause: thrown })
    expect(error.message).toContain('mine: the connection ')
  }
})

/** What the engine itself throws. */
function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

declare const missing: unknown
const nothing = undefined as never as { fetch(): unknown; length: number }

const mistakes: [string, unknown][] = [
  ['a call of nothing', thrownBy(() => nothing.fetch())],
  ['a call of no function', thrownBy(() => (3 as never as () => void)())],
  ['a variable that does not exist', thrownBy(() => (missing as number) + 1)],
  ['JSON that is none', thrownBy(() => JSON.parse('<html>'))],
  ['an invalid length', thrownBy(() => 'x'.repeat(-1))],
  ['an invalid URL', thrownBy(() => new URL('nowhere'))],
  ['an invalid header', thrownBy(() => new Headers({ 'a b': 'c' }))],
  ['a call of nothing in Safari', failure("undefined is not an object (evaluating 'x.fetch')")],
  ['an address that is none in Node', failure('Failed to parse URL from nowhere')],
  ['an address that is none in Deno', failure("Invalid URL: 'nowhere'")],
  [
    'an address that is none in Bun',
    failure('fetch() URL is invalid', { code: 'ERR_INVALID_URL' }),
  ],
]

test.each(mistakes)('%s is a mistake, and not retryable', (_name, thrown) => {
  expect(thrown).toBeInstanceOf(Error)
  expect(isConnectionError(thrown)).toBe(false)
  for (const error of [driverError(thrown, 'mine'), requestError(thrown, 'mine')]) {
    expect(error).toMatchObject({ code: 'unknown', retryable: false, provider: 'mine' })
    expect(error.cause).toBe(thrown)
    expect(error.message).toBe((thrown as Error).message)
  }
})

test('what this runtime throws for a refused connection and an invalid address is told apart', async () => {
  const refused = await fetch(await closedPort()).catch((error: unknown) => error)
  expect(driverError(refused, 'mine')).toMatchObject({ code: 'network', retryable: true })
  const invalid = await fetch('nowhere').catch((error: unknown) => error)
  expect(driverError(invalid, 'mine')).toMatchObject({ code: 'unknown', retryable: false })
})

test('an error of a driver that names nothing known is unknown; one of sending is the connection', () => {
  const thrown = new Error('It failed.')
  expect(driverError(thrown, 'mine')).toMatchObject({ code: 'unknown', message: 'It failed.' })
  expect(requestError(thrown, 'mine')).toMatchObject({ code: 'network' })
  expect(driverError('text', 'mine')).toMatchObject({ code: 'unknown', message: 'text' })
  expect(driverError(undefined, 'mine')).toMatchObject({ code: 'unknown' })
})

test('an error with a status has the code of the status', () => {
  const thrown = Object.assign(new Error('busy'), { status: 503 })
  expect(driverError(thrown, 'mine')).toMatchObject({ code: 'overloaded', status: 503 })
})

test('causes in a circle come to an end', () => {
  const one = new Error('one')
  one.cause = new Error('two', { cause: one })
  expect(isConnectionError(one)).toBe(false)
})
