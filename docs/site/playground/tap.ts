/**
 * A `fetch` whose requests and bytes can be watched.
 */

import type { Fetch } from 'sluice'

/** What happens between a driver and its provider. */
export interface WireNote {
  kind: 'request' | 'status' | 'bytes' | 'end' | 'lost' | 'left' | 'killed'
  text: string
}

export function tapped(fetch: Fetch, note: (note: WireNote) => void): Fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    note({ kind: 'request', text: `POST ${url.host}${url.pathname}` })
    const response = await fetch(input, init)
    note({ kind: 'status', text: `${response.status}` })
    const { body, status, headers } = response
    return body === null ? response : new Response(watched(body, note), { status, headers })
  }
}

/** Passes on one chunk for each pull, so that the provider is held back as without it. */
function watched(
  body: ReadableStream<Uint8Array>,
  note: (note: WireNote) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { value, done } = await reader.read()
          if (done) {
            note({ kind: 'end', text: 'end of the body' })
            controller.close()
          } else {
            note({ kind: 'bytes', text: decoder.decode(value, { stream: true }) })
            controller.enqueue(value)
          }
        } catch (error) {
          const isAbort = error instanceof Error && error.name === 'AbortError'
          note(
            isAbort
              ? { kind: 'left', text: 'the client closed the connection' }
              : { kind: 'lost', text: 'connection lost' },
          )
          controller.error(error)
        }
      },
      cancel(reason) {
        note({ kind: 'left', text: 'the client closed the connection' })
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
