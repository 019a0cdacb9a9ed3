/**
 * Shared by all formats that are server-sent events.
 *
 * @module
 */

import type { Format } from '../base/stream-format.js'
import { jsonFailure } from './error-json.js'
import type { StreamSettings } from './options.js'

export interface EventStreamParts extends Pick<Format, 'encoder'> {
  /** Further headers. */
  headers?: Readonly<Record<string, string>>
  /** @default `{ "error": ... }` as JSON */
  failure?: Format['failure']
}

export function eventStream(
  { exposeErrors, ...settings }: StreamSettings,
  { encoder, headers, failure = (error) => jsonFailure(error, exposeErrors) }: EventStreamParts,
): Format {
  return {
    ...settings,
    contentType: 'text/event-stream; charset=utf-8',
    // no-transform and x-accel-buffering: proxies (nginx and its kind) pass each event on at once
    headers: { 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no', ...headers },
    encoder,
    failure,
  }
}

/** Properties that are undefined are left out. */
export function dataLine(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`
}
