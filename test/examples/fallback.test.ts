import { expect, test } from 'vitest'
import { Example } from './child.ts'

test('the second model takes over when the answer of the first one is cut', async () => {
  await using example = new Example('fallback.ts')
  expect(await example.ended()).toBe(0)
  expect(example.errors).toBe('')
  expect(example.output).toMatch(
    /^asking flaky\nThe sky[^\n]*\nnetwork: asking steady\nBlue light is scattered most\.\nanswered by steady\n$/,
  )
})
