/**
 * Whatever the grammar allows, the clients' own readers take it, and show what the stream says.
 */

import { HttpAgent, type Message } from '@ag-ui/client'
import type { UIMessage } from 'ai'
import * as fc from 'fast-check'
import OpenAI from 'openai'
import { expect, test, vi } from 'vitest'
import { Accumulator } from '../../../src/base/accumulator.js'
import type {
  CompleteEvent,
  ContentEvent,
  RetryEvent,
  StreamEvent,
} from '../../../src/base/events.js'
import type { Format } from '../../../src/base/stream-format.js'
import { agUi, aiSdk, openaiChat } from '../../../src/entries/formats.js'
import { StreamError, toResponse } from '../../../src/entries/index.js'
import { anyText } from '../../support/any-text.js'
import { complete, failed, retry } from '../events.js'
import { type Version, versions } from './ai-versions.js'

const kinds = ['text', 'reasoning', 'tool-call', 'text', 'reasoning', 'source', 'tool-call', 'file']

/** @param index - within the step, whose first block is `base` */
function contentOf(attempt: string, base: number, index: number, piece: string): ContentEvent {
  const event = { type: 'content', index: base + index } as const
  const signed = piece.startsWith('s') ? { signature: piece } : {}
  switch (kinds[index]) {
    case 'text':
      return { ...event, kind: 'text', text: piece, ...signed }
    case 'reasoning':
      return { ...event, kind: 'reasoning', text: piece, ...signed }
    case 'tool-call': {
      const id = `call-${attempt}-${index}`
      return { ...event, kind: 'tool-call', id, name: 'tool', input: piece, ...signed }
    }
    case 'source':
      return { ...event, kind: 'source', url: `https://x.test/${index}` }
    default:
      return { ...event, kind: 'file', mediaType: 'image/png', data: 'AAAA' }
  }
}

interface Told {
  events: StreamEvent[]
  /** What the stream says at its end. */
  message: {
    text: string
    reasoning: string
    calls: string[]
    /** The calls without a result. */
    waiting: string[]
    outputs: string[]
  }
  completes: boolean
  /** A restart voids something that formats without calls have shown. */
  voids: boolean
  /** A restart voids content of its step, shown or not. */
  retracts: boolean
}

const piece = fc.oneof(anyText({ maxLength: 6 }), fc.constant('signed'))
const contents = fc.array(fc.tuple(fc.nat(kinds.length - 1), piece), { maxLength: 12 })
const attempts = fc.array(fc.tuple(contents, fc.constantFrom('restart', 'continue')), {
  minLength: 1,
  maxLength: 3,
})
/** How each call of a step is answered. */
const answer = fc.record({ early: fc.boolean(), isError: fc.boolean() })
const step = fc.tuple(attempts, fc.array(answer, { minLength: 8, maxLength: 8 }))
const steps = fc.array(step, { minLength: 1, maxLength: 3 })

type Attempt = [[number, string][], 'restart' | 'continue']
type Step = [Attempt[], { early: boolean; isError: boolean }[]]

