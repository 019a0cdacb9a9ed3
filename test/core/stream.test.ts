import { describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { StreamEvent } from '../../src/base/events.js'
import { createStream, StreamError, type StreamOptions } from '../../src/entries/index.js'
import { scripted } from '../../src/entries/testing.js'
import { collect, outline } from '../support/collect.js'

const interrupted = new StreamError('interrupted', 'The wire ended.')

function streamOf(driver: Driver, options: Partial<StreamOptions> = {}) {
  return createStream({ driver, prompt: 'Hello?', retry: false, ...options })
}

describe('the events', () => {
  test('are one start, the content, and one complete with the whole text', async () => {
    const events = await collect(streamOf(scripted(['Hel', 'lo'])))
    expect(outline(events)).toEqual(['start', 'text Hel', 'text lo', 'complete Hello'])
    expect(events.at(-1)).toMatchObject({
      message: { role: 'assistant', content: [{ type: 'text', text: 'Hello' }] },
      finishReason: 'stop',
      attempts: 1,
      timing: { firstContentMs: expect.any(Number), durationMs: expect.any(Number) },
    })
  })

  test('end with one error that holds what had come, when the driver fails', async () => {
    const events = await collect(streamOf(scripted(['Hel', interrupted])))
    expect(outline(events)).toEqual(['start', 'text Hel', 'error interrupted'])
    expect(events.at(-1)).toMatchObject({ partial: { content: [{ type: 'text', text: 'Hel' }] } })
  })

  test('end with an error when a driver returns without a completion', async () => {
    const driver = {
      provider: 'p',
      model: 'm',
      async *stream() {
        yield { type: 'content', kind: 'text', index: 0, text: 'a' }
      },
    } as unknown as Driver
    expect(outline(await collect(streamOf(driver)))).toEqual(['start', 'text a', 'error protocol'])
  })

  test('end with an error and no throw when a driver throws anything', async () => {
    const driver = {
      provider: 'p',
      model: 'm',
      stream() {
        throw new RangeError('a bug')
      },
    } as unknown as Driver
    const events = await collect(streamOf(driver))
    expect(outline(events)).toEqual(['start', 'error unknown'])
    expect(events.at(-1)).toMatchObject({ error: { message: 'a bug' } })
  })

  test('hold text, reasoning and tool calls as parts of the message, in their order', async () => {
    const events = await collect(
      streamOf(
        scripted([
          { type: 'content', kind: 'reasoning', index: 0, text: 'Hm' },
          { type: 'content', kind: 'reasoning', index: 0, text: '', signature: 'sig' },
          { type: 'content', kind: 'text', index: 1, text: 'Let me see.' },
          { type: 'content', kind: 'tool-call', index: 2, id: 'c1', name: 'look', input: '{"at":' },
          { type: 'content', kind: 'tool-call', index: 3, id: 'c2', name: 'now', input: '' },
          { type: 'content', kind: 'tool-call', index: 2, id: 'c1', name: 'look', input: '1}' },
          { type: 'content', kind: 'tool-call', index: 4, id: 'c3', name: 'cut', input: '{"a' },
        ]),
      ),
    )
    expect(events.at(-1)).toMatchObject({
      text: 'Let me see.',
      message: {
        content: [
          { type: 'reasoning', text: 'Hm', signature: 'sig' },
          { type: 'text', text: 'Let me see.' },
          { type: 'tool-call', id: 'c1', name: 'look', input: { at: 1 } },
          { type: 'tool-call', id: 'c2', name: 'now', input: {} },
          { type: 'tool-call', id: 'c3', name: 'cut', input: '{"a' },
        ],
      },
    })
  })
})

describe('text() and final()', () => {
  test('read the stream themselves when nobody iterates', async () => {
    expect(await streamOf(scripted(['a', 'b'])).text()).toBe('ab')
    expect(await streamOf(scripted(['a', 'b'])).final()).toMatchObject({
      type: 'complete',
      text: 'ab',
    })
  })

  test('can be asked for before, during and after an iteration', async () => {
    const stream = streamOf(scripted(['a', 'b']))
    const before = stream.text()
    let during: Promise<string> | undefined
    for await (const event of stream) if (event.type === 'content') during ??= stream.text()
    expect([await before, await during, await stream.text()]).toEqual(['ab', 'ab', 'ab'])
  })

  test('reject with the error that ends the stream', async () => {
    const stream = streamOf(scripted(['a', interrupted]))
    await expect(stream.text()).rejects.toBe(interrupted)
    await expect(stream.final()).rejects.toBe(interrupted)
  })

  test('are no unhandled rejection when they are asked for and not looked at', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const stream = streamOf(scripted(['a', interrupted]))
    void stream.text()
    void stream.final()
    await collect(stream)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  test('reject with aborted when the iteration is broken off', async () => {
    const stream = streamOf(scripted(['a', { hang: true }]))
    for await (const event of stream) if (event.type === 'content') break
    await expect(stream.text()).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('reading', () => {
  test('is lazy: the driver is not asked before the first pull', async () => {
    const driver = scripted(['a'])
    const stream = vi.spyOn(driver, 'stream')
    const created = streamOf(driver)
    await Promise.resolve()
    expect(stream).not.toHaveBeenCalled()
    await created.text()
    expect(stream).toHaveBeenCalledOnce()
  })

  test('happens once: a second iteration throws and names the remedy', async () => {
    const stream = streamOf(scripted(['a']))
    await collect(stream)
    expect(() => stream[Symbol.asyncIterator]()).toThrow(TypeError)
    expect(() => stream[Symbol.asyncIterator]()).toThrow(/text\(\) or final\(\)/)
  })

  test('answers calls of next() in their order when several wait', async () => {
    const iterator = streamOf(scripted(['a', { chunk: ['b', 'c'] }]))[Symbol.asyncIterator]()
    const results = await Promise.all([1, 2, 3, 4, 5, 6].map(() => iterator.next()))
    const events = results.flatMap((result) => (result.done ? [] : [result.value]))
    expect(outline(events)).toEqual(['start', 'text a', 'text b', 'text c', 'complete abc'])
    expect(results.at(-1)?.done).toBe(true)
  })
})

describe('cancellation', () => {
  /** A driver that tells when its attempt was given up. */
  function watched(): { driver: Driver; aborted: Promise<void> } {
    const { promise, resolve } = Promise.withResolvers<void>()
    const inner = scripted(['a', { hang: true }])
    const driver: Driver = {
      provider: 'p',
      model: 'm',
      stream(request, context) {
        context.signal.addEventListener('abort', () => resolve())
        return inner.stream(request, context)
      },
    }
    return { driver, aborted: promise }
  }

  test('by cancel() ends a pending next() with an error aborted, and the attempt with it', async () => {
    const { driver, aborted } = watched()
    const stream = streamOf(driver)
    const events: StreamEvent[] = []
    for await (const event of stream) {
      events.push(event)
      if (event.type === 'content') queueMicrotask(() => stream.cancel('enough'))
    }
    expect(outline(events)).toEqual(['start', 'text a', 'error aborted'])
    expect(events.at(-1)).toMatchObject({ error: { cause: 'enough', retryable: false } })
    await aborted
  })

  test('by the signal ends the stream, and leaves no listener on the signal', async () => {
    const { driver, aborted } = watched()
    const controller = new AbortController()
    const added = vi.spyOn(controller.signal, 'addEventListener')
    const removed = vi.spyOn(controller.signal, 'removeEventListener')
    const stream = streamOf(driver, { signal: controller.signal })
    const events: StreamEvent[] = []
    for await (const event of stream) {
      events.push(event)
      if (event.type === 'content') setImmediate(() => controller.abort(new Error('gone')))
    }
    expect(outline(events)).toEqual(['start', 'text a', 'error aborted'])
    expect(added).toHaveBeenCalledOnce()
    expect(removed).toHaveBeenCalledOnce()
    await aborted
  })

  test('by a signal that is aborted already asks nobody', async () => {
    const driver = scripted(['a'])
    const asked = vi.spyOn(driver, 'stream')
    const events = await collect(streamOf(driver, { signal: AbortSignal.abort() }))
    expect(outline(events)).toEqual(['start', 'error aborted'])
    expect(asked).not.toHaveBeenCalled()
  })

  test.each([
    ['later', false],
    ['already', true],
  ])(
    'by a signal that aborts %s is told by text() where an iterator was made that nobody pulls',
    async (_when, already) => {
      const controller = new AbortController()
      if (already) controller.abort()
      const stream = streamOf(scripted(['a']), { signal: controller.signal })
      const iterator = stream[Symbol.asyncIterator]()
      const text = stream.text()
      controller.abort()
      await expect(text).rejects.toMatchObject({ code: 'aborted' })
      expect(await iterator.next()).toMatchObject({ value: { type: 'start' } })
      expect(await iterator.next()).toMatchObject({ value: { type: 'error' } })
    },
  )

  test('by break, by throw in the loop and by await using ends the attempt', async () => {
    const broken = watched()
    for await (const event of streamOf(broken.driver)) if (event.type === 'content') break
    await broken.aborted

    const thrown = watched()
    const loop = async () => {
      for await (const event of streamOf(thrown.driver)) {
        if (event.type === 'content') throw new Error('mine')
      }
    }
    await expect(loop()).rejects.toThrow('mine')
    await thrown.aborted

    const disposed = watched()
    {
      await using stream = streamOf(disposed.driver)
      const iterator = stream[Symbol.asyncIterator]()
      await iterator.next()
      await iterator.next()
    }
    await disposed.aborted
  })

  test('before the first pull gives start and error, and asks nobody', async () => {
    const driver = scripted(['a'])
    const asked = vi.spyOn(driver, 'stream')
    const stream = streamOf(driver)
    stream.cancel()
    expect(outline(await collect(stream))).toEqual(['start', 'error aborted'])
    expect(asked).not.toHaveBeenCalled()
  })

  test('after the end changes nothing', async () => {
    const stream = streamOf(scripted(['a']))
    await collect(stream)
    stream.cancel()
    expect(await stream.text()).toBe('a')
  })
})

describe('a bad option throws a TypeError at the call that names it', () => {
  const driver = scripted(['a'])
  const cases: [string, object, string[]][] = [
    ['no driver', { prompt: 'p' }, ['"driver"', 'undefined', 'openai({ model })']],
    ['no question', { driver }, ['"messages"', '"prompt"']],
    [
      'both questions',
      { driver, prompt: 'p', messages: [{ role: 'user', content: 'x' }] },
      ['mutually exclusive'],
    ],
    ['an empty list', { driver, messages: [] }, ['"messages"', '[]', 'at least one']],
    [
      'a bad role',
      { driver, messages: [{ role: 'bot', content: 'x' }] },
      ['messages[0].role', '"bot"'],
    ],
    [
      'a bad content',
      { driver, messages: [{ role: 'user', content: 1 }] },
      ['messages[0].content', '1'],
    ],
    ['a bad number', { driver, prompt: 'p', temperature: Number.NaN }, ['"temperature"', 'NaN']],
    [
      'a bad limit',
      { driver, prompt: 'p', maxOutputTokens: 0 },
      ['"maxOutputTokens"', '0', 'from 1'],
    ],
    ['a misspelt option', { driver, prompt: 'p', temprature: 1 }, ['"temprature"', 'temperature']],
    [
      'a misspelt retry',
      { driver, prompt: 'p', retry: { retries: 1 } },
      ['"retry.retries"', 'maxRetries'],
    ],
    ['negative retries', { driver, prompt: 'p', retry: -1 }, ['"retry"', '-1', 'from 0']],
    [
      'a bad mode',
      { driver, prompt: 'p', retry: { afterContent: 'x' } },
      ['afterContent', '"x"', '"fail"'],
    ],
    ['a NaN clock', { driver, prompt: 'p', timeout: { chunkMs: Number.NaN } }, ['chunkMs', 'NaN']],
    ['a clock of zero', { driver, prompt: 'p', timeout: 0 }, ['"timeout"', '0', 'above 0']],
    ['no signal', { driver, prompt: 'p', signal: 'now' }, ['"signal"', '"now"', 'AbortSignal']],
  ]
  test.each(cases)('%s', (_name, options, words) => {
    const create = () => createStream(options as StreamOptions)
    expect(create).toThrow(TypeError)
    for (const word of words) expect(create).toThrow(word)
  })
})
