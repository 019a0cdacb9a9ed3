/**
 * What every carrier does before the first byte: wait, where the format wants it, until the status is known.
 *
 * @module
 */

import { StreamError, type StreamErrorCode } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'
import type { Encoder, Format } from '../base/stream-format.js'
import type { BatchReader } from '../core/event-feed.js'

export interface Beginning {
  /** What has been read already. */
  held: readonly StreamEvent[]
  firstId?: number | null | undefined
  /** Why the stream failed before its first content. */
  failure?: StreamError
}

export async function begin(reader: BatchReader, format: Format): Promise<Beginning> {
  const held: StreamEvent[] = []
  if (!format.earlyStatus) return { held }
  let firstId: number | null | undefined
  for (;;) {
    const batch = await new Promise<readonly StreamEvent[] | null>((resolve) =>
      reader.read((events, id) => {
        if (held.length === 0) firstId = id
        resolve(events)
      }),
    )
    if (batch === null) return { held, firstId }
    for (const event of batch) {
      if (event.type === 'error' && !held.some(isContent)) return { held, failure: event.error }
      held.push(event)
    }
    if (batch.some((event) => isContent(event) || event.type === 'complete')) {
      return { held, firstId }
    }
  }
}

/** What is left to do with one batch. */
export interface Encoded {
  text: string
  /** The connection is to be broken off. */
  failure?: StreamError | undefined
  /** The format has told an end of its own. */
  ended?: StreamError | undefined
}

/** An event that cannot be written, or a callback of the format that throws, is a failure of the stream and not of the process. */
export function encodeBatch(
  encoder: Encoder,
  batch: readonly StreamEvent[],
  firstId: number | null | undefined,
): Encoded {
  try {
    const text = encoder.encode(batch, firstId)
    return { text, failure: encoder.failure, ended: encoder.ended }
  } catch (error) {
    return { text: '', failure: StreamError.from(error) }
  }
}

/** Whether nothing more will come. */
export function isLast(batch: readonly StreamEvent[]): boolean {
  const type = batch.at(-1)?.type
  return type === 'complete' || type === 'error'
}

function isContent(event: StreamEvent): boolean {
  return event.type === 'content'
}

const statuses: Partial<Record<StreamErrorCode, number>> = {
  aborted: 499,
  timeout: 504,
  network: 502,
  interrupted: 502,
  'rate-limit': 429,
  quota: 503,
  overloaded: 503,
  server: 502,
  protocol: 502,
  'invalid-request': 400,
  'context-length': 400,
  'content-filter': 422,
  conflict: 409,
  store: 503,
}

/** The response to a stream that failed before its first content. */
export function failureResponse(
  error: StreamError,
  format: Format,
): { status: number; headers: Record<string, string>; body: string } {
  const { contentType, body } = format.failure(error)
  const headers: Record<string, string> = {
    'content-type': contentType,
    'cache-control': 'no-store',
  }
  if (error.retryAfterMs !== undefined) {
    headers['retry-after'] = String(Math.ceil(error.retryAfterMs / 1000))
  }
  // What the provider holds against this server (its key, its model) is not the client's fault: 500.
  return { status: statuses[error.code] ?? 500, headers, body }
}

export function formatHeaders(format: Format): Record<string, string> {
  return { 'content-type': format.contentType, ...format.headers }
}
