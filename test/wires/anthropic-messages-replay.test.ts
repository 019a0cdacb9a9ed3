import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StreamError } from '../../src/base/errors.js'
import type { StreamEvent } from '../../src/base/events.js'
import type { AssistantMessage, Message } from '../../src/base/messages.js'
import { createStream } from '../../src/core/create-stream.js'
import { anthropic } from '../../src/drivers/anthropic.js'
import { encodeMessagesRequest } from '../../src/wires/anthropic-messages/request.js'
import { collect } from '../support/collect.js'
import { answers, bodyOf, eventsOf, type Json, sdkBlocks } from '../support/messages-blocks.js'
import { respondWith } from '../support/recordings.js'

const model = 'claude-opus-5'
const user: Message = { role: 'user', content: 'q' }

async function play(...chunks: Uint8Array[]): Promise<StreamEvent[]> {
  const driver = anthropic({ model, apiKey: 'k', fetch: respondWith(chunks) })
  return collect(createStream({ driver, messages: [user], retry: false, timeout: false }))
}

async function completed(events: Json[]): Promise<AssistantMessage> {
  const last = (await play(bodyOf(events))).at(-1)
  if (last?.type !== 'complete') throw new Error(`The stream ended with ${JSON.stringify(last)}.`)
  // As a store or a client would return it.
  return JSON.parse(JSON.stringify(last.message)) as AssistantMessage
}

function sentBack(messages: Message[]): Json[][] {
  const { messages: sent } = encodeMessagesRequest({ messages }, model)
  return (sent as { content: Json[] }[]).map(({ content }) => content)
}

function resultsFor({ content }: AssistantMessage): Message {
  const calls = typeof content === 'string' ? [] : content
  return {
    role: 'tool',
    content: calls.flatMap((part) =>
      part.type === 'tool-call'
        ? [{ type: 'tool-result', id: part.id, name: part.name, output: 'ok' }]
        : [],
    ),
  }
}

/** A block of an answer as a request takes it. */
function asParam(block: Json): Json {
  const { citations, ...rest } = block
  if (block.type !== 'text') return block
  const cited = ((citations ?? []) as Json[]).map(({ file_id: _answerOnly, ...each }) => each)
  return cited.length > 0 ? { ...rest, citations: cited } : rest
}

const stopReasons = fc.constantFrom('end_turn', 'pause_turn', 'tool_use')

describe('whatever blocks an answer has', () => {
  test('it goes back as the provider’s own SDK would send it', async () => {
    const property = fc.asyncProperty(
      answers,
      stopReasons,
      fc.integer({ min: 1, max: 40 }),
      async (blocks, stop_reason, length) => {
        const events = eventsOf(blocks, { stop_reason, length })
        const message = await completed(events)
        const expected = (await sdkBlocks(events)).map(asParam)
        const [, sent] = sentBack([user, message, resultsFor(message)])
        // Byte for byte, the order of the keys included.
        expect(sent?.map((block) => JSON.stringify(block))).toEqual(
          expected.map((block) => JSON.stringify(block)),
        )
      },
    )
    await fc.assert(property, { numRuns: 300 })
  })

  test('it reads the same however its bytes are split', async () => {
    const property = fc.asyncProperty(
      answers,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }),
      async (blocks, places) => {
        const body = bodyOf(eventsOf(blocks, { stop_reason: 'end_turn' }))
        const cuts = [0, ...places.map((place) => Math.floor(place * body.length)), body.length]
        const sorted = [...new Set(cuts)].toSorted((a, b) => a - b)
        const chunks = sorted.slice(1).map((end, at) => body.subarray(sorted[at], end))
        const whole = (await play(body)).at(-1)
        expect((await play(...chunks)).at(-1)).toMatchObject({
          type: 'complete',
          message: (whole as { message: AssistantMessage }).message,
        })
      },
    )
    await fc.assert(property, { numRuns: 100 })
  })

  test('its beginning has whole blocks, a partial one at most, and none that was not sent', async () => {
    const property = fc.asyncProperty(
      answers,
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (blocks, place) => {
        const events = eventsOf(blocks, { stop_reason: 'end_turn' })
        const sdk = new Set((await sdkBlocks(events)).map((block) => JSON.stringify(block)))
        const body = bodyOf(events)
        const last = (await play(body.subarray(0, Math.floor(place * body.length)))).at(-1)
        const message =
          last?.type === 'error'
            ? last.partial
            : (last as never as { message: AssistantMessage }).message
        const parts = (
          message.content as readonly { type: string; partial?: true; data?: unknown }[]
        ).filter(({ type }) => type === 'provider')
        expect(parts.filter(({ partial }) => partial).length).toBeLessThanOrEqual(1)
        for (const { partial, data } of parts) {
          if (!partial) expect(sdk).toContain(JSON.stringify(data))
        }
      },
    )
    await fc.assert(property, { numRuns: 200 })
  })

  test('damaged bytes end in one terminal event, and no block of a completion is partial', async () => {
    const property = fc.asyncProperty(
      answers,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 255 }),
      async (blocks, place, mask) => {
        const body = bodyOf(eventsOf(blocks, { stop_reason: 'pause_turn' }))
        const at = Math.min(body.length - 1, Math.floor(place * body.length))
        const last = (
          await play(body.map((byte, index) => (index === at ? byte ^ mask : byte)))
        ).at(-1)
        if (last?.type === 'error') expect(StreamError.is(last.error)).toBe(true)
        else {
          expect(last?.type).toBe('complete')
          expect(JSON.stringify(last)).not.toContain('"partial":true')
        }
      },
    )
    await fc.assert(property, { numRuns: 300 })
  })
})

test('an answer can be continued from any event, and what goes back is valid', async () => {
  const property = fc.asyncProperty(
    answers,
    fc.nat(60),
    fc.boolean(),
    async (blocks, count, more) => {
      const events = eventsOf(blocks, { stop_reason: 'end_turn' }).slice(0, count)
      const last = (await play(bodyOf(events))).at(-1)
      if (last?.type !== 'error') return
      const next: Message[] = more ? [{ role: 'user', content: 'go on' }] : []
      const sent = sentBack([user, last.partial, resultsFor(last.partial), ...next])
      const answer = sent.find((content) =>
        content.some(({ type }) => /_tool_(?:use|result)$/.test(String(type))),
      )
      const ids = new Set<unknown>()
      for (const block of answer ?? []) {
        if (block.id !== undefined) ids.add(block.id)
        if (block.tool_use_id !== undefined) expect(ids).toContain(block.tool_use_id)
        const by = (block.caller as Json | undefined)?.tool_id
        if (by !== undefined) expect(ids).toContain(by)
      }
      const answered = new Set(sent.flat().map((block) => block.tool_use_id))
      const closed = more || sent.length > 2
      for (const { type, id } of answer ?? []) {
        if (String(type).endsWith('_tool_use') && more) expect(answered).toContain(id)
        if (type === 'tool_use' && closed) expect(answered).toContain(id)
      }
      for (const content of sent) {
        expect(content.length).toBeGreaterThan(0)
        expect(String(content.at(-1)?.type)).not.toMatch(/thinking$/)
      }
    },
  )
  await fc.assert(property, { numRuns: 300 })
})
