/**
 * What a simulated wire format has to know.
 *
 * @module
 */

import type { WholeAnswer } from './answer.js'

/** One event or frame, as it goes over the network. */
export interface WireEvent {
  data: string | Uint8Array
  /** It carries a token, so the model took time for it. */
  token: boolean
}

/** What an event or an error needs to know about the request it answers. */
export interface WireContext {
  body: Partial<Record<string, unknown>>
  /** With the query, if there is one. */
  path: string
  /** The model that was asked for. */
  model: string
  /** Made up in the provider's form; the n-th request to a simulated provider always has the same ones. */
  identifier(prefix: string, length: number): string
  requestId: string
}

/** An error response, its status aside. */
export interface WireError {
  body: unknown
  headers: Record<string, string>
}

/** One wire format, as the provider speaks it. */
export interface SimulatedWire<Name extends string = string> {
  readonly name: Name
  /** Whether a request to that path, which has no query, is one of this wire. */
  owns(pathname: string): boolean
  /** @default `model` in the body */
  modelOf?(path: string): string
  /** @default `stream` in the body */
  streams?(path: string): boolean
  /** The content type of a stream. @default 'text/event-stream; charset=utf-8' */
  readonly streamType?: string
  requestIdOf(identifier: WireContext['identifier']): string
  /** Sent with every response. */
  headers(context: WireContext): Record<string, string>
  /** Whether a key came along. */
  hasKey(headers: Readonly<Record<string, string>>, path: string): boolean
  /** What a request without a key is answered with. @default 401 */
  readonly keyStatus?: number
  /** What is wrong with the body, in the provider's words. */
  complaint(body: Partial<Record<string, unknown>>): Partial<Record<string, unknown>> | undefined
  /** `error` replaces fields of the error object. */
  error(status: number, context: WireContext, error?: Partial<Record<string, unknown>>): WireError
  /** An error inside a stream, after so many events. */
  errorEvent(context: WireContext, body: unknown, sent: number): WireEvent
  /** The whole stream. */
  events(answer: WholeAnswer, context: WireContext): Generator<WireEvent, void, void>
  /** The answer to a request that does not ask for a stream. */
  completion(answer: WholeAnswer, context: WireContext): unknown
}

const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789'

/** Makes identifiers that look random and are the same in every run. */
export function identifiers(request: number): WireContext['identifier'] {
  let state = (request + 1) * 0x9e3779b1
  return (prefix, length) => {
    let text = prefix
    for (let index = 0; index < length; index++) {
      state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0
      text += alphabet.charAt((state >>> 8) % alphabet.length)
    }
    return text
  }
}
