/**
 * Whatever the grammar allows, the clients' own readers take it, and show what the stream says.
 */

import { HttpAgent, type Message } from '@ag-ui/client'
import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai'
import * as fc from 'fast-check'
import OpenAI from 'openai'
import { expect, test, vi } from 'vitest'
import { Accumulator } from '../../../src/base/accumulator.js'
import type { CompleteEvent, ContentEvent, StreamEvent } from '../../../src/base/events.js'
import type { Format } from '../../../src/base/stream-format.js'
import { agUi, aiSdk, openaiChat } from '../../../src/entries/formats.js'
import { StreamError, toResponse } from '../../../src/entries/index.js'
import { anyText } from '../../support/any-text.js'
import { complete, failed, retry } from '../events.js'

const kinds = ['text', 'reasoning', 'tool-call', 'text', 'reasoning', 'source', 'tool-call', 'file']

function content(attempt: number, index: number, piece: string): ContentEvent {
  const base = { type: 'content', index } as const
  const signed = piece.startsWith('s') ? { signature: piece } : {}
  switch (kinds[index]) {
    case 'text':
      return { ...base, kind: 'text', text: piece, ...signed }
    case 'reasoning':
      return { ...base, kind: 'reasoning', text: piece, ...signed }
    case 'tool-call': {
      const id = `call-${attempt}-${index}`
      return { ...base, kind: 'tool-call', id, name: 'tool', input: piece, ...signed }
    }
    case 'source':
      return { ...base, kind: 'source', url: `https://x.test/${index}` }
    default:
      return { ...base, kind: 'file', mediaType: 'image/png', data: 'AAAA' }
  }
}

interface Told {
  events: StreamEvent[]
  /** What the stream says at its end. */
  message: { text: string; reasoning: string; calls: string[] }
  completes: boolean
  /** A restart voids something. */
  voids: boolean
}

const piece = fc.oneof(anyText({ maxLength: 6 }), fc.constant('signed'))
const contents = fc.array(fc.tuple(fc.nat(kinds.length - 1), piece), { maxLength: 12 })
const attempts = fc.array(fc.tuple(contents, fc.constantFrom('restart', 'continue')), {
  minLength: 1,
  maxLength: 4,
})

/** @param order - whether blocks follow each other, as they do in nearly all answers */
function tell(
  told: [[number, string][], 'restart' | 'continue'][],
  completes: boolean,
  order: boolean,
): Told {
  const accumulator = new Accumulator()
  const events: StreamEvent[] = [{ type: 'start', id: 's', provider: 'p', model: 'm' }]
  let written = false
  let voids = false
  let lastIndex = 0
  told.forEach(([pieces, mode], attempt) => {
    if (attempt > 0) {
      events.push(retry(mode))
      if (mode === 'restart') {
        voids ||= written
        written = false
        lastIndex = 0
        accumulator.reset()
      }
    }
    const sorted = order ? pieces.toSorted(([a], [b]) => a - b) : pieces
    for (const [index, text] of sorted) {
      if (order && index < lastIndex) continue
      lastIndex = index
      // A call has one id, also where another attempt goes on with it.
      const before = events.findLast((e) => e.type === 'content' && e.index === index)
      const kept = mode === 'continue' && before?.type === 'content' && before.kind === 'tool-call'
      const event = content(kept ? Number(before.id.split('-')[1]) : attempt, index, text)
      accumulator.add(event)
      events.push(event)
      written ||= text !== '' || !['text', 'reasoning'].includes(event.kind)
    }
  })
  const message = accumulator.message()
  const parts = message.content as Exclude<typeof message.content, string>
  const end: CompleteEvent = { ...complete, text: accumulator.text(), message }
  events.push(completes ? end : failed(new StreamError('network', 'n')))
  return {
    events,
    completes,
    voids,
    message: {
      text: accumulator.text(),
      reasoning: parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join(''),
      calls: parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : [])),
    },
  }
}

async function respond({ events }: Told, format: Format): Promise<Response> {
  async function* all(): AsyncGenerator<StreamEvent> {
    yield* events
  }
  return toResponse(all(), format)
}

const told = fc
  .tuple(attempts, fc.boolean(), fc.boolean())
  .map(([all, completes, order]) => ({ order, told: tell(all as never, completes, order) }))
