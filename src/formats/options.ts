/**
 * The options that formats share.
 *
 * @module
 */

import { flag, limit, type Rules } from '../base/check-options.js'
import type { Format } from '../base/stream-format.js'

/** Options of every format. */
export interface FormatOptions {
  /**
   * Send the whole message of errors, with the provider's name and its id of the request, in place
   * of the fixed sentence for the code. The provider's words can hold parts of prompts and keys:
   * for development, and for clients that are servers of your own.
   * @default false
   */
  exposeErrors?: boolean
}

/** Options of the formats that write the events as they are. */
export interface EventFormatOptions extends StreamFormatOptions {
  /**
   * Send `raw` and `response` of the last event: the provider's own words, ids of the request, and
   * rate limits. They tell a client what your account uses and pays.
   * @default false
   */
  exposeRaw?: boolean
}

export interface StreamFormatOptions extends FormatOptions {
  /**
   * The longest silence before a heartbeat is sent to keep the connection open, in milliseconds;
   * `Infinity` for none. Readers skip heartbeats.
   * @default 15_000
   */
  heartbeatMs?: number
  /**
   * Begin the response with the first content, so that an earlier failure becomes a real HTTP
   * status.
   * @default false
   */
  earlyStatus?: boolean
}

export const formatRules: Rules<FormatOptions> = { exposeErrors: flag }

export const streamFormatRules: Rules<StreamFormatOptions> = {
  ...formatRules,
  heartbeatMs: limit,
  earlyStatus: flag,
}

export const eventFormatRules: Rules<EventFormatOptions> = {
  ...streamFormatRules,
  exposeRaw: flag,
}

/** What response writers have to know of the options. */
export interface StreamSettings extends Pick<Format, 'earlyStatus' | 'heartbeat'> {
  exposeErrors: boolean
}

/** @param heartbeat - what readers skip; a comment of server-sent events by default */
export function streamSettings(
  { exposeErrors = false, heartbeatMs = 15_000, earlyStatus = false }: StreamFormatOptions,
  heartbeat = ':\n\n',
): StreamSettings {
  return {
    exposeErrors,
    earlyStatus,
    ...(heartbeatMs === Infinity ? {} : { heartbeat: { text: heartbeat, everyMs: heartbeatMs } }),
  }
}
