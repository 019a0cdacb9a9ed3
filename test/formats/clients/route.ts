/**
 * A route of a real server, asked by a real client, with a provider behind it on a socket of its own.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { EventStream } from '../../../src/base/event-stream.js'
import type { Message } from '../../../src/base/messages.js'
import type { Format } from '../../../src/base/stream-format.js'
import { compatible } from '../../../src/entries/compatible.js'
import { createStream, type StreamOptions } from '../../../src/entries/index.js'
import { pipeToNode } from '../../../src/entries/node.js'
import {
  type AnswerOption,
  type SimulatedRequest,
  simulatedProvider,
} from '../../../src/entries/testing.js'

export interface Route extends AsyncDisposable {
  readonly url: string
  /** What the provider was asked. */
  readonly asked: readonly SimulatedRequest[]
  /** The streams that were made, oldest first. */
  readonly streams: readonly EventStream[]
  /** Closes the connections as the death of the server's process does. */
  die(): void
}

export async function openRoute(
  answer: AnswerOption,
  format: (body: Record<string, unknown>) => Format,
  options: Partial<StreamOptions> & {
    paceMs?: number
    /** Reads the messages of a request, in place of a prompt. */
    read?: (body: Record<string, unknown>) => Message[]
  } = {},
): Promise<Route> {
  const { paceMs = 0, read, ...streamOptions } = options
  const provider = simulatedProvider({ paceMs, answer })
  const upstream = await provider.listen()
  const driver = compatible({ model: 'm', apiKey: 'k', baseURL: `${upstream.url}/v1` })
  const streams: EventStream[] = []
  const answerTo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readJson(request)
    const stream = createStream({
      driver,
      ...(read === undefined ? { prompt: 'p' } : { messages: read(body) }),
      retry: { minDelayMs: 0, maxDelayMs: 0 },
      ...streamOptions,
    })
    streams.push(stream)
    await pipeToNode(stream, response, format(body))
  }
  const server = createServer((request, response) => void answerTo(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/chat`,
    asked: provider.requests,
    streams,
    die: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await upstream.close()
    },
  }
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  request.setEncoding('utf8')
  let text = ''
  for await (const piece of request) text += piece
  return JSON.parse(text)
}

/** How long after `leave` the provider's socket was closed, in milliseconds. */
export async function closedAfter(route: Route, leave: () => unknown): Promise<number> {
  const left = performance.now()
  leave()
  const how = await route.asked[0]?.closed
  if (how !== 'aborted') throw new Error(`The provider's response was ${how}.`)
  return performance.now() - left
}
