import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { StreamEvent } from '../../../src/base/events.js'
import { createStream, type RetryOptions, StreamError } from '../../../src/entries/index.js'
import { scripted } from '../../../src/entries/testing.js'
import { collect, outline } from '../../support/collect.js'

const network = new StreamError('network', 'The socket broke.')

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

async function run(
  script: Parameters<typeof scripted>[0],
  retry: RetryOptions,
): Promise<StreamEvent[]> {
  const events = collect(
    createStream({ driver: scripted(script), prompt: 'p', retry, timeout: false }),
  )
  await vi.runAllTimersAsync()
  return events
}

describe('retry()', () => {
  test('retry() announces each attempt, and a restart discards earlier content', async () => {
    const events = await run([[network], ['Hel', network], ['Hello']], {})
    expect(outline(events)).toEqual([
      'start',
      'retry 2/3 restart network',
      'text Hel',
      'retry 3/3 restart network',
      'text Hello',
      'complete Hello',
    ])
    expect(events.at(-1)).toMatchObject({ attempts: 3, message: { content: [{ text: 'Hello' }] } })
  })

  test('retry() gives up after maxRetries with the last error', async () => {
    const events = await run([['a', network]], { maxRetries: 1 })
    expect(outline(events)).toEqual([
      'start',
      'text a',
      'retry 2/2 restart network',
      'text a',
      'error network',
    ])
    expect(events.at(-1)).toMatchObject({ attempts: 2, partial: { content: [{ text: 'a' }] } })
  })

  test('retry() without a limit reports a number of attempts that JSON can hold', async () => {
    const events = await run([[network], ['ok']], { maxRetries: Infinity })
    const retry = events.find(({ type }) => type === 'retry')
    expect(JSON.parse(JSON.stringify(retry))).toMatchObject({
      attempt: 2,
      maxAttempts: Number.MAX_SAFE_INTEGER,
    })
    expect(events.at(-1)).toMatchObject({ type: 'complete', text: 'ok' })
  })

  test('retry() does not retry errors that are not retryable', async () => {
    const refused = new StreamError('invalid-request', 'No such parameter.')
    expect(outline(await run([[refused]], {}))).toEqual(['start', 'error invalid-request'])
  })

  test('retry() with afterContent fail retries only before the first content', async () => {
    const events = await run([[network], ['a', network], ['b']], { afterContent: 'fail' })
    expect(outline(events)).toEqual([
      'start',
      'retry 2/3 restart network',
      'text a',
      'error network',
    ])
  })

  test('retry() reports each wait before it begins, within its bounds', async () => {
    const events = await run([[network]], { maxRetries: 4, minDelayMs: 100, maxDelayMs: 300 })
    const delays = events.flatMap((event) => (event.type === 'retry' ? [event.delayMs] : []))
    expect(delays).toHaveLength(4)
    for (const [position, delay] of delays.entries()) {
      expect(delay).toBeGreaterThanOrEqual(100)
      expect(delay).toBeLessThanOrEqual([200, 300, 300, 300][position] as number)
    }
  })

  test('retry() emits the retry event before the wait', async () => {
    const driver = scripted([[network], ['a']])
    const iterator = createStream({ driver, prompt: 'p', timeout: false })[Symbol.asyncIterator]()
    await iterator.next()
    const { value } = await iterator.next()
    expect(value).toMatchObject({ type: 'retry' })
    const next = iterator.next()
    await vi.advanceTimersByTimeAsync((value as { delayMs: number }).delayMs - 1)
    const waiting = Symbol('waiting')
    expect(await Promise.race([next, Promise.resolve(waiting)])).toBe(waiting)
    await vi.advanceTimersByTimeAsync(1)
    expect((await next).value).toMatchObject({ type: 'content', text: 'a' })
    await iterator.return?.()
  })

  test('retry() waits as long as the provider requests', async () => {
    const busy = new StreamError('rate-limit', 'Slow down.', { retryAfterMs: 12_345 })
    const events = await run([[busy], ['a']], {})
    expect(events[1]).toMatchObject({ type: 'retry', delayMs: 12_345 })
  })

  test('retry() waits no longer than a timer supports', async () => {
    const monthMs = 31 * 86_400_000
    const busy = new StreamError('rate-limit', 'Slow down.', { retryAfterMs: monthMs })
    const asked = await run([[busy], ['a']], { maxRetryAfterMs: Infinity })
    expect(asked[1]).toMatchObject({ type: 'retry', delayMs: 2 ** 31 - 1 })

    const failures = Array.from({ length: 40 }, () => [network])
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const drawn = await run([...failures, ['a']], { maxRetries: Infinity, maxDelayMs: Infinity })
    vi.restoreAllMocks()
    const delays = drawn.flatMap((event) => (event.type === 'retry' ? [event.delayMs] : []))
    expect(delays.slice(0, 3)).toEqual([1000, 2000, 4000])
    expect(delays.at(-1)).toBe(2 ** 31 - 1)
    expect(drawn.at(-1)?.type).toBe('complete')
  })

  test('retry() fails at once when the provider requests a longer wait than maxRetryAfterMs', async () => {
    const busy = new StreamError('rate-limit', 'Slow down.', { retryAfterMs: 61_000 })
    const events = await run([[busy], ['a']], {})
    expect(outline(events)).toEqual(['start', 'error rate-limit'])
    expect(events.at(-1)).toMatchObject({ error: { retryAfterMs: 61_000 } })
  })

  test('retry() starts no attempt beyond budgetMs', async () => {
    const busy = new StreamError('overloaded', 'Busy.', { retryAfterMs: 400 })
    const events = await run([[busy]], { maxRetries: 5, budgetMs: 1000 })
    expect(outline(events)).toEqual([
      'start',
      'retry 2/6 restart overloaded',
      'retry 3/6 restart overloaded',
      'error overloaded',
    ])
  })

  test('shouldRetry receives the error and the attempt that failed', async () => {
    const shouldRetry = vi.fn(async (_error: StreamError, attempt: number) => attempt < 2)
    const refused = new StreamError('invalid-request', 'Odd.')
    const events = await run([[refused]], { maxRetries: 5, shouldRetry })
    expect(outline(events)).toEqual([
      'start',
      'retry 2/6 restart invalid-request',
      'error invalid-request',
    ])
    expect(shouldRetry.mock.calls).toEqual([
      [refused, 1],
      [refused, 2],
    ])
  })

  test('an error that shouldRetry throws ends the stream', async () => {
    const shouldRetry = () => {
      throw new Error('my bug')
    }
    const events = await run([[network]], { shouldRetry })
    expect(outline(events)).toEqual(['start', 'error unknown'])
  })

  test('cancelling the stream ends a wait of retry() at once', async () => {
    const stream = createStream({ driver: scripted([[network]]), prompt: 'p', timeout: false })
    const events: StreamEvent[] = []
    for await (const event of stream) {
      events.push(event)
      if (event.type === 'retry') queueMicrotask(() => stream.cancel())
    }
    expect(outline(events)).toEqual(['start', 'retry 2/3 restart network', 'error aborted'])
  })

  test('retry: false disables retries', async () => {
    const stream = createStream({ driver: scripted([[network], ['a']]), prompt: 'p', retry: false })
    expect(outline(await collect(stream))).toEqual(['start', 'error network'])
  })
})
