import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CompleteEvent, ContentEvent } from '../../../src/base/events.js'
import {
  type ConversationChange,
  type ConversationStore,
  createConversation,
  type LeftBehind,
  memoryStore,
  type StoredConversation,
} from '../../../src/entries/conversation.js'
import type { StreamEvent } from '../../../src/entries/index.js'
import { createResumable, memoryLog } from '../../../src/entries/resumable.js'
import { readRest } from '../support.js'
import { type AnyTurn, anyTurn, modelOf, toolsOf } from './any-turn.js'

const retries = { minDelayMs: 0, maxDelayMs: 0 }
/** A lease that its holder has released. */
const lease = { fence: 'gone', leaseMs: 1_000 }

interface Told {
  events: StreamEvent[]
  /** What the store held, one after the other. */
  states: StoredConversation[]
  /** The first of the states that was there when an event was read. */
  known: number[]
}

/** A store that keeps what it has held. */
function recorded(inner: ConversationStore, states: StoredConversation[]): ConversationStore {
  return {
    load: (id) => inner.load(id),
    clear: (id) => inner.clear(id),
    lock: (id, options) => inner.lock(id, options),
    async write(id: string, change: ConversationChange, version: string | null) {
      const next = await inner.write(id, change, version)
      states.push(structuredClone(await inner.load(id)))
      return next
    },
  }
}

const empty: StoredConversation = { messages: [], version: null }

/** Takes a turn to its end, and keeps everything that a process could leave behind in it. */
async function tell(turn: AnyTurn): Promise<Told> {
  const states = [empty]
  const told: Told = { events: [], states, known: [] }
  const store = recorded(memoryStore(), states)
  for await (const event of conversation(turn, store, true).send('Hi')) {
    told.events.push(event)
    told.known.push(states.length - 1)
  }
  return told
}

function conversation(
  turn: AnyTurn,
  store: ConversationStore,
  isFirst: boolean,
  ran: string[] = [],
) {
  const { afterContent } = turn
  return createConversation({
    id: 'c',
    store,
    driver: modelOf(turn, isFirst),
    tools: toolsOf(turn, ran),
    retry: isFirst || afterContent ? { ...retries, ...(afterContent && { afterContent }) } : false,
  })
}

/** The blocks that stand. */
function indexesOf(events: readonly StreamEvent[]): number[] {
  const indexes = new Set<number>()
  for (const event of events) {
    if (event.type === 'content') indexes.add(event.index)
    else if (event.type === 'retry' && event.mode === 'restart') {
      for (const index of indexes) if (index >= (event.from ?? 0)) indexes.delete(index)
    }
  }
  return [...indexes]
}

/** The message that a reader makes of events, without code of the library. */
function fold(events: readonly StreamEvent[]): object[] {
  const blocks = new Map<number, ContentEvent[]>()
  for (const event of events) {
    if (event.type === 'content') {
      blocks.set(event.index, [...(blocks.get(event.index) ?? []), event])
    } else if (event.type === 'retry' && event.mode === 'restart') {
      for (const index of blocks.keys()) if (index >= (event.from ?? 0)) blocks.delete(index)
    }
  }
  return [...blocks.values()].flatMap((pieces): object[] => {
    const end = pieces.at(-1) as ContentEvent
    const { type: _type, index: _index, kind, ...rest } = end
    if (end.kind === 'tool-call') {
      const input = pieces.map((piece) => (piece as { input: string }).input).join('')
      return [{ type: kind, ...rest, input: JSON.parse(input) }]
    }
    if (end.kind !== 'text' && end.kind !== 'reasoning') return [{ type: kind, ...rest }]
    const text = pieces.map((piece) => (piece as { text: string }).text).join('')
    return text === '' && !('signature' in rest) ? [] : [{ type: kind, ...rest, text }]
  })
}

