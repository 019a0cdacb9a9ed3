/**
 * Turns with steps, behind every carrier and format of our own: the message that a reader folds is that of the stream.
 */

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StreamEvent } from '../../src/base/events.js'
import type { AssistantMessage } from '../../src/base/messages.js'
import { Accumulator, connect, readStream } from '../../src/entries/client.js'
import { ndjson, sse, toResponse } from '../../src/entries/index.js'
import { createResumable, memoryLog } from '../../src/entries/resumable.js'
import { collect } from '../support/collect.js'
import { foldTurn, turn } from '../support/random-turns.js'

/** A place in a stream, from 0 to 1. */
const place = fc.nat(1000).map((part) => part / 1000)

async function* streamOf(events: readonly StreamEvent[]): AsyncGenerator<StreamEvent> {
  yield* events
}

function fold(events: readonly StreamEvent[]): AssistantMessage {
  const answer = new Accumulator()
  for (const event of events) answer.add(event)
  return answer.message(false)
}

test.each([
  ['sse', sse],
  ['ndjson', ndjson],
])('a reader of %s folds the message of the turn', async (_name, format) => {
  await fc.assert(
    fc.asyncProperty(turn, async ({ events, message }) => {
      const response = await toResponse(streamOf(events), format())
      const read = await collect(readStream(response))
      expect(fold(read)).toEqual(message)
      expect(read.at(-1)).toMatchObject({ type: 'complete', message })
    }),
    { numRuns: 200 },
  )
})

test('a follower of a log that leaves and comes back folds the message of the turn', async () => {
  const resumable = createResumable({ log: memoryLog() })
  let count = 0
  await fc.assert(
    fc.asyncProperty(turn, place, async (told, at) => {
      const { events, message } = told
      const id = `turn-${count++}`
      await resumable.publish(id, streamOf(events))
      const left = Math.floor(events.length * at)
      const seen: StreamEvent[] = []
      for await (const event of (await resumable.follow(id)) ?? []) {
        if (seen.length >= left) break
        seen.push(event)
      }
      for await (const event of (await resumable.follow(id, String(seen.length))) ?? []) {
        seen.push(event)
      }
      expect(fold(seen)).toEqual(message)
    }),
    { numRuns: 200 },
  )
})

test('a page whose connection is lost folds the message of the turn', async () => {
  const resumable = createResumable({ log: memoryLog() })
  let count = 0
  await fc.assert(
    fc.asyncProperty(turn, fc.array(fc.nat(400), { maxLength: 4 }), async (told, cuts) => {
      const { events, message } = told
      const id = `turn-${count++}`
      await resumable.publish(id, streamOf(events))
      const lengths = [...cuts]
      const fetch = async (_url: unknown, init: RequestInit = {}): Promise<Response> => {
        const after = new Headers(init.headers).get('last-event-id')
        const stream = await resumable.follow(id, after)
        if (stream === null) return new Response(null, { status: 404 })
        const response = await toResponse(stream, sse())
        const length = lengths.shift()
        if (length === undefined) return response
        const text = await response.text()
        return new Response(text.slice(0, length), { headers: response.headers })
      }
      const retry = { maxRetries: Infinity, minDelayMs: 0, maxDelayMs: 0 }
      const read = await collect(connect('http://x.test/', { method: 'GET', fetch, retry }))
      expect(fold(read)).toEqual(message)
    }),
    { numRuns: 100 },
  )
})

test('a connection that ends in a turn leaves the whole steps, and marks the calls after them', async () => {
  await fc.assert(
    fc.asyncProperty(turn, place, async (told, at) => {
      const seen = told.events.slice(0, 1 + Math.floor((told.events.length - 1) * at))
      if (seen.length === told.events.length) return
      const body = sse().encoder().encode(seen, 1)
      const headers = { 'content-type': 'text/event-stream' }
      const [last] = (await collect(readStream(new Response(body, { headers })))).slice(-1)
      if (last?.type !== 'error') return expect.fail('It ended well.')
      const partial = JSON.parse(
        JSON.stringify(last.partial, (key, value) => (key === 'error' ? 'any' : value)),
      )
      expect(partial).toEqual(foldTurn(seen, true))
    }),
    { numRuns: 200 },
  )
})