/** @param order - whether blocks follow each other, as they do in nearly all answers */
function tell(told: Step[], completes: boolean, order: boolean): Told {
  const accumulator = new Accumulator()
  const events: StreamEvent[] = [{ type: 'start', id: 's', provider: 'p', model: 'm' }]
  const add = (event: ContentEvent | RetryEvent): void => {
    accumulator.add(event)
    events.push(event)
  }
  let voids = false
  let retracts = false
  let base = 0
  for (const [number, [all, answers]] of told.entries()) {
    let written = false
    let begun = false
    let lastIndex = 0
    let blocks = base
    const from = base > 0 ? { from: base } : {}
    all.forEach(([pieces, mode], attempt) => {
      if (attempt > 0) {
        add({ ...retry(mode), ...(mode === 'restart' ? from : {}) })
        if (mode === 'restart') {
          voids ||= written
          retracts ||= begun
          written = false
          begun = false
          lastIndex = 0
          blocks = base
        }
      }
      const sorted = order ? pieces.toSorted(([a], [b]) => a - b) : pieces
      for (const [index, text] of sorted) {
        if (order && index < lastIndex) continue
        lastIndex = index
        // A call has one id, also where another attempt goes on with it.
        const before = events.findLast((e) => e.type === 'content' && e.index === base + index)
        const kept = mode === 'continue' && before?.type === 'content' && 'id' in before
        const name = kept ? before.id.split('-')[1] : String(100 * number + attempt)
        const event = contentOf(String(name), base, index, text)
        add(event)
        begun = true
        blocks = Math.max(blocks, event.index + 1)
        const isShown = text !== '' || ['source', 'file'].includes(event.kind)
        written ||= isShown && event.kind !== 'tool-call'
      }
    })
    if (number === told.length - 1) break
    const calls = new Map<number, string>()
    const since = events.findLastIndex((e) => e.type === 'retry' && e.mode === 'restart')
    for (const e of events.slice(since + 1)) {
      if (e.type === 'content' && e.kind === 'tool-call' && e.index >= base)
        calls.set(e.index, e.id)
    }
    base = blocks
    // Without calls it is a pause.
    for (const [position, id] of [...calls.values()].entries()) {
      const { early, isError } = answers[position % answers.length] ?? {}
      const result = {
        type: 'content',
        index: base++,
        kind: 'tool-result',
        id,
        name: 'tool',
      } as const
      if (early) add({ ...result, output: 'early', preliminary: true })
      add({ ...result, output: `out of ${id}`, ...(isError ? { isError } : {}) })
    }
  }
  const message = accumulator.message(false)
  const parts = message.content as Exclude<typeof message.content, string>
  const end: CompleteEvent = { ...complete, text: accumulator.text(), message }
  events.push(completes ? end : failed(new StreamError('network', 'n')))
  const calls = parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []))
  const results = parts.filter((part) => part.type === 'tool-result')
  return {
    events,
    completes,
    voids,
    retracts,
    message: {
      text: accumulator.text(),
      reasoning: parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join(''),
      calls,
      waiting: calls.filter((id) => results.every((result) => result.id !== id)),
      outputs: results.map(({ output }) => String(output)),
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
  .tuple(steps, fc.boolean(), fc.boolean())
  .map(([all, completes, order]) => ({ order, told: tell(all as never, completes, order) }))
const options = { numRuns: 300 }
/** Hundreds of streams take seconds, and far longer on a busy machine. */
const timeoutMs = 60_000
const publicRetracted = new StreamError('retracted', 'x').toJSON().message

test.each<Version>([5, 6, 7])(
  'the reader of ai %i takes every stream, and shows what stands at its end',
  async (version) => {
    await fc.assert(
      fc.asyncProperty(told, async ({ order, told: stream }) => {
        const fetch = (): Promise<Response> => respond(stream, aiSdk({ version }))
        const { message, errors } = await versions[version].read(fetch)
        if (version !== 7 && stream.retracts) {
          expect(errors).toEqual([expect.objectContaining({ message: publicRetracted })])
          return
        }
        if (!stream.completes) {
          expect(errors).toEqual([new Error('The connection to the model failed.')])
          return
        }
        expect(errors).toEqual([])
        const parts = (message as UIMessage | undefined)?.parts ?? []
        const join = (kind: string): string =>
          parts.map((part) => (part.type === kind && 'text' in part ? part.text : '')).join('')
        if (order) {
          expect(join('text')).toBe(stream.message.text)
          expect(join('reasoning')).toBe(stream.message.reasoning)
        }
        const calls = parts.flatMap((part) => ('toolCallId' in part ? [part.toolCallId] : []))
        expect(new Set(calls)).toEqual(new Set(stream.message.calls))
        const outputs = parts.flatMap((part) => {
          if (!('state' in part)) return []
          if (part.state === 'output-available') return [part.output]
          // Arguments that are no JSON are an error of the call itself, until it has a result.
          const isResult = part.state === 'output-error' && part.errorText.startsWith('out of')
          return isResult ? [part.errorText] : []
        })
        expect(outputs.map(String).toSorted()).toEqual(stream.message.outputs.toSorted())
        const states = parts.map((part) => ('state' in part ? part.state : undefined))
        expect(states).not.toContain('streaming')
        expect(states).not.toContain('input-streaming')
      }),
      { numRuns: version === 7 ? 300 : 100 },
    )
  },
  timeoutMs,
)

test(
  'the reader of AG-UI takes every stream, and shows what stands at its end',
  async () => {
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
        const calls = (assistants as Extract<Message, { role: 'assistant' }>[]).flatMap(
          ({ toolCalls = [] }) => toolCalls.map(({ id }) => id),
        )
        expect(calls).toEqual(expect.arrayContaining(stream.message.calls))
        const ids = rest.map(({ id }) => id)
        expect(new Set(ids).size).toBe(ids.length)
        const results = rest.filter(({ role }) => role === 'tool').map(({ content }) => content)
        expect(results.map(String).toSorted()).toEqual(stream.message.outputs.toSorted())
        const text = rest.map((each) => (each.role === 'assistant' ? (each.content ?? '') : ''))
        expect([...text.join('')].toSorted()).toEqual([...stream.message.text].toSorted())
      }),
      options,
    )
    vi.restoreAllMocks()
  },
  timeoutMs,
)

test(
  'the openai SDK takes every stream, and throws where one takes back what it said',
  async () => {
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
          stream.message.waiting.toSorted(),
        )
        if (order) expect(message?.content ?? '').toBe(stream.message.text)
      }),
      options,
    )
  },
  timeoutMs,
)
