import { expect, test } from 'vitest'
import { toReadableStream, toResponse } from '../../src/carriers/web.js'
import type { EventOrigin, EventSink } from '../../src/core/event-feed.js'
import { ReceivedAnswer } from '../../src/core/received-answer.js'
import { Stream } from '../../src/core/stream.js'
import { type CompleteEvent, StreamError, type StreamEvent } from '../../src/entries/index.js'
import { sse } from '../../src/formats/sse.js'
import { collect, outline } from '../support/collect.js'

function text(value: string): StreamEvent {
  return { type: 'content', index: 0, kind: 'text', text: value }
}

const complete: CompleteEvent = {
  type: 'complete',
  text: 'abc',
  message: { role: 'assistant', content: [{ type: 'text', text: 'abc' }] },
  finishReason: 'stop',
  usage: {},
  provider: 'p',
  model: 'm',
  attempts: 1,
  timing: { firstContentMs: 1, durationMs: 2 },
}

/** Delivers batches with the ids of their first events, and fails after them. */
function tailOf(batches: [number, StreamEvent[]][], after: number): Stream {
  const rest = [...batches]
  const origin: EventOrigin = {
    pull(sink: EventSink) {
      const [firstId, events] = rest.shift() ?? []
      if (events === undefined) sink.fail(new StreamError('store', 'The log is away.'))
      else sink.events(events, firstId)
    },
    close() {},
  }
  return new Stream(new ReceivedAnswer(origin, { after }))
}

function lines(body: string, name: string): string[] {
  return body.split('\n').filter((line) => line.startsWith(`${name}:`))
}

test('events of a stored stream keep their ids, however they are batched', async () => {
  const batches: [number, StreamEvent[]][] = [
    [6, [text('a')]],
    [7, [text('b'), text('c')]],
    [9, [complete]],
  ]
  const body = await new Response(toReadableStream(tailOf(batches, 5), sse())).text()
  expect(lines(body, 'id')).toEqual(['id: 6', 'id: 7', 'id: 8', 'id: 9'])
  const waited = await toResponse(tailOf(batches, 5), sse({ earlyStatus: true }))
  expect(lines(await waited.text(), 'id')).toEqual(['id: 6', 'id: 7', 'id: 8', 'id: 9'])
})

test('a failure that is not stored has no id, so that a browser reconnects for the events it has not received', async () => {
  const body = await new Response(toReadableStream(tailOf([[6, [text('a')]]], 5), sse())).text()
  expect(lines(body, 'id')).toEqual(['id: 6'])
  expect(lines(body, 'event')).toEqual(['event: content', 'event: error'])
})

test('the rest of a stored stream has no start of its own, unless it begins at the first event', async () => {
  expect(outline(await collect(tailOf([], 5)))).toEqual(['error store'])
  expect(outline(await collect(tailOf([], 0)))).toEqual(['start', 'error store'])
})

test('a stored stream that was received to its end has no events, but still has its result', async () => {
  const unread = (): ReceivedAnswer =>
    new ReceivedAnswer({
      pull() {
        throw new Error('There is nothing to read.')
      },
      close() {},
    })
  const whole = new Stream(unread(), { ended: complete })
  expect(await collect(whole)).toEqual([])
  expect(await whole.text()).toBe('abc')
  const error = new StreamError('interrupted', 'It broke off.')
  const partial = { role: 'assistant', content: [] } as const
  const ended = { type: 'error', error, partial, attempts: 1 } as const
  await expect(new Stream(unread(), { ended }).final()).rejects.toBe(error)
})
