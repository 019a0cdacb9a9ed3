/**
 * Whatever the model answers, the tools do and the readers leave: no run is lost, none is repeated, and every history that
 * comes of it is one that every provider takes.
 */

import { createHmac } from 'node:crypto'
import { getEventListeners } from 'node:events'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Accumulator } from '../../src/base/accumulator.js'
import type { StreamEvent } from '../../src/base/events.js'
import type {
  AssistantMessage,
  Message,
  OutputPart,
  ToolCallPart,
  ToolMessage,
  ToolResultPart,
} from '../../src/base/messages.js'
import { createStream } from '../../src/entries/index.js'
import { LoopSource } from '../../src/loop/loop-source.js'
import { checkGrammar } from '../faults/grammar.js'
import { timers } from '../faults/reading.js'
import { exchangesOnEveryWire } from '../support/wire-order.js'
import {
  answers,
  type ModelAnswer,
  modelOf,
  Runs,
  type ToolPlan,
  type TurnReader,
  toolPlans,
  turnReaders,
  usage,
} from './world.js'

const unhandled = vi.fn()

beforeEach(() => {
  vi.useFakeTimers({ toFake: [...timers] })
  signAtOnce()
  process.on('unhandledRejection', unhandled)
})

afterEach(() => {
  process.off('unhandledRejection', unhandled)
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Threads take real time, in which the faked one would run away. */
function signAtOnce(): void {
  const sign = (key: unknown, data: unknown): ArrayBuffer => {
    const bytes = createHmac('sha256', key as Uint8Array)
      .update(data as Uint8Array)
      .digest()
    return new Uint8Array(bytes).buffer
  }
  const { subtle } = crypto
  vi.spyOn(subtle, 'importKey').mockImplementation(async (_format, bytes) => bytes as never)
  vi.spyOn(subtle, 'sign').mockImplementation(async (_algorithm, key, data) => sign(key, data))
  vi.spyOn(subtle, 'verify').mockImplementation(async (_algorithm, key, signature, data) =>
    Buffer.from(signature as Uint8Array).equals(Buffer.from(sign(key, data))),
  )
}

const key = 'a key of at least sixteen characters'
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Told {
  events: StreamEvent[]
  /** Undefined for a reader that left. */
  message: AssistantMessage | undefined
  folded: Accumulator
  id: string
}

/** One conversation, over several turns. */
class Session {
  readonly runs = new Runs()
  messages: Message[] = [{ role: 'user', content: 'Hi' }]
  readonly #signingKey: string | undefined
  readonly #driver
  readonly #tools

  constructor(
    list: readonly ModelAnswer[],
    plans: readonly ToolPlan[],
    signingKey: string | undefined,
  ) {
    this.#signingKey = signingKey
    this.#driver = modelOf(list, ({ messages = [] }) => checkSent(messages))
    this.#tools = this.runs.tools(plans)
  }

  /** @returns whether another turn can follow */
  async turn(reader: TurnReader): Promise<boolean> {
    const told = await this.#read(reader)
    const { events, message, id } = told
    const last = events.at(-1)
    checkGrammar(events, message === undefined)
    this.#checkRuns(message)
    this.runs.begunNow.clear()
    if (last?.type === 'error' && last.error.code === 'invalid-request') {
      // Without a key nothing proves that a call may run whose tool needs approval.
      expect(this.#signingKey).toBeUndefined()
      return false
    }
    if (last?.type === 'error' && last.error.code === 'unknown') {
      expect(last.error.message).toBe('A bug of the driver.')
    }
    if (message !== undefined) this.#checkMessage(told, message)
    const comesBackWith = this.#back(reader, told)
    if (comesBackWith.content.length > 0) this.messages.push(copy({ ...comesBackWith, id }))
    checkSent(this.messages)
    this.#reply(reader, last)
    return true
  }

  #back({ comesBackWith }: TurnReader, { message, folded }: Told): AssistantMessage {
    if (message !== undefined && comesBackWith === 'what it was given') return message
    const missed = folded.message(this.#signingKey === undefined ? undefined : 'unknown')
    const known = JSON.stringify([...this.messages, missed])
    for (const [ended, output] of this.runs.ended) {
      // Nobody can know that it has run. A tool with once is counted apart.
      if (!known.includes(output)) this.runs.ended.delete(ended)
    }
    return missed
  }

  #reply({ replies, changesTheSubject }: TurnReader, last: StreamEvent | undefined): void {
    const waiting = last?.type === 'complete' ? (last.waiting ?? []) : []
    const content: ToolMessage['content'][number][] = []
    for (const [at, { id, name, for: what }] of waiting.entries()) {
      const reply = replies[at % replies.length]
      if (reply === 'later') continue
      if (what === 'approval') {
        content.push({ type: 'tool-approval', id, approved: reply === 'yes' })
      } else if (what === 'client') {
        content.push({ type: 'tool-result', id, name, output: 'from the client' })
      }
    }
    const goesOn = waiting.length > 0 || last?.type !== 'complete'
    if (content.length > 0) this.messages.push({ role: 'tool', content })
    if (!goesOn || changesTheSubject) this.messages.push({ role: 'user', content: 'And now?' })
  }

  async #read(reader: TurnReader): Promise<Told> {
    const controller = new AbortController()
    const { signal } = controller
    const stream = createStream({
      driver: this.#driver,
      messages: copy(this.messages),
      tools: this.#tools,
      maxSteps: reader.maxSteps,
      signal,
      retry: { maxRetries: 1, minDelayMs: 1, maxDelayMs: 1 },
      timeout: { firstChunkMs: 20, chunkMs: 20, silenceMs: 20, toolMs: 50 },
      ...(this.#signingKey === undefined ? {} : { signingKey: this.#signingKey }),
    })
    const events: StreamEvent[] = []
    const folded = new Accumulator()
    const read = async (): Promise<void> => {
      for await (const event of stream) {
        events.push(event)
        folded.add(event)
        // Meanwhile several results come, which are then one batch.
        if (reader.isSlow) for (let turns = 0; turns < 3; turns++) await soon()
        if (events.length !== reader.at) continue
        if (reader.leave === 'break') return
        if (reader.leave === 'cancel') stream.cancel()
        if (reader.leave === 'abort') controller.abort()
      }
    }
    let timer: ReturnType<typeof setTimeout> | undefined
    if (reader.leave === 'timed abort') timer = setTimeout(() => controller.abort(), reader.at * 7)
    const state = { isOver: false }
    const reading = read().finally(() => {
      state.isOver = true
    })
    for (let turns = 0; !state.isOver && turns < 5_000; turns++) {
      await soon()
      if (turns % 3 === 2) vi.advanceTimersToNextTimer()
    }
    expect(state.isOver).toBe(true)
    await reading
    clearTimeout(timer)
    for (let turns = 0; turns < 3; turns++) await soon()
    expect(vi.getTimerCount()).toBe(0)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    expect(unhandled.mock.calls).toEqual([])
    const [start, last] = [events[0], events.at(-1)]
    const id = start?.type === 'start' ? start.id : ''
    const message =
      last?.type === 'complete' ? last.message : last?.type === 'error' ? last.partial : undefined
    return { events, message, folded, id }
  }

  #checkRuns(message: AssistantMessage | undefined): void {
    const { begun, begunNow, ended, once, repeated } = this.runs
    expect(repeated).toEqual([])
    for (const each of once) expect([each, begun.get(each)]).toEqual([each, 1])
    if (message === undefined) return
    const known = JSON.stringify([...this.messages, message])
    for (const output of ended.values()) expect(known).toContain(output)
    // What may not run again has a result, be it that nobody knows.
    const results = (message.content as readonly OutputPart[]).filter(isResult)
    for (const [callId, count] of begunNow) {
      const own = results.filter(({ id }) => id === callId)
      expect(own.length).toBeGreaterThanOrEqual(count)
    }
  }

  #checkMessage({ events, folded }: Told, message: AssistantMessage): void {
    const last = events.at(-1)
    const content = message.content as readonly OutputPart[]
    const shown = (folded.message().content as readonly OutputPart[]).filter(
      (part) => !isResult(part) || !part.preliminary,
    )
    expect(withoutResults(content, shown)).toEqual(shown.map(bare))
    if (last?.type !== 'complete') return
    expect(content.map(bare)).toEqual(shown.map(bare))
    const { steps = [], waiting = [] } = last
    expect(steps.length).toBeGreaterThan(-1)
    const count = steps.length
    expect(last.usage).toEqual(
      count === 0
        ? {}
        : {
            inputTokens: count * usage.inputTokens,
            outputTokens: count * usage.outputTokens,
            totalTokens: count * usage.totalTokens,
          },
    )
    const isLeft = last.finishReason === 'tool-calls'
    const open = openIn([...this.messages, message], isLeft)
    expect(open).toEqual(waiting.map(({ id }) => id).toSorted())
    if (waiting.length > 0) expect(isLeft).toBe(true)
  }
}

