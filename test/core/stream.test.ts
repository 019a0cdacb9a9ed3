import { describe, expect, test, vi } from 'vitest'
import type { Driver } from '../../src/base/driver.js'
import type { StreamEvent } from '../../src/base/events.js'
import type { Message } from '../../src/base/messages.js'
import { createStream, StreamError, type StreamOptions } from '../../src/entries/index.js'
import { scripted } from '../../src/entries/testing.js'
import { collect, outline } from '../support/collect.js'

const interrupted = new StreamError('interrupted', 'The wire ended.')

function streamOf(driver: Driver, options: Partial<StreamOptions> = {}) {
  return createStream({ driver, prompt: 'Hello?', retry: false, ...options })
}

describe('the events of a stream', () => {
  test('a stream emits one start, the content, and one complete with the whole text', async () => {
    const events = await collect(streamOf(scripted(['Hel', 'lo'])))
    expect(outline(events)).toEqual(['start', 'text Hel', 'text lo', 'complete Hello'])
    expect(events.at(-1)).toMatchObject({
      message: { role: 'assistant', content: [{ type: 'text', text: 'Hello' }] },
      finishReason: 'stop',
      attempts: 1,
      timing: { firstContentMs: expect.any(Number), durationMs: expect.any(Number) },
    })
  })

  test('the start says whether the answer continues one that the request ends with', async () => {
    const user = { role: 'user', content: 'Hi' } as const
    const answer = {
      role: 'assistant',
      content: [{ type: 'tool-call', id: 'c', name: 'f', input: {} }],
    } as const
    const result = { type: 'tool-result', id: 'c', name: 'f', output: 'ok' } as const
    const startOf = async (messages: readonly Message[]): Promise<StreamEvent | undefined> =>
      (await collect(createStream({ driver: scripted(['Hi']), messages }))).at(0)
    expect(await startOf([user])).not.toHaveProperty('continues')
    expect(await startOf([user, answer, { role: 'tool', content: [result] }])).toMatchObject({
      continues: true,
    })
    const whole = { role: 'assistant', content: [...answer.content, result] } as const
    expect(await startOf([user, whole])).toMatchObject({ continues: true })
    expect(await startOf([user, whole, user])).not.toHaveProperty('continues')
  })

  test('a stream ends with one error that holds the partial answer when the driver fails', async () => {
    const events = await collect(streamOf(scripted(['Hel', interrupted])))
    expect(outline(events)).toEqual(['start', 'text Hel', 'error interrupted'])
    expect(events.at(-1)).toMatchObject({ partial: { content: [{ type: 'text', text: 'Hel' }] } })
  })

  test('a stream ends with an error when the driver returns without a completion', async () => {
    const driver = {
      provider: 'p',
      model: 'm',
      async *stream() {
        yield { type: 'content', kind: 'text', index: 0, text: 'a' }
      },
    } as unknown as Driver
    expect(outline(await collect(streamOf(driver)))).toEqual(['start', 'text a', 'error protocol'])
  })

  test('a stream ends with an error instead of throwing, whatever the driver throws', async () => {
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

  test('the message of a stream has text, reasoning and tool calls as parts, in order', async () => {
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
  test('text() and final() read the stream themselves without an iteration', async () => {
    expect(await streamOf(scripted(['a', 'b'])).text()).toBe('ab')
    expect(await streamOf(scripted(['a', 'b'])).final()).toMatchObject({
      type: 'complete',
      text: 'ab',
    })
  })

  test('text() and final() can be called before, during and after an iteration', async () => {
    const stream = streamOf(scripted(['a', 'b']))
    const before = stream.text()
    let during: Promise<string> | undefined
    for await (const event of stream) if (event.type === 'content') during ??= stream.text()
    expect([await before, await during, await stream.text()]).toEqual(['ab', 'ab', 'ab'])
  })

  test('text() and final() reject with the error that ends the stream', async () => {
    const stream = streamOf(scripted(['a', interrupted]))
    await expect(stream.text()).rejects.toBe(interrupted)
    await expect(stream.final()).rejects.toBe(interrupted)
  })

  test('text() and final() do not cause unhandled rejections', async () => {
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

  test('text() and final() reject with aborted when the iteration is ended early', async () => {
    const stream = streamOf(scripted(['a', { hang: true }]))
    for await (const event of stream) if (event.type === 'content') break
    await expect(stream.text()).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('reading a stream', () => {
  test('a stream does not call the driver before the first pull', async () => {
    const driver = scripted(['a'])
    const stream = vi.spyOn(driver, 'stream')
    const created = streamOf(driver)
    await Promise.resolve()
    expect(stream).not.toHaveBeenCalled()
    await created.text()
    expect(stream).toHaveBeenCalledOnce()
  })

  test('a second iteration throws an error that names the remedy', async () => {
    const stream = streamOf(scripted(['a']))
    await collect(stream)
    expect(() => stream[Symbol.asyncIterator]()).toThrow(TypeError)
    expect(() => stream[Symbol.asyncIterator]()).toThrow(/text\(\) or final\(\)/)
  })

  test('concurrent calls of next() are answered in order', async () => {
    const iterator = streamOf(scripted(['a', { chunk: ['b', 'c'] }]))[Symbol.asyncIterator]()
    const results = await Promise.all([1, 2, 3, 4, 5, 6].map(() => iterator.next()))
    const events = results.flatMap((result) => (result.done ? [] : [result.value]))
    expect(outline(events)).toEqual(['start', 'text a', 'text b', 'text c', 'complete abc'])
    expect(results.at(-1)?.done).toBe(true)
  })
})

describe('cancelling a stream', () => {
  /** A driver that reports the end of its attempt. */
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

  test('cancel() ends a pending next() with an aborted error, and ends the attempt', async () => {
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

  test('an aborted signal ends the stream, which leaves no listener on it', async () => {
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

  test('a signal that is already aborted ends the stream without a request', async () => {
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
    'text() rejects with aborted, for a signal that aborts %s, if the iterator is never pulled',
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

  test('break, a throw in the loop and await using end the attempt', async () => {
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

  test('cancel() before the first pull emits start and error, without a request', async () => {
    const driver = scripted(['a'])
    const asked = vi.spyOn(driver, 'stream')
    const stream = streamOf(driver)
    stream.cancel()
    expect(outline(await collect(stream))).toEqual(['start', 'error aborted'])
    expect(asked).not.toHaveBeenCalled()
  })

  test('cancel() after the end has no effect', async () => {
    const stream = streamOf(scripted(['a']))
    await collect(stream)
    stream.cancel()
    expect(await stream.text()).toBe('a')
  })
})

describe('createStream() with an invalid option', () => {
  const driver = scripted(['a'])
  const cases: [string, object, string[]][] = [
    ['no driver', { prompt: 'p' }, ['"driver"', 'undefined', 'openai({ model })']],
    ['a missing prompt', { driver }, ['"messages"', '"prompt"']],
    [
      'both prompt and messages',
      { driver, prompt: 'p', messages: [{ role: 'user', content: 'x' }] },
      ['mutually exclusive'],
    ],
    ['an empty list', { driver, messages: [] }, ['"messages"', '[]', 'at least one']],
    [
      'an invalid role',
      { driver, messages: [{ role: 'bot', content: 'x' }] },
      ['messages[0].role', '"bot"'],
    ],
    [
      'invalid content',
      { driver, messages: [{ role: 'user', content: 1 }] },
      ['messages[0].content', '1'],
    ],
    [
      'an invalid number',
      { driver, prompt: 'p', temperature: Number.NaN },
      ['"temperature"', 'NaN'],
    ],
    [
      'an invalid maxOutputTokens',
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
      'an invalid afterContent',
      { driver, prompt: 'p', retry: { afterContent: 'x' } },
      ['afterContent', '"x"', '"fail"'],
    ],
    [
      'a NaN timeout',
      { driver, prompt: 'p', timeout: { chunkMs: Number.NaN } },
      ['chunkMs', 'NaN'],
    ],
    ['a timeout of zero', { driver, prompt: 'p', timeout: 0 }, ['"timeout"', '0', 'above 0']],
    [
      'an invalid signal',
      { driver, prompt: 'p', signal: 'now' },
      ['"signal"', '"now"', 'AbortSignal'],
    ],
  ]
  test.each(cases)('createStream() throws a TypeError for %s', (_name, options, words) => {
    const create = () => createStream(options as StreamOptions)
    expect(create).toThrow(TypeError)
    for (const word of words) expect(create).toThrow(word)
  })
})
