import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { StreamError } from '../../../src/base/errors.js'
import { createStream } from '../../../src/core/create-stream.js'
import type { RetryOptions } from '../../../src/layers/retry/options.js'
import { type Script, scripted } from '../../../src/testing/scripted-driver.js'
import { collect, outline } from '../../support/collect.js'

const refused = new StreamError('overloaded', 'busy', { status: 529 })

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function stream(script: readonly Script[], retry: RetryOptions) {
  return createStream({ driver: scripted(script), prompt: 'Hello', retry, timeout: false })
}

const wait = { minDelayMs: 1_000, maxDelayMs: 1_000, maxRetries: 9 }

test('an attempt without content ends when the retry budget is used up', async () => {
  const begin = Date.now()
  const whole = collect(stream([[refused], [{ hang: true }]], { ...wait, budgetMs: 3_000 }))
  await vi.advanceTimersByTimeAsync(10_000)
  const events = await whole
  expect(outline(events)).toEqual(['start', 'retry 2/10 restart overloaded', 'error timeout'])
  expect(events.at(-1)).toMatchObject({
    error: { message: expect.stringContaining('3000 ms (retry.budgetMs)') },
  })
  expect(vi.getTimerCount()).toBe(0)
  expect(Date.now() - begin).toBe(10_000)
})

test('the retry budget does not end an attempt that streams', async () => {
  const whole = collect(
    stream([[refused], ['a', { waitMs: 60_000 }, 'b']], { ...wait, budgetMs: 3_000 }),
  )
  await vi.advanceTimersByTimeAsync(70_000)
  expect(outline(await whole).at(-1)).toBe('complete ab')
})

test('the retry budget does not limit the first attempt', async () => {
  const whole = collect(stream([[{ waitMs: 60_000 }, 'a']], { ...wait, budgetMs: 3_000 }))
  await vi.advanceTimersByTimeAsync(70_000)
  expect(outline(await whole)).toEqual(['start', 'text a', 'complete a'])
})

test('no wait begins that would exceed the retry budget', async () => {
  const whole = collect(stream([[refused]], { ...wait, budgetMs: 2_500 }))
  await vi.advanceTimersByTimeAsync(10_000)
  expect(outline(await whole)).toEqual([
    'start',
    'retry 2/10 restart overloaded',
    'retry 3/10 restart overloaded',
    'error overloaded',
  ])
})

test('shouldRetry cannot exceed the retry budget, and a late reader still receives the error', async () => {
  const events = stream([[refused], [{ hang: true }]], {
    ...wait,
    budgetMs: 1_500,
    shouldRetry: () => true,
  })[Symbol.asyncIterator]()
  const seen = [await events.next(), await events.next()]
  // Nobody waits for what follows the retry event.
  await vi.advanceTimersByTimeAsync(5_000)
  const last = events.next()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(seen.map(({ value }) => value?.type)).toEqual(['start', 'retry'])
  expect((await last).value).toMatchObject({ type: 'error', error: { code: 'timeout' } })
  expect(await events.next()).toEqual({ done: true, value: undefined })
})
