/**
 * Requests in every form that `fetch` takes, as dispatchers take them.
 *
 * @module
 */

/** A request that can be sent. */
export interface Outgoing {
  url: URL
  method: string
  headers: Headers
  /** An AsyncIterable can be sent once. */
  body: string | Uint8Array | AsyncIterable<Uint8Array> | null
  redirect: RequestRedirect
  signal: AbortSignal | null | undefined
}

/** Methods that need no check. Names in other cases are for `Request` to judge. */
const methods: readonly unknown[] = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']

/**
 * What drivers and SDKs send is read here; everything else by `Request`.
 *
 * @throws TypeError for a request that `fetch` refuses
 */
export async function outgoing(
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<Outgoing> {
  const { method = 'GET', body = null, redirect = 'follow', signal } = init
  const isPlain =
    (typeof input === 'string' || input instanceof URL) &&
    methods.includes(method) &&
    (body === null ||
      (method !== 'GET' &&
        method !== 'HEAD' &&
        (typeof body === 'string' || body instanceof Uint8Array)))
  if (!isPlain) return byRequest(input, init)
  const headers = new Headers(init.headers)
  if (typeof body === 'string' && !headers.has('content-type')) {
    headers.set('content-type', 'text/plain;charset=UTF-8')
  }
  return {
    url: parse(input),
    method,
    headers,
    body: body as string | Uint8Array | null,
    redirect,
    signal,
  }
}

async function byRequest(input: string | URL | Request, init: RequestInit): Promise<Outgoing> {
  const request = new Request(input, init)
  const { url, method, headers, redirect, signal } = request
  const isStream = init.body === undefined ? input instanceof Request : isStreaming(init.body)
  const stream = request.body as AsyncIterable<Uint8Array> | null
  // The length of everything else is known, and such a body can be sent again after a redirect.
  const body = stream === null || isStream ? stream : new Uint8Array(await request.arrayBuffer())
  return { url: parse(url), method, headers, body, redirect, signal }
}

function isStreaming(body: unknown): boolean {
  return body instanceof ReadableStream
}

/** The error does not quote a password. */
function parse(address: string | URL): URL {
  const url = new URL(address)
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('Request cannot be constructed from a URL that includes credentials')
  }
  return url
}