const options = { numRuns: 300 }

test('the reader of the AI SDK takes every stream, and shows what stands at its end', async () => {
  await fc.assert(
    fc.asyncProperty(told, async ({ order, told: stream }) => {
      const transport = new DefaultChatTransport({ fetch: () => respond(stream, aiSdk()) })
      const chunks = await transport.sendMessages({
        chatId: 'c',
        messages: [],
        trigger: 'submit-message',
        messageId: undefined,
        abortSignal: undefined,
      })
      const errors: unknown[] = []
      let message: UIMessage | undefined
      const onError = (error: unknown): void => void errors.push(error)
      for await (const each of readUIMessageStream({ stream: chunks, onError })) message = each
      if (!stream.completes) {
        expect(errors).toEqual([new Error('The connection to the model failed.')])
        return
      }
      expect(errors).toEqual([])
      const parts = message?.parts ?? []
      const join = (kind: string): string =>
        parts.map((part) => (part.type === kind && 'text' in part ? part.text : '')).join('')
      if (order) {
        expect(join('text')).toBe(stream.message.text)
        expect(join('reasoning')).toBe(stream.message.reasoning)
      }
      const calls = parts.flatMap((part) => ('toolCallId' in part ? [part.toolCallId] : []))
      expect(new Set(calls)).toEqual(new Set(stream.message.calls))
      const states = parts.map((part) => ('state' in part ? part.state : undefined))
      expect(states).not.toContain('streaming')
      expect(states).not.toContain('input-streaming')
    }),
    options,
  )
})

test('the reader of AG-UI takes every stream, and shows what stands at its end', async () => {
  const complaints = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const errors = vi.spyOn(console, 'error').mockImplementation(() => {})
  const history: Message[] = [{ id: 'u', role: 'user', content: 'Hi' }]
  await fc.assert(
    fc.asyncProperty(told, async ({ told: stream }) => {
      const fetch = (): Promise<Response> => respond(stream, agUi({ messages: history }))
      const agent = new HttpAgent({ url: 'http://x.test/', fetch, initialMessages: history })
      let end = ''
      await agent.runAgent(
        {},
        {
          onRunErrorEvent: ({ event }) => void (end = `error ${event.code}`),
          onRunFinishedEvent: ({ outcome }) => void (end = outcome),
        },
      )
      expect(complaints.mock.calls).toEqual([])
      // The response writer prints failures for developers.
      const others = errors.mock.calls.filter(([line]) => !String(line).startsWith('sluice: '))
      expect(others).toEqual([])
      expect(end).toBe(stream.completes ? 'success' : 'error network')
      if (!stream.completes) return
      const [user, ...rest] = agent.messages
      expect(user).toEqual(history[0])
      const assistants = rest.filter(({ role }) => role === 'assistant')
      expect(assistants.length).toBeLessThanOrEqual(1)
      const [assistant] = assistants as Extract<Message, { role: 'assistant' }>[]
      expect(assistant?.toolCalls?.map(({ id }) => id) ?? []).toEqual(
        expect.arrayContaining(stream.message.calls),
      )
      const text = rest.map((each) => (each.role === 'assistant' ? (each.content ?? '') : ''))
      expect([...text.join('')].toSorted()).toEqual([...stream.message.text].toSorted())
    }),
    options,
  )
  vi.restoreAllMocks()
})

test('the openai SDK takes every stream, and throws where one takes back what it said', async () => {
  await fc.assert(
    fc.asyncProperty(told, async ({ order, told: stream }) => {
      const fetch = (): Promise<Response> => respond(stream, openaiChat({ earlyStatus: false }))
      const client = new OpenAI({ apiKey: 'k', fetch, maxRetries: 0 })
      const runner = client.chat.completions.stream({ model: 'm', messages: [] })
      const final = runner.finalChatCompletion()
      if (stream.voids || !stream.completes) {
        await expect(final).rejects.toMatchObject({
          error: { code: stream.voids ? 'retracted' : 'network' },
        })
        return
      }
      const message = (await final).choices[0]?.message
      expect((message?.tool_calls ?? []).map(({ id }) => id).toSorted()).toEqual(
        stream.message.calls.toSorted(),
      )
      if (order) expect(message?.content ?? '').toBe(stream.message.text)
    }),
    options,
  )
})
