import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ToolCallContent } from '../../src/base/content-kinds.js'
import type { ContentEvent, RetryEvent, StreamEvent } from '../../src/base/events.js'
import { Accumulator, StreamError } from '../../src/entries/client.js'
import { createStream } from '../../src/entries/index.js'
import { scripted } from '../../src/entries/testing.js'
import { text } from '../support/answers.js'

const call = (
  index: number,
  input: string,
  more: Partial<ToolCallContent> = {},
): ToolCallContent => ({
  type: 'content',
  index,
  kind: 'tool-call',
  id: `c${index}`,
  name: 'f',
  input,
  ...more,
})
function partsOf(events: readonly ContentEvent[], cut = false): unknown[] {
  const accumulator = new Accumulator()
  for (const event of events) accumulator.add(event)
  return accumulator.message(cut).content as unknown[]
}

const cutOff = 'The arguments were cut off before they were complete.'
const notRun = 'The answer broke off or reached a limit, so this call was not run.'
const noObject = 'The arguments are not a JSON object.'

describe('the arguments of a tool call', () => {
  test('arguments of a tool call are parsed; empty ones and null are an empty object', () => {
    for (const [input, parsed] of [
      ['{"x":1}', { x: 1 }],
      ['', {}],
      [' ', {}],
      ['null', {}],
    ] as const) {
      expect(partsOf([call(0, input)])).toEqual([
        { type: 'tool-call', id: 'c0', name: 'f', input: parsed },
      ])
    }
  })

  test('arguments that are not a JSON object stay text, with an error on their call only', () => {
    for (const input of ['{"x', '[1]', '5', '"x"', '{"x":1}{"y":2}']) {
      expect(partsOf([call(0, input), call(1, '{}')])).toMatchObject([
        { input, error: noObject },
        { input: {} },
      ])
    }
  })

  test('calls of an answer that was cut have an error, since they must not be run', () => {
    const [whole, broken] = partsOf([call(0, '{"x":1}'), call(1, '{"x":')], true) as object[]
    expect(whole).toMatchObject({ input: { x: 1 }, error: notRun })
    expect(broken).toMatchObject({ input: '{"x":', error: cutOff })
  })

  test('arguments that were cut before their beginning are not taken for empty ones', () => {
    const [first, last] = partsOf([call(0, ''), call(1, '')], true) as object[]
    expect(first).toEqual({ type: 'tool-call', id: 'c0', name: 'f', input: {}, error: notRun })
    expect(last).toMatchObject({ input: '', error: cutOff })
    expect(partsOf([call(0, ''), text('and so', 1)], true)[0]).toMatchObject({ input: {} })
  })

  test('the input of a custom tool stays text', () => {
    expect(partsOf([call(0, '{"x', { custom: true }), call(1, '5', { custom: true })])).toEqual([
      { type: 'tool-call', id: 'c0', name: 'f', input: '{"x', custom: true },
      { type: 'tool-call', id: 'c1', name: 'f', input: '5', custom: true },
    ])
  })
})

test('the name of a call may grow', () => {
  const events = [call(0, '', { name: 'get_' }), call(0, '{}', { name: 'get_weather' })]
  expect(partsOf(events)).toMatchObject([{ name: 'get_weather', input: {} }])
})

function retry(mode: RetryEvent['mode']): RetryEvent {
  const error = new StreamError('network', 'x')
  const asked = { provider: 'p', model: 'm' }
  return { type: 'retry', attempt: 2, maxAttempts: 3, delayMs: 0, mode, error, ...asked }
}

test('the answer so far is correct after each event, including restarts and continuations', () => {
  const answer = new Accumulator()
  const seen: string[] = []
  const start: StreamEvent = { type: 'start', id: 'i', provider: 'p', model: 'm' }
  for (const event of [
    start,
    text('a'),
    retry('continue'),
    text('b'),
    retry('restart'),
    text('c'),
  ]) {
    answer.add(event)
    seen.push(answer.text())
  }
  expect(seen).toEqual(['', 'a', 'a', 'ab', '', 'c'])
})

