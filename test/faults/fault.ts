/**
 * What a fault is: what the provider does, and what a reader is told.
 *
 * @module
 */

import type { StreamErrorCode, TimeoutOptions } from '../../src/entries/index.js'
import type { Exchange, Play } from './server.js'
import type { Wire } from './wires.js'

/** When it goes wrong: `with content` is in the network chunk that holds the content. */
export type Place = 'before content' | 'with content' | 'after content'

/** The reader has been given all content of this exchange. */
export type Shown = (exchange: Exchange) => Promise<void>

export interface Fault {
  name: string
  places: readonly Place[]
  /** Why the other places do not exist. */
  why?: string
  play(wire: Wire, place: Place, shown: Shown): Play
  /** Nobody listens at the address of the request. */
  refused?: true
  told: Told | ((wire: Wire) => Told)
  timeout?: TimeoutOptions
}

/** What the error says, and the wait before the next attempt. */
export interface Told {
  code: StreamErrorCode
  retryable: boolean
  status?: number
  retryAfterMs?: number | Range
  /** @default the backoff */
  delayMs?: number | Range
  /** It is not tried again, although another attempt could help. */
  failsFast?: true
}

export interface Range {
  from: number
  to: number
}
