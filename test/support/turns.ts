/**
 * Turns of several steps, whose model answers from a list.
 *
 * @module
 */

import { createStream, type Message, type StreamOptions, type StreamRequest } from 'sluice'
import type { Driver } from 'sluice/driver'
import { type Script, scripted } from 'sluice/testing'
import type { CompleteEvent, ErrorEvent, StreamEvent } from '../../src/base/events.js'
import { collect } from './collect.js'

/** A driver that plays the next script with each request, and keeps the requests. */
export function playing(...scripts: readonly Script[]) {
  const requests: StreamRequest[] = []
  const driver: Driver = {
    provider: 'scripted',
    model: 'script',
    stream: (request, context) => {
      const script = scripts[requests.length] ?? ['Nothing is left to say.']
      requests.push(request)
      return scripted(script).stream(request, { ...context, attempt: 1 })
    },
  }
  return { driver, requests }
}

export const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }

/** An answer that calls tools: each name with its arguments. */
export function calling(
  ...calls: readonly (readonly [id: string, name: string, input?: unknown])[]
): Script {
  return [
    ...calls.map(
      ([id, name, input = {}], index) =>
        ({
          type: 'content',
          kind: 'tool-call',
          index,
          id,
          name,
          input: typeof input === 'string' ? input : JSON.stringify(input),
        }) as const,
    ),
    { finishReason: 'tool-calls', usage },
  ]
}

/** An answer in words. */
export function saying(text: string): Script {
  return [text, { finishReason: 'stop', usage }]
}

export interface Turn {
  events: StreamEvent[]
  /** The id of the `start` event. */
  id: string
  /** Undefined if the turn failed. */
  complete: CompleteEvent
  error: ErrorEvent
  requests: readonly StreamRequest[]
  /** The parts of the answer. */
  parts: readonly object[]
}

/** Reads one turn to its end. */
export async function turn(
  scripts: readonly Script[],
  options: Partial<StreamOptions>,
): Promise<Turn> {
  const { driver, requests } = playing(...scripts)
  const retry = { minDelayMs: 0, maxDelayMs: 0 }
  const stream = createStream({
    driver,
    ...(options.messages === undefined ? { prompt: 'Hi' } : {}),
    retry,
    ...options,
  })
  const events = await collect(stream)
  return readTurn(events, requests)
}

export function readTurn(events: StreamEvent[], requests: readonly StreamRequest[]): Turn {
  const [start] = events
  const last = events.at(-1)
  const message = last?.type === 'complete' ? last.message : (last as ErrorEvent).partial
  return {
    events,
    id: start?.type === 'start' ? start.id : '',
    complete: last as CompleteEvent,
    error: last as ErrorEvent,
    requests,
    parts: message.content as readonly object[],
  }
}

/** The conversation that goes on from a turn. */
export function after({ complete }: Turn, ...more: readonly Message[]): Message[] {
  // A client has had it.
  const message = JSON.parse(JSON.stringify(complete.message)) as Message
  return [{ role: 'user', content: 'Hi' }, message, ...more]
}

export const parameters = { type: 'object' } as const
