/**
 * What all formats have in common that are server-sent events.
 *
 * @module
 */

import type { Encoder, Format } from '../types.js'
import { jsonFailure } from './failure.js'
import { checkStreamOptions, type StreamFormatOptions } from './options.js'

/** No reader sees it, and it never stands inside of an event. */
const comment = ':\n\n'

export interface EventStreamParts {
  /** The options of this format beside the shared ones. */
  keys: readonly string[]
  /** Further headers. */
  headers?: Readonly<Record<string, string>>
  encoder(exposeErrors: boolean): Encoder
  /** @default false */
  earlyStatus?: boolean
  /** @default `{ "error": ... }` as JSON */
  failure?: typeof jsonFailure
}

export function eventStream(
  name: string,
  options: StreamFormatOptions,
  { keys, headers, encoder, earlyStatus = false, failure = jsonFailure }: EventStreamParts,
): Format {
  const defaults = { heartbeatMs: 15_000, earlyStatus }
  const { exposeErrors, ...rest } = checkStreamOptions(name, options, keys, defaults, comment)
  return {
    ...rest,
    contentType: 'text/event-stream; charset=utf-8',
    // no-transform and x-accel-buffering: proxies (nginx and its kind) pass each event on at once
    headers: { 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no', ...headers },
    encoder: () => encoder(exposeErrors),
    failure: (error) => failure(error, exposeErrors),
  }
}
