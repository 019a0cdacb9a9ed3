/**
 * What was asked, as a test sees it.
 *
 * @module
 */

import type { WireName } from '../../wires/wire-name.js'
import type { Closing } from './body.js'
import { readTurn } from './request-turn.js'

/** The wire formats that a simulated provider speaks. */
export type SimulatedWireName = WireName

/** One request to a simulated provider. */
export interface SimulatedRequest {
  readonly method: string
  /** With the query, if there is one. */
  readonly path: string
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Parsed; the text itself where it is not JSON. */
  readonly body: unknown
  /** Undefined when the path belongs to none of them. */
  readonly wire: SimulatedWireName | undefined
  /**
   * The step of the turn, from 1: it counts the rounds of tool results after the last user message.
   */
  readonly step: number
  /**
   * `finished`: everything was sent that was to be sent, be it an error or half an answer. `aborted`: the client left, or the
   * server was closed, before that: also if it only spares itself what follows a finish reason. It never rejects.
   */
  readonly closed: Promise<Closing>
  /** Events sent so far. An answer that is not a stream is sent as two halves. */
  readonly sent: number
}

/** A request as it reaches the simulated provider, from `fetch` or from a socket. */
export interface IncomingRequest {
  method: string
  path: string
  headers: Readonly<Record<string, string>>
  text: string
  /** Aborts when the client leaves. */
  signal: AbortSignal | undefined
}

/** The record behind a {@link SimulatedRequest}. */
export interface RequestRecord extends SimulatedRequest {
  sent: number
  /** The first call counts. */
  close(closing: Closing): void
}

export function recordRequest(
  { method, path, headers, text }: IncomingRequest,
  wire: SimulatedWireName | undefined,
): RequestRecord {
  let close = (_closing: Closing): void => {}
  const closed = new Promise<Closing>((resolve) => {
    close = resolve
  })
  const body = parse(text)
  const { step } = readTurn(body)
  return { method, path, headers, body, wire, step, closed, sent: 0, close }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
