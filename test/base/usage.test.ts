import { expect, test } from 'vitest'
import { addUsage, estimateUsage } from '../../src/base/usage.js'

test('counts are added, and a count that is absent from both stays absent', () => {
  expect(
    addUsage({ inputTokens: 3, outputTokens: 4 }, { inputTokens: 2, reasoningTokens: 1 }),
  ).toEqual({
    inputTokens: 5,
    outputTokens: 4,
    reasoningTokens: 1,
  })
})

test('a sum with estimated counts is marked as estimated', () => {
  expect(addUsage({ inputTokens: 3, estimated: true }, { inputTokens: 2 })).toEqual({
    inputTokens: 5,
    estimated: true,
  })
})

test('an attempt without content and reported usage has no usage', () => {
  expect(estimateUsage({}, { prompt: 'Hello' }, 0)).toEqual({})
})

test('reported usage is used unchanged', () => {
  const said = { inputTokens: 9, outputTokens: 2, totalTokens: 11 }
  expect(estimateUsage(said, { prompt: 'Hello' }, 500)).toEqual(said)
})

test('missing usage is estimated by length, four characters per token, and marked', () => {
  const request = {
    system: 'Be brief',
    messages: [{ role: 'user', content: 'x'.repeat(32) }],
  } as const
  expect(estimateUsage({}, request, 17)).toEqual({
    inputTokens: 10,
    outputTokens: 5,
    totalTokens: 15,
    estimated: true,
  })
  expect(estimateUsage({ inputTokens: 7 }, request, 4)).toEqual({
    inputTokens: 7,
    outputTokens: 1,
    totalTokens: 8,
    estimated: true,
  })
})
