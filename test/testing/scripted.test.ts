import { describe, expect, expectTypeOf, test } from 'vitest'
import type { Completion, Driver, DriverYield } from '../../src/base/driver.js'
import { StreamError } from '../../src/base/errors.js'
import type { RetryEvent } from '../../src/base/events.js'
import { type Script, scripted } from '../../src/entries/testing.js'

interface Played {
  yields: DriverYield[]
  completion: Completion | undefined
  error: unknown
  bytes: number
}

async function play(driver: Driver, attempt = 1, signal?: AbortSignal): Promise<Played> {
  const played: Played = { yields: [], completion: undefined, error: undefined, bytes: 0 }
  const generator = driver.stream(
    { prompt: 'Hi' },
    {
      attempt,
      signal: signal ?? new AbortController().signal,
      onBytes: () => {
        played.bytes += 1
      },
    },
  )
  try {
    for (;;) {
      const { done, value } = await generator.next()
      if (done) return { ...played, completion: value }
      played.yields.push(value)
    }
  } catch (error) {
    return { ...played, error }
  }
}

const text = (index: number, words: string) =>
  ({ type: 'content', index, kind: 'text', text: words }) as const

describe('scripted()', () => {
  test('scripted() yields text and completes', async () => {
    const usage = { outputTokens: 2 }
    const driver = scripted(['Hello', ' world'], { provider: 'p', model: 'm', usage })
    expect(driver).toMatchObject({ provider: 'p', model: 'm' })
    const { yields, completion, bytes } = await play(driver)
    expect(yields).toEqual([text(0, 'Hello'), text(0, ' world')])
    expect(completion).toEqual({ finishReason: 'stop', usage })
    expect(bytes).toBe(2)
  })

  test('scripted() with an empty script is an empty answer', async () => {
    expect(await play(scripted([]))).toMatchObject({ completion: { finishReason: 'stop' } })
  })

  test('scripted() yields a chunk as one array, and assigns text to the right block', async () => {
    const thought = { type: 'content', index: 0, kind: 'reasoning', text: 'Hm' } as const
    const { yields } = await play(scripted([thought, { chunk: ['a', 'b'] }, 'c']))
    expect(yields).toEqual([thought, [text(1, 'a'), text(1, 'b')], text(1, 'c')])
  })

  test('scripted() counts blocks from 0 after a restart', async () => {
    const retry: RetryEvent = {
      type: 'retry',
      attempt: 2,
      maxAttempts: 3,
      delayMs: 0,
      mode: 'restart',
      provider: 'p',
      model: 'm',
      error: new StreamError('network', 'gone'),
    }
    const { yields } = await play(scripted(['a', retry, 'b']))
    expect(yields).toEqual([text(0, 'a'), retry, text(0, 'b')])
  })

  test('scripted() throws errors and returns completions unchanged', async () => {
    const error = new StreamError('overloaded', 'busy')
    expect(await play(scripted(['a', error]))).toMatchObject({ yields: [text(0, 'a')], error })
    const completion = { finishReason: 'length', usage: {} } as const
    expect((await play(scripted(['a', completion]))).completion).toBe(completion)
  })

  test('scripted() plays one script per attempt, and repeats the last one', async () => {
    const driver = scripted([[new StreamError('server', 'no')], ['yes']])
    expect((await play(driver, 1)).error).toMatchObject({ code: 'server' })
    expect((await play(driver, 2)).yields).toEqual([text(0, 'yes')])
    expect((await play(driver, 7)).yields).toEqual([text(0, 'yes')])
    expect((await play(driver, 1)).error).toMatchObject({ code: 'server' })
  })

  test.each<[string, Script]>([
    ['hangs', ['a', { hang: true }]],
    ['waits', ['a', { waitMs: 60_000 }]],
  ])('an abort while scripted() %s ends it', async (_name, script) => {
    const controller = new AbortController()
    const generator = scripted(script).stream(
      {},
      { attempt: 1, signal: controller.signal, onBytes: () => {} },
    )
    await generator.next()
    const pending = generator.next()
    controller.abort('enough')
    await expect(pending).rejects.toMatchObject({ code: 'aborted', cause: 'enough' })
  })

  test('scripted() waits for waitMs', async () => {
    expect((await play(scripted([{ waitMs: 1 }, 'a']))).yields).toEqual([text(0, 'a')])
  })

  test('scripted() does nothing with an aborted signal', async () => {
    const { yields, error } = await play(scripted(['a']), 1, AbortSignal.abort())
    expect(yields).toEqual([])
    expect(error).toMatchObject({ code: 'aborted' })
  })

  test('scripted() rejects invalid scripts', () => {
    const late = new StreamError('server', 'no')
    expect(() => scripted([late, 'a'])).toThrow('Step 0 ends the attempt')
    // @ts-expect-error steps and attempts do not mix
    expect(() => scripted(['a', ['b']])).toThrow('{ chunk: [...] }')
    expect(() => scripted('a' as never)).toThrow('Option "script" is "a"')
    expect(() => scripted([{ wait: 5 } as never])).toThrow('Option "script[0]" is {"wait":5}')
    expect(() => scripted(['a'], { modle: 'a' } as never)).toThrow('Did you mean "model"?')
    expectTypeOf(scripted(['a'])).toEqualTypeOf<Driver>()
  })
})
