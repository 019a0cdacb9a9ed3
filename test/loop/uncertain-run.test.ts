import { ToolError } from 'sluice'
import { describe, expect, test } from 'vitest'
import type { Tool } from '../../src/base/tools.js'
import { UncertainError } from '../../src/loop/tool-error.js'
import { results } from '../mcp/support/turn.js'

const thrower = (error: Error, once: boolean): Tool => ({
  parameters: { type: 'object' },
  once,
  run: () => {
    throw error
  },
})

describe('a run that may have happened although it failed', () => {
  const lost = new UncertainError('Lost.', { cause: new Error('reset') })

  test('has a result that says so, and is not run again', async () => {
    const { results: all } = await results(['f'], { tools: { f: thrower(lost, false) } })
    expect(all).toEqual([
      { output: expect.stringContaining('not known whether this call'), isError: true },
    ])
  })

  test('is for onUncertain to decide if the tool has `once`', async () => {
    const errors: unknown[] = []
    const { results: all } = await results(['f'], {
      tools: { f: thrower(lost, true) },
      onUncertain: ({ name }) => ({ output: `${name} was carried out.` }),
      onToolEnd: ({ error }) => errors.push(error),
    })
    expect(all).toEqual([{ output: 'f was carried out.' }])
    expect(errors).toEqual([lost])
  })
})

test('the words of a ToolError keep to the limit for results', async () => {
  const error = new ToolError(`${'x'.repeat(99)}🌊`)
  const { results: all } = await results(['f'], {
    tools: { f: thrower(error, false) },
    maxResultCharacters: 100,
  })
  expect(all).toEqual([
    {
      output: `${'x'.repeat(99)}\ufffd\n(Cut off: the result has 101 characters, and the limit is 100.)`,
      isError: true,
    },
  ])
})
