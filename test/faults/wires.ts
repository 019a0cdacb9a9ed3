/**
 * The drivers, each with the bytes that its provider sends: those of the simulated provider, piece by piece.
 *
 * @module
 */

import type { Driver } from '../../src/base/driver.js'
import { nodeFetch } from '../../src/entries/node.js'
import { completeAnswer } from '../../src/testing/providers/answer.js'
import { contextOf, wireOf } from '../../src/testing/providers/route.js'
import type { WireEvent } from '../../src/testing/providers/simulated-wire.js'
import { everyDriver } from '../support/every-driver.js'
import type { Exchange, Play } from './server.js'

type Fetch = typeof globalThis.fetch

export interface Wire {
  name: string
  /** Its name, and the transport if it is not the global `fetch`. */
  title: string
  /** The transport. */
  fetch: Fetch
  /** @param fetch - instead of the transport */
  driver(url: string, fetch?: Fetch): Driver
  /** An event that carries no content. */
  ping: string
  /** What the provider says when it has too much to do. */
  busyStatus: number
}

/** Each way to a provider that is tested with every driver, with the end of its titles. */
const transports: readonly [Fetch, string][] = [
  [(input, init) => globalThis.fetch(input, init), ''],
  [nodeFetch, ' by nodeFetch'],
]

/** Every driver with every transport; the drivers with the global `fetch` come first. */
export const wires: readonly Wire[] = transports.flatMap(([transport, suffix]) =>
  everyDriver.map(({ name, driver, ping, busyStatus }) => ({
    name,
    title: name + suffix,
    fetch: transport,
    driver: (url: string, fetch = transport) => driver({ url, fetch }),
    ping,
    busyStatus,
  })),
)

/** What `pieces` of the answer are shown as. The last one comes with the end. */
export const shownPieces = ['One', ' two'] as const
const lastPiece = ' three.'
export const pieces = [...shownPieces, lastPiece] as const
export const wholeText = pieces.join('')

/** The bytes of one answer. */
export interface AnswerBytes {
  /** What comes before any content; empty on Gemini's wire. */
  preamble: string
  /** The first pieces. */
  content: readonly string[]
  /** The last piece, and what says that the answer is whole. */
  rest: string
  /** An error inside the stream. */
  error: string
  /** A response that is an error. */
  failure(status: number, body?: Partial<Record<string, unknown>>): string
}

export function answerTo({ request, count }: Exchange, text = wholeText): AnswerBytes {
  const wire = wireOf(request.path)
  if (wire === undefined) throw new Error(`No wire has the path ${request.path}.`)
  const context = contextOf(request, wire, count)
  const events = [...wire.events(completeAnswer(text, request.body), context)]
  const first = events.findIndex(({ token }) => token)
  const last = first + shownPieces.length
  return {
    preamble: join(events.slice(0, first)),
    content: events.slice(first, last).map(({ data }) => String(data)),
    rest: join(events.slice(last)),
    error: String(wire.errorEvent(context, undefined, last).data),
    failure: (status, body) => JSON.stringify(body ?? wire.error(status, context).body),
  }
}

function join(events: readonly WireEvent[]): string {
  return events.map(({ data }) => String(data)).join('')
}

/** A whole answer. */
export const healthy: Play = async (exchange) => {
  const { preamble, content, rest } = answerTo(exchange)
  await exchange.head(200)
  for (const data of [preamble, ...content, rest]) if (data !== '') await exchange.chunk(data)
  exchange.end()
}
