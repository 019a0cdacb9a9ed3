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
const codes = [
  // Node, and Deno and Bun, which use its codes
  'E(AI_|CONN|HOST|NET|NOTCONN|NOTFOUND|PIPE|(SOCKET)?TIMEDOUT)',
  'ERR_(HTTP2_|STREAM_PREMATURE_CLOSE)',
  // undici
  'UND_ERR_(?!INVALID|NOT_SUPPORTED|REQ_)',
  // Bun before 1.2
  'Connection|FailedToOpenSocket|Timeout',
]

/** DOMExceptions, and the classes of Deno.errors. */
const names = [
  '(Abort|Network|Timeout)Error',
  'BrokenPipe|Connection|NotConnected|TimedOut|UnexpectedEof',
]

const messages = [
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
]

/** How many causes are looked at. ECONNREFUSED is two causes deep in an error of an SDK. */
const maxDepth = 5

/**
 * Whether a connection failed, by the code, name or message of the error or of one of its causes.
 */
export function isConnectionError(thrown: unknown): boolean {
  return causesOf(thrown).some(
    ({ code, name, message }) =>
      matches(codes, code) || matches(names, name) || matches(messages, message),
  )
}

/** The fields of an error and of its causes, from the outside in. */
export function causesOf(thrown: unknown): Partial<Record<string, unknown>>[] {
  const found: Partial<Record<string, unknown>>[] = []
  let error = thrown
  while (found.length < maxDepth && typeof error === 'object' && error !== null) {
    found.push(error)
    error = found.at(-1)?.cause
  }
  return found
}

// `InvalidArgumentError` is undici's. An invalid header of a response has other names.
const unsendableNames = /^(InvalidArgument|Syntax|Type)Error$/

/** How runtimes refuse a header, or an address with a password. Most of them quote the value. */
const unsendable = /invalid\b[^]*\bheader|\bheader[^]*\binvalid|ByteString|ISO-8859-1|credentials/i

/** Whether a request was not sent because of what a header or its address holds. */
export function isUnsendable(thrown: unknown): boolean {
  return causesOf(thrown).some(
    ({ name, message }) => unsendableNames.test(String(name)) && unsendable.test(String(message)),
  )
}

/** Whether the text begins with one of the patterns. They are compiled here, as errors are rare. */
function matches(patterns: readonly string[], text: unknown): boolean {
  return typeof text === 'string' && new RegExp(`^(${patterns.join('|')})`).test(text)
}

/**
 * Whether the engine threw the error because of a mistake in the code. Connection errors have to be
 * sorted out before.
 */
export function isMistake(thrown: unknown): boolean {
  return (
    thrown instanceof Error && /^(Eval|Range|Reference|Syntax|Type|URI)Error$/.test(thrown.name)
  )
}
