/**
 * Which of the errors that a driver throws are those of a connection. No runtime has a class for them, and `fetch` rejects with a
 * TypeError, as a call of something that is no function does.
 *
 * @module
 */

/** What a platform writes into `code`. The codes of a wrong argument, such as ERR_INVALID_URL, are not among them. */
const codes: readonly RegExp[] = [
  // Node, and Deno's and Bun's errors that follow it
  /^E(CONN|HOST|NET|PIPE$|AI_|PROTO$|ADDRNOTAVAIL$|NOTFOUND$|TIMEDOUT$|SOCKETTIMEDOUT$)/,
  /^ERR_(HTTP2_|SSL_|TLS_|STREAM_PREMATURE_CLOSE$)/,
  /^(CERT_|HPE_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET|VERIFY)_)/,
  // undici
  /^UND_ERR_(CONNECT|HEADERS|BODY|SOCKET|ABORT|DESTROYED|CLOSED|RESPONSE|PRX_TLS|RETRY)/,
  // Bun
  /^(Connection(Refused|Reset|Closed|Aborted)|FailedToOpenSocket|Timeout)$/,
]

const names: ReadonlySet<string> = new Set([
  // DOMException
  'AbortError',
  'NetworkError',
  'TimeoutError',
  // Deno.errors
  'BrokenPipe',
  'ConnectionAborted',
  'ConnectionRefused',
  'ConnectionReset',
  'NetworkUnreachable',
  'NotConnected',
  'TimedOut',
  'UnexpectedEof',
])

const messages: readonly RegExp[] = [
  // Node (undici), and node:http
  /^(fetch failed|terminated|other side closed|socket hang up)$/,
  // Deno
  /^error sending request/,
  /^(error (reading|decoding)|request or response) .*body/,
  /^connection (closed|error|reset)/i,
  // Bun
  /^Unable to connect\b/,
  /^The socket connection was closed/,
  /^Was there a typo in the url/,
  /^The operation timed out/,
  // Chrome, with the host in newer versions
  /^Failed to fetch( \(.*\))?$/,
  /^network error$/i,
  // Firefox
  /^NetworkError when attempting to fetch resource/,
  /^Error in (input|body) stream$/,
  // Safari
  /^Load failed( \(.*\))?$/,
  /^The (network connection was lost|Internet connection appears to be offline|request timed out)/,
  /^(Could not connect to the server|A server with the specified hostname could not be found)/,
  /^\s?A network error occurred/,
  // React Native
  /^Network request (failed|timed out)/,
  // Cloudflare Workers
  /^Network connection lost/,
  // node-fetch
  /^(Premature close|Invalid response body while trying to fetch)/,
  // The SDKs of OpenAI and Anthropic
  /^(Connection error|Request timed out|Request was aborted)\.$/,
]

/** How many causes are looked at. ECONNREFUSED sits two causes deep in an error of an SDK. */
const maxDepth = 5

/** Whether a connection failed, by the code, name or message of the error or of one of its causes. */
export function isConnectionError(thrown: unknown): boolean {
  let error = thrown
  for (let depth = 0; depth < maxDepth && typeof error === 'object' && error !== null; depth++) {
    const { code, name, message, cause } = error as Partial<Record<string, unknown>>
    if (typeof code === 'string' && codes.some((pattern) => pattern.test(code))) return true
    if (typeof name === 'string' && names.has(name)) return true
    if (typeof message === 'string' && messages.some((pattern) => pattern.test(message)))
      return true
    error = cause
  }
  return false
}

const mistakes: ReadonlySet<unknown> = new Set([
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
])

/** Whether the engine threw the error because of a mistake in the code, provided it is no connection error. */
export function isMistake(thrown: unknown): boolean {
  return (
    typeof thrown === 'object' && thrown !== null && 'name' in thrown && mistakes.has(thrown.name)
  )
}