/** Every provider takes the messages, and none of them receives a preliminary result. */
function checkSent(messages: readonly Message[]): void {
  for (const { output } of exchangesOnEveryWire(messages)) {
    expect(JSON.stringify(output)).not.toMatch(/half|more/)
  }
}

/** What the events decide about a part: a call that broke off has an error at the end only. */
function bare(part: OutputPart): object {
  if (part.type !== 'tool-call') return part
  const { id, name, seal } = part
  return { type: part.type, id, name, ...(seal === undefined ? {} : { seal }) }
}

/** The parts of a message, without results and seals that the reader has not received. */
function withoutResults(content: readonly OutputPart[], shown: readonly OutputPart[]): object[] {
  const left = shown.map(bare)
  return content.flatMap((part) => {
    const [next] = left
    const whole = bare(part)
    if (part.type === 'tool-result' && JSON.stringify(next) !== JSON.stringify(whole)) return []
    left.shift()
    return [
      next !== undefined && !('seal' in next) ? bare({ ...part, seal: undefined } as never) : whole,
    ]
  })
}

/** The ids of the calls without a result since the last words of the user. */
function openIn(messages: readonly Message[], isLeft: boolean): string[] {
  // The next request answers the calls that carry an error, too.
  const isOpen = ({ error }: ToolCallPart): boolean => isLeft || error === undefined
  const since = messages.findLastIndex(({ role }) => role === 'user')
  const open: { id: string; isWhole: boolean }[] = []
  for (const { content } of messages.slice(since)) {
    for (const part of content as readonly (OutputPart | ToolMessage['content'][number])[]) {
      if (typeof part === 'string') continue
      if (part.type === 'tool-call') open.push({ id: part.id, isWhole: isOpen(part) })
      if (part.type !== 'tool-result' || part.preliminary) continue
      const at = open.findIndex(({ id }) => id === part.id)
      expect(at).toBeGreaterThan(-1)
      open.splice(at, 1)
    }
  }
  return open.flatMap(({ id, isWhole }) => (isWhole ? [id] : [])).toSorted()
}

function isResult(part: OutputPart): part is ToolResultPart {
  return part.type === 'tool-result'
}

function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

test('no run is lost and none is repeated', async () => {
  // It is loaded with the first turn otherwise, and the test runner sets a timer for that.
  expect(LoopSource).toBeDefined()
  await fc.assert(
    fc.asyncProperty(
      answers,
      toolPlans,
      turnReaders,
      fc.boolean(),
      async (list, plans, readers, signed) => {
        unhandled.mockClear()
        vi.clearAllTimers()
        const session = new Session(list, plans, signed ? key : undefined)
        for (const reader of readers) if (!(await session.turn(reader))) break
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 500) },
  )
}, 60_000)
