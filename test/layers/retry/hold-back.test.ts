import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { StreamError } from '../../../src/base/errors.js'
import type { CompleteEvent, StreamEvent } from '../../../src/base/events.js'
import { createStream } from '../../../src/core/create-stream.js'
import type { RetryOptions } from '../../../src/layers/retry/options.js'
import { type Script, scripted } from '../../../src/testing/scripted-driver.js'
import { collect, outline } from '../../support/collect.js'

const cut = new StreamError('interrupted', 'cut')
const fast = { minDelayMs: 0, maxDelayMs: 0 }

function stream(script: Script | readonly Script[], retry: RetryOptions) {
  return createStream({ driver: scripted(script), prompt: 'Hello', retry, timeout: false })
}

describe('holdBackChars', () => {
  test('holdBackChars hides an attempt that fails early', async () => {
    const events = await collect(
      stream(
        [
          ['12345', cut],
          ['1234567890', 'rest'],
        ],
        { ...fast, holdBackChars: 8 },
      ),
    )
    expect(outline(events)).toEqual([
      'start',
      'retry 2/3 restart interrupted',
      'text 1234567890',
      'text rest',
      'complete 1234567890rest',
    ])
  })

  test('holdBackChars releases the buffered content in one batch once there is enough', async () => {
    const events = await collect(stream(['12', '34', '56', '78', '9'], { holdBackChars: 6 }))
    expect(outline(events).slice(1)).toEqual([
      'text 12',
      'text 34',
      'text 56',
      'text 78',
      'text 9',
      'complete 123456789',
    ])
  })

  test('holdBackChars releases a shorter answer when it is complete', async () => {
    expect(outline(await collect(stream(['short'], { holdBackChars: 100 })))).toEqual([
      'start',
      'text short',
      'complete short',
    ])
  })

  test('with holdBackChars an early failure is retried even with afterContent fail', async () => {
    const events = await collect(
      stream(
        [
          ['12345', cut],
          ['1234567890', cut],
        ],
        { ...fast, holdBackChars: 8, afterContent: 'fail' },
      ),
    )
    expect(outline(events)).toEqual([
      'start',
      'retry 2/3 restart interrupted',
      'text 1234567890',
      'error interrupted',
    ])
  })

  test('the usage of hidden content is counted as wasted', async () => {
    const events = await collect(
      stream([['12345678', cut], ['1234567890']], { ...fast, holdBackChars: 9 }),
    )
    expect((events.at(-1) as CompleteEvent).wasted).toEqual({
      inputTokens: 2,
      outputTokens: 2,
      totalTokens: 4,
      estimated: true,
    })
  })
})

test('a restart within a driver discards only the buffered blocks from its first one on', async () => {
  const retry = { attempt: 2, maxAttempts: 3, delayMs: 0, provider: 'p', model: 'm', error: cut }
  const script: Script = [
    { type: 'content', index: 0, kind: 'text', text: 'one' },
    { type: 'content', index: 1, kind: 'reasoning', text: 'Hm' },
    { type: 'retry', mode: 'restart', from: 1, ...retry },
    { type: 'content', index: 1, kind: 'text', text: 'two' },
  ]
  const events = await collect(stream(script, { ...fast, holdBackChars: 100 }))
  expect(outline(events)).toEqual([
    'start',
    'retry 2/3 restart interrupted',
    'text one',
    'text two',
    'complete onetwo',
  ])
})

describe('holdBackMs', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('holdBackMs releases the content when the time is over, without further data from the provider', async () => {
    const events: StreamEvent[] = []
    const reading = (async () => {
      for await (const event of stream(['a', 'b', { hang: true }], { holdBackMs: 200 })) {
        events.push(event)
        if (event.type === 'content' && event.kind === 'text' && event.text === 'b') break
      }
    })()
    await vi.advanceTimersByTimeAsync(199)
    expect(outline(events)).toEqual(['start'])
    await vi.advanceTimersByTimeAsync(1)
    await reading
    expect(outline(events)).toEqual(['start', 'text a', 'text b'])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('content after the release of holdBackMs is forwarded in order', async () => {
    const whole = collect(
      stream(['a', { waitMs: 300 }, 'b', { waitMs: 10 }, 'c'], { holdBackMs: 200 }),
    )
    await vi.advanceTimersByTimeAsync(1_000)
    expect(outline(await whole)).toEqual(['start', 'text a', 'text b', 'text c', 'complete abc'])
  })

  test('holdBackMs hides an attempt that fails in time, and starts again with the next one', async () => {
    const whole = collect(
      stream(
        [['a', { waitMs: 100 }, cut], ['b', { waitMs: 150 }, 'c', { waitMs: 100 }, cut], ['d']],
        {
          ...fast,
          holdBackMs: 200,
        },
      ),
    )
    await vi.advanceTimersByTimeAsync(5_000)
    expect(outline(await whole)).toEqual([
      'start',
      'retry 2/3 restart interrupted',
      'text b',
      'text c',
      'retry 3/3 restart interrupted',
      'text d',
      'complete d',
    ])
    expect(vi.getTimerCount()).toBe(0)
  })
})