test('a returned message never changes, and is the same object until content arrives', () => {
  const answer = new Accumulator()
  answer.add(text('Hel'))
  answer.add(call(1, '{"a":1}'))
  const first = answer.message()
  const copy = structuredClone(first)
  expect(answer.message()).toBe(first)
  answer.add(text('lo'))
  const second = answer.message()
  expect(first).toEqual(copy)
  expect(second).not.toBe(first)
  expect(second.content[0]).toEqual({ type: 'text', text: 'Hello' })
  // A part that has not grown is not created or parsed again.
  expect(second.content[1]).toBe(first.content[1])
  answer.reset()
  expect(answer.message()).toEqual({ role: 'assistant', content: [] })
  expect(second.content[0]).toEqual({ type: 'text', text: 'Hello' })
})

test('reading the message after any event has no effect', () => {
  const event = fc.oneof(
    fc.tuple(fc.string(), fc.nat({ max: 2 })).map(([value, index]) => text(value, index)),
    fc.constantFrom(retry('restart'), retry('continue')),
    fc.constant(text('x'.repeat(5_000))),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.boolean())), (steps) => {
      const watched = new Accumulator()
      const left = new Accumulator()
      for (const [step, looks] of steps) {
        watched.add(step)
        left.add(step)
        if (looks) watched.message()
        if (looks) watched.text()
      }
      expect(watched.message()).toEqual(left.message())
      expect(watched.text()).toBe(left.text())
    }),
  )
})

test('incomplete arguments of a call are text without an error', () => {
  const answer = new Accumulator()
  answer.add(call(0, '{"a"'))
  const part = { type: 'tool-call', id: 'c0', name: 'f' }
  expect(answer.message().content).toEqual([{ ...part, input: '{"a"' }])
  expect(answer.message(true).content).toMatchObject([{ error: cutOff }])
  answer.add(call(0, ':1}'))
  expect(answer.message().content).toEqual([{ ...part, input: { a: 1 } }])
})

test('the message equals that of the complete event', async () => {
  const answer = new Accumulator()
  const driver = scripted([
    ['a', new StreamError('network', 'x')],
    ['b', 'c'],
  ])
  const stream = createStream({ driver, prompt: 'p', retry: { minDelayMs: 0, maxDelayMs: 0 } })
  for await (const event of stream) answer.add(event)
  const complete = await stream.final()
  expect(answer.message()).toEqual(complete.message)
  expect(answer.text()).toBe(complete.text)
})

describe('a turn of several steps', () => {
  const result = (index: number, id: string, preliminary?: true): ContentEvent => {
    const about = { type: 'content', index, kind: 'tool-result', id, name: 'f' } as const
    return { ...about, output: 1, ...(preliminary ? { preliminary } : {}) }
  }

  test('the calls before a result are those of a whole step', () => {
    const events = [call(0, '{}'), call(1, '{}'), result(2, 'c0'), call(3, '{}'), text('x', 4)]
    const accumulator = new Accumulator()
    for (const event of events) accumulator.add(event)
    const errors = (content: unknown): unknown[] =>
      (content as { type: string; error?: string }[])
        .filter(({ type }) => type === 'tool-call')
        .map(({ error }) => error)
    expect(errors(accumulator.message(true).content)).toEqual([undefined, undefined, notRun])
    const unknown = expect.stringContaining('its result was lost')
    expect(errors(accumulator.message('unknown').content)).toEqual([undefined, undefined, unknown])
    expect(errors(accumulator.message(false).content)).toEqual([undefined, undefined, undefined])
  })

  test('a preliminary result is part of an answer that is growing, and not of one that has ended', () => {
    const events = [call(0, '{}'), result(1, 'c0', true)]
    const accumulator = new Accumulator()
    for (const event of events) accumulator.add(event)
    expect(accumulator.message().content).toHaveLength(2)
    for (const cut of [true, false, 'unknown'] as const) {
      expect(accumulator.message(cut).content).toHaveLength(1)
    }
    accumulator.add(result(1, 'c0'))
    expect(accumulator.message(true).content).toHaveLength(2)
  })
})
