/**
 * Every fault, in each of three steps of a turn with tools, on every driver: what the reader receives, that the partial message
 * continues the turn, what the requests hold, and that every tool runs exactly once.
 */

import { getEventListeners } from 'node:events'
import { beforeAll, describe, expect, test } from 'vitest'
import type { StreamEvent } from '../../src/base/events.js'
import type { AssistantMessage, Message } from '../../src/base/messages.js'
import { createStream, tool } from '../../src/entries/index.js'
import { simulatedProvider } from '../../src/entries/testing.js'
import type { SimulatedRequest } from '../../src/testing/providers/request.js'
import { exchangesIn } from '../support/wire-order.js'
import {
  answerTo,
  callsBefore,
  describeEvents,
  eventsBefore,
  expectedRest,
  expectedTurn,
  outputOf,
  retry,
  type StepRow,
  stepFaults,
  stepRows,
} from './steps.js'

/** How many rows run at once. */
const atOnce = 40

interface Outcome {
  turn: StreamEvent[]
  /** Of the turn that continues with the partial message; undefined if the first one was whole. */
  rest: StreamEvent[] | undefined
  refusedCalls: number
  runs: number[]
  listeners: number
  /** The calls and results in the last request of each step. */
  sent: string[][]
}

const outcomes = new Map<StepRow, PromiseWithResolvers<Outcome>>()

beforeAll(() => {
  for (const row of stepRows) {
    const outcome = Promise.withResolvers<Outcome>()
    outcome.promise.catch(() => {})
    outcomes.set(row, outcome)
  }
  const waiting = outcomes.entries()
  const work = async (): Promise<void> => {
    for (const [row, outcome] of waiting) await run(row).then(outcome.resolve, outcome.reject)
  }
  for (let worker = 0; worker < atOnce; worker++) void work()
})

describe.each(stepFaults)('$name', (fault) => {
  test.each(stepRows.filter((row) => row.fault === fault))(
    '$name',
    async (row) => {
      const outcome = (await outcomes.get(row)?.promise) as Outcome
      expect(describeEvents(outcome.turn)).toEqual(expectedTurn(row))
      const { rest } = outcome
      if (rest !== undefined) {
        expect(describeEvents(rest)).toEqual(expectedRest(row, outcome.refusedCalls))
      }
      expect(outcome.runs).toEqual([1, 2, 3])
      expect(outcome.listeners).toBe(0)
      for (const [at, sent] of outcome.sent.entries()) {
        expect(sent).toEqual(callsBefore(at + 1).map((each) => `${each}: ${outputOf(each)}`))
      }
    },
    60_000,
  )
})

async function run(row: StepRow): Promise<Outcome> {
  const runs: number[] = []
  const sent: string[][] = [[], [], []]
  let faulty = true
  const provider = simulatedProvider({
    paceMs: 0,
    answer: (request) => {
      const found = foundIn(request)
      const step = found.length === 0 ? 1 : found.length === 2 ? 2 : 3
      sent[step - 1] = found
      const parts = answerTo(row, request, step, faulty)
      if (step === row.step && row.policy === 'a retry that helps') faulty = false
      return parts
    },
  })
  const { url, close } = await provider.listen()
  const damaging = (): boolean => row.fault.malformed === true && faulty
  const driver = row.driver.driver({ url, fetch: damage(row, damaging) })
  const find = tool({
    parameters: { type: 'object', properties: { at: { type: 'integer' } } },
    run: ({ at }: { at: number }) => {
      runs.push(at)
      return outputOf(at)
    },
  })
  const { signal } = new AbortController()
  const read = async (messages: readonly Message[]): Promise<StreamEvent[]> => {
    const { timeout = {} } = row.fault
    const events: StreamEvent[] = []
    const options = { driver, messages, tools: { find }, signal, retry, timeout }
    for await (const event of createStream(options)) events.push(event)
    return events
  }
  const messages: Message[] = [{ role: 'user', content: 'Find all three.' }]
  const turn = await read(messages)
  const last = turn.at(-1)
  const message = last?.type === 'error' ? last.partial : row.fault.finishReason && messageOf(last)
  const outcome = { turn, rest: undefined, refusedCalls: 0, runs, sent, listeners: 0 }
  faulty = false
  const more: Partial<Outcome> = message ? await goOn(message) : {}
  const listeners = getEventListeners(signal, 'abort').length
  await close()
  return { ...outcome, ...more, runs: runs.toSorted((one, other) => one - other), listeners }

  async function goOn(partial: AssistantMessage): Promise<Partial<Outcome>> {
    const { content } = JSON.parse(JSON.stringify(partial)) as AssistantMessage
    const parts = typeof content === 'string' ? [] : content
    // Words that broke off would be a beginning for the model to continue.
    const asks: Message[] =
      parts.at(-1)?.type === 'text' ? [{ role: 'user', content: 'Go on.' }] : []
    const rest = await read([...messages, { ...partial, content }, ...asks])
    const open = parts.filter((part) => part.type === 'tool-call' && part.error !== undefined)
    return { rest, refusedCalls: asks.length > 0 ? 0 : open.length }
  }
}

function messageOf(event: StreamEvent | undefined): AssistantMessage | undefined {
  return event?.type === 'complete' ? event.message : undefined
}

/** The calls of a request that have run, in their order. A broken order throws, and the request fails. */
function foundIn({ wire, body }: SimulatedRequest): string[] {
  const exchanges = exchangesIn(wire ?? 'openai-chat', body as object)
  return exchanges.flatMap(({ input, output }) => {
    const [found] = /found \d/.exec(JSON.stringify(output)) ?? []
    return found === undefined ? [] : [`${(input as { at: number }).at}: ${found}`]
  })
}

/** A fetch whose body has an event that is not JSON after so many chunks, and then stays open. */
function damage(row: StepRow, isDamaging: () => boolean): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    const path = new URL(input instanceof Request ? input.url : input).pathname
    const body = JSON.parse(init?.body as string) as object
    const wire = row.driver.wire
    const request = { path, body, wire } as SimulatedRequest
    const found = foundIn(request)
    const step = found.length === 0 ? 1 : found.length === 2 ? 2 : 3
    if (!isDamaging() || step !== row.step || response.body === null) return response
    const whole = await response.text()
    const count = eventsBefore(row, request, answerTo(row, request, step, false))
    const events = whole.split(/(?<=\r?\n\r?\n)/)
    const sent = `${events.slice(0, count).join('')}data: upstream connect error\n\n`
    const bytes = new TextEncoder().encode(sent)
    const damaged = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes),
    })
    return new Response(damaged, { headers: response.headers })
  }
}
