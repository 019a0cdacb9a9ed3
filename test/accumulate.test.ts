import { describe, expect, test } from 'vitest'
import { Accumulator } from '../src/accumulate.js'
import type { ContentEvent, ToolCallContent } from '../src/types.js'

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
const text = (index: number, value: string): ContentEvent => ({
  type: 'content',
  index,
  kind: 'text',
  text: value,
})

function partsOf(events: readonly ContentEvent[], cut = false): unknown[] {
  const accumulator = new Accumulator()
  for (const event of events) accumulator.add(event)
  return accumulator.message(cut).content as unknown[]
}

const cutOff = 'The arguments were cut off before they were complete.'
const noObject = 'The arguments are not a JSON object.'

describe('the arguments of a call', () => {
  test('are parsed; none, or null, are an empty object', () => {
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

  test('stay as they came, with an error on that call alone, where they are no JSON object', () => {
    for (const input of ['{"x', '[1]', '5', '"x"', '{"x":1}{"y":2}']) {
      expect(partsOf([call(0, input), call(1, '{}')])).toMatchObject([
        { input, error: noObject },
        { input: {} },
      ])
    }
  })

  test('are told to be cut off where the answer was', () => {
    const [whole, broken] = partsOf([call(0, '{"x":1}'), call(1, '{"x":')], true) as object[]
    expect(whole).not.toHaveProperty('error')
    expect(broken).toMatchObject({ input: '{"x":', error: cutOff })
  })

  test('are not taken for none where the answer was cut before they began', () => {
    const [first, last] = partsOf([call(0, ''), call(1, '')], true) as object[]
    expect(first).toEqual({ type: 'tool-call', id: 'c0', name: 'f', input: {} })
    expect(last).toMatchObject({ input: '', error: cutOff })
    expect(partsOf([call(0, ''), text(1, 'and so')], true)[0]).toMatchObject({ input: {} })
  })

  test('of a custom tool are text, whatever they look like', () => {
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
