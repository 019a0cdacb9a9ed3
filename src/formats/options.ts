/**
 * The options that formats share.
 *
 * @module
 */

import { checkFlag, checkKeys, checkLimit } from '../base/check-options.js'
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

/**
 * @throws TypeError for options that are not an object, for an unknown key, and for a bad value of
 * `exposeErrors`
 */
export function checkFormatOptions(
  name: string,
  options: FormatOptions,
  keys: readonly string[],
): { exposeErrors: boolean } {
  checkKeys(name, options, ['exposeErrors', ...keys])
  return { exposeErrors: checkFlag(`${name}.exposeErrors`, options.exposeErrors, false) }
}

interface StreamDefaults {
  heartbeatMs?: number
  earlyStatus?: boolean
  /** Text that readers skip. A comment of server-sent events by default. */
  heartbeat?: string
}

/** The part of the options that response writers need. */
export interface StreamSettings extends Pick<Format, 'earlyStatus' | 'heartbeat'> {
  exposeErrors: boolean
}

/**
 * @param keys - the options that the format has beside these
 * @throws TypeError as `checkFormatOptions` does, and for a bad value of the others
 */
export function checkStreamOptions(
  name: string,
  options: StreamFormatOptions,
  keys: readonly string[],
  { heartbeatMs = 15_000, earlyStatus = false, heartbeat = ':\n\n' }: StreamDefaults = {},
): StreamSettings {
  const { exposeErrors } = checkFormatOptions(name, options, [
    'heartbeatMs',
    'earlyStatus',
    ...keys,
  ])
  const everyMs = checkLimit(`${name}.heartbeatMs`, options.heartbeatMs, heartbeatMs)
  return {
    exposeErrors,
    earlyStatus: checkFlag(`${name}.earlyStatus`, options.earlyStatus, earlyStatus),
    ...(everyMs === Infinity ? {} : { heartbeat: { text: heartbeat, everyMs } }),
  }
}