/** Lets another process take over what one has left behind, and checks what readers receive. */
async function takeOver(
  turn: AnyTurn,
  first: CompleteEvent,
  told: Told,
  shown: number,
  state: StoredConversation,
): Promise<Told> {
  const log = memoryLog()
  const inner = memoryStore()
  const { messages, draft } = structuredClone(state)
  await inner.write('c', { add: messages, ...(draft && { draft }) }, null)
  const states = [state]
  const store = recorded(inner, states)
  const known = told.known.slice(0, shown)
  const events = told.events.slice(0, shown)
  await log.create('s', lease)
  const lines = events.map((event) => JSON.stringify(event))
  await log.append('s', lease, { first: 1, events: lines, ended: false })
  await log.release('s', lease)
  const other = conversation(turn, store, false)
  async function* revive(_id: string, left: LeftBehind): AsyncGenerator<StreamEvent> {
    for await (const event of other.resume(left)) {
      if (event.type !== 'start') known.push(states.length - 1)
      yield event
    }
  }
  const resumable = createResumable({ log, revive })
  const read = (after: number) => readRest(resumable, 's', after)
  const [live, all] = await Promise.all([read(shown), read(0)])
  expect(all.slice(shown)).toEqual(live)
  expect(JSON.stringify(all.slice(0, shown))).toBe(`[${lines.join()}]`)
  for (const after of [1, shown - 1, shown + 1, all.length - 1]) {
    expect(await read(after)).toEqual(all.slice(after))
  }
  expect(live.filter(({ type }) => type === 'retry')).toHaveLength(1)
  expect(live[0]).toMatchObject({ type: 'retry', error: { code: 'interrupted' } })
  const complete = all.at(-1) as CompleteEvent
  expect(complete.type).toBe('complete')
  expect(fold(all)).toEqual(complete.message.content)
  expect(complete.text).toBe(first.text)
  expect(indexesOf(all)).toEqual(indexesOf(all).map((_, at) => at))
  // An answer that was committed gives its message only.
  if (draft !== undefined) {
    expect(complete.steps?.map(({ text, calls }) => ({ text, calls }))).toEqual(
      first.steps?.map(({ text, calls }) => ({ text, calls })),
    )
  }
  const stored = await other.messages()
  expect(stored).toHaveLength(2)
  expect(stored[1]).toMatchObject({ id: first.message.id, content: complete.message.content })
  return { events: all, states, known }
}

/** Lets a process end after each event from this one on, with each state that could be there then. */
async function takeOverAll(
  turn: AnyTurn,
  first: CompleteEvent,
  told: Told,
  from: number,
  again: number,
) {
  const { events, states, known } = told
  // The last event ends the stream, and nothing takes over what has ended.
  for (let shown = from; shown < events.length; shown++) {
    // A turn stores its question first.
    for (
      let state = Math.max(from === 1 ? 1 : 0, known[shown - 1] ?? 0);
      state < states.length;
      state++
    ) {
      try {
        const next = await takeOver(turn, first, told, shown, states[state] as StoredConversation)
        if (again > 0 && (shown + state) % 4 === 0) {
          await takeOverAll(turn, first, next, shown + 1, again - 1)
        }
      } catch (cause) {
        throw new Error(`After ${shown} events, with state ${state}: ${String(cause)}`, { cause })
      }
    }
  }
}

test('readers of a turn whose process is gone at any point end with its whole message', async () => {
  await fc.assert(
    fc.asyncProperty(anyTurn, async (turn) => {
      const told = await tell(turn)
      await takeOverAll(turn, told.events.at(-1) as CompleteEvent, told, 1, 0)
    }),
    { numRuns: 20 },
  )
}, 120_000)

test('readers of a turn end with its whole message also if the next process is gone, too', async () => {
  await fc.assert(
    fc.asyncProperty(anyTurn, async (turn) => {
      const told = await tell(turn)
      await takeOverAll(turn, told.events.at(-1) as CompleteEvent, told, 1, 1)
    }),
    { numRuns: 5 },
  )
}, 120_000)
