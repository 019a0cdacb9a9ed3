/**
 * Tells errors of connections from other errors. No runtime has a class for them, and `fetch`
 * rejects with a TypeError, as a call of something that is no function does.
 *
 * @module
 */

/**
 * What a platform writes into `code`. Codes of wrong arguments, such as ERR_INVALID_URL, are not
 * among them.
 */
const codes = startOf(
  // Node, and Deno and Bun, which use its codes
  'E(AI_|CONN|HOST|NET|NOTCONN|NOTFOUND|PIPE|(SOCKET)?TIMEDOUT)',
  'ERR_(HTTP2_|STREAM_PREMATURE_CLOSE)',
  // undici
  'UND_ERR_(?!INVALID|NOT_SUPPORTED|REQ_)',
  // Bun before 1.2
  'Connection|FailedToOpenSocket|Timeout',
)

/** DOMExceptions, and the classes of Deno.errors. */
const names = startOf(
  '(Abort|Network|Timeout)Error',
  'BrokenPipe|Connection|NotConnected|TimedOut|UnexpectedEof',
)

const messages = startOf(
  // Node
  'fetch failed|terminated|other side closed|socket hang up',
  // Deno
  'error (sending|reading|decoding) |request or response body error',
  // Chrome
  'Failed to fetch|network error$',
  // Firefox
  'NetworkError when attempting|Error in (input|body) stream',
  // Safari
  'Load failed|Could not connect to the server',
  'The (network connection was lost|Internet connection appears|request timed out)',
  // React Native, Cloudflare Workers
  'Network (request failed|connection lost)',
  // The SDKs of OpenAI and Anthropic, node-fetch
  'Connection error\\.|Request (timed out|was aborted)\\.|Premature close',
)

function startOf(...patterns: string[]): RegExp {
  return new RegExp(`^(${patterns.join('|')})`)
}

/** How many causes are looked at. ECONNREFUSED is two causes deep in an error of an SDK. */
const maxDepth = 5

/**
 * Whether a connection failed, by the code, name or message of the error or of one of its causes.
 */
export function isConnectionError(thrown: unknown): boolean {
  let error = thrown
  for (let depth = 0; depth < maxDepth && typeof error === 'object' && error !== null; depth++) {
    const { code, name, message, cause } = error as Partial<Record<string, unknown>>
    if (matches(codes, code) || matches(names, name) || matches(messages, message)) return true
    error = cause
  }
  return false
}

function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value)
}

const mistakes = startOf('(Eval|Range|Reference|Syntax|Type|URI)Error$')

/**
 * Whether the engine threw the error because of a mistake in the code. Connection errors have to be
 * sorted out before.
 */
export function isMistake(thrown: unknown): boolean {
  return thrown instanceof Error && mistakes.test(thrown.name)
}
