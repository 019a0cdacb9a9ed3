import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import {
  type ConversationOptions,
  type ConversationStore,
  createConversation,
  memoryStore,
} from '../../src/entries/conversation.js'
import { StreamError, sse, toResponse } from '../../src/entries/index.js'
import { scripted } from '../../src/entries/testing.js'
import { collect, outline } from '../support/collect.js'
import { echo, held } from '../support/conversations.js'

const down = new StreamError('store', 'The database is away.')

/** A store that fails in the given methods. */
function storeWith(
  changes: Partial<ConversationStore> & { renew?: () => Promise<void> },
): ConversationStore {
  const { renew, ...methods } = changes
  const inner = memoryStore()
  return {
    load: (id) => inner.load(id),
    write: (id, change, version) => inner.write(id, change, version),
    clear: (id) => inner.clear(id),
    async lock(id, options) {
      const lock = await inner.lock(id, options)
      return renew === undefined ? lock : { ...lock, renew }
    },
    ...methods,
  }
}

function start(options: Partial<ConversationOptions> = {}) {
  return createConversation({
    id: 'c',
    store: memoryStore(),
    driver: echo(),
    retry: false,
    ...options,
  })
}

/** The lock is free, so that nothing waits. */
async function expectFree(conversation: ReturnType<typeof start>): Promise<void> {
  const next = conversation.send('next', { driver: scripted(['ok']), onConflict: 'reject' })
  expect(await next.text()).toBe('ok')
}

describe('a store that fails', () => {
  test('a failure of the store to lock, load or write is an error with code store', async () => {
    const reject = (): Promise<never> => Promise.reject(down)
    for (const [changes, expected] of [
      [{ lock: reject }, ['start', 'error store']],
      [{ load: reject }, ['start', 'error store']],
      [{ write: reject }, ['start', 'error store']],
    ] as const) {
      const events = await collect(start({ store: storeWith(changes) }).send('a'))
      expect(outline(events)).toEqual(expected)
      expect(events.at(-1)).toMatchObject({ error: down })
    }
  })

  test('a failed write reports the whole answer and its usage', async () => {
    const store = memoryStore()
    const write = store.write.bind(store)
    vi.spyOn(store, 'write').mockImplementation((id, change, version) =>
      change.draft === null ? Promise.reject(down) : write(id, change, version),
    )
    const usage = { inputTokens: 3, outputTokens: 1 }
    const stream = start({
      store,
      driver: scripted(['whole', { finishReason: 'stop', usage }]),
    }).send('a')
    const events = await collect(stream)
    expect(events.at(-1)).toMatchObject({
      type: 'error',
      partial: { content: [{ type: 'text', text: 'whole' }] },
      usage,
    })
    await expect(stream.text()).rejects.toBe(down)
    await expect(stream.final()).rejects.toBe(down)
  })

  test('a store error has the error of the store as its cause', async () => {
    const cause = new Error('disk full')
    const store = storeWith({ load: () => Promise.reject(cause) })
    await expect(start({ store }).send('a').text()).rejects.toMatchObject({ code: 'store', cause })
    await expect(start({ store }).messages()).rejects.toMatchObject({ code: 'store', cause })
  })

  test('the next turn gets the lock after a failed load or write', async () => {
    for (const method of ['load', 'write'] as const) {
      const store = storeWith({})
      const conversation = start({ store })
      vi.spyOn(store, method).mockRejectedValueOnce(down)
      await expect(conversation.send('a').text()).rejects.toBe(down)
      await expectFree(conversation)
    }
  })

  test('a failed write of a partial answer does not change the error of the stream', async () => {
    const gone = new StreamError('interrupted', 'The wire ended.')
    const store = memoryStore()
    const write = store.write.bind(store)
    let writes = 0
    vi.spyOn(store, 'write').mockImplementation((id, change, version) =>
      ++writes > 1 ? Promise.reject(down) : write(id, change, version),
    )
    const events = await collect(
      start({ store, driver: scripted(['ha', gone]), onError: 'keep-partial' }).send('a'),
    )
    expect(events.at(-1)).toMatchObject({ type: 'error', error: gone })
    expect(events.at(-1)).not.toHaveProperty('messageCount')
  })
})

test('a client that disconnects from its response ends the turn and releases the lock', async () => {
  const model = held('a')
  const conversation = start({ driver: model.driver })
  const response = await toResponse(conversation.send('x'), sse())
  const reader = response.body?.getReader()
  // The start, and the first content
  await reader?.read()
  await reader?.read()
  await reader?.cancel()
  await expect.poll(model.aborted).toBe(1)
  const next = conversation.send('next', { driver: scripted(['ok']) })
  expect(await next.text()).toBe('ok')
  // Both questions, and the answer
  expect(await conversation.messages()).toHaveLength(3)
})

test('hooks receive the attempts of a turn, and its end once it is stored', async () => {
  const told: string[] = []
  const store = memoryStore()
  const conversation = start({
    store,
    driver: scripted([[new StreamError('overloaded', 'Busy.')], ['a']]),
    retry: { maxRetries: 1, minDelayMs: 0 },
    onAttempt: ({ attempt }) => told.push(`attempt ${attempt}`),
    onRetry: ({ error }) => told.push(`retry ${error.code}`),
    onEnd: ({ error }) => told.push(`end ${error?.code}`),
  })
  await conversation.send('x').text()
  const failing = vi.spyOn(store, 'write').mockRejectedValueOnce(down)
  await expect(conversation.send('y').text()).rejects.toBe(down)
  expect(failing).toHaveBeenCalledOnce()
  const both = ['attempt 1', 'retry overloaded', 'attempt 2']
  // The question cannot be stored, so the model is not asked.
  expect(told).toEqual([...both, 'end undefined', 'end store'])
})

test('an undefined output of a turn leaves that of the conversation', async () => {
  const driver = scripted([['{"city":"Rom"}']])
  const conversation = start({ driver, output: z.object({ city: z.string() }) })
  const turn = conversation.send('Where?', { output: undefined } as object)
  expect((await turn.final()).output).toEqual({ city: 'Rom' })
})

test('an answer that does not match its schema is retried, and only the matching one is stored', async () => {
  const conversation = start({
    driver: scripted([['{"city":5}'], ['{"city":"Rom"}']]),
    retry: { maxRetries: 1, minDelayMs: 0 },
    output: z.object({ city: z.string() }),
  })
  expect(await conversation.send('Where?').final()).toMatchObject({ output: { city: 'Rom' } })
  expect(await conversation.messages()).toEqual([
    { id: expect.any(String), role: 'user', content: 'Where?' },
    {
      id: expect.any(String),
      role: 'assistant',
      content: [{ type: 'text', text: '{"city":"Rom"}' }],
    },
  ])
})

describe('the select option', () => {
  test('a select that throws or does not return messages is an error, and the lock is released', async () => {
    const conversation = start()
    const bug = new RangeError('a bug')
    const throwing = (): never => {
      throw bug
    }
    const events = await collect(conversation.send('a', { select: throwing }))
    expect(outline(events)).toEqual(['start', 'error unknown'])
    expect(events.at(-1)).toMatchObject({ error: { cause: bug } })
    const wrong = conversation.send('a', { select: (() => 'all') as never })
    await expect(wrong.text()).rejects.toThrow('"select"')
    await expectFree(conversation)
  })
})

describe('the lease of a turn', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('the lease is renewed while the turn runs, and not after it', async () => {
    const model = held('a')
    const conversation = start({ driver: model.driver, leaseMs: 3_000, timeout: false })
    const turn = conversation.send('x').final()
    await vi.advanceTimersByTimeAsync(600_000)
    const other = conversation.send('y', { onConflict: 'reject' }).text()
    await expect(other).rejects.toMatchObject({ code: 'conflict' })
    model.finish()
    expect(await turn).toMatchObject({ messageCount: 2 })
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a turn whose lease was taken ends with conflict, and its connection is closed', async () => {
    const model = held('a')
    const conversation = start({
      driver: model.driver,
      leaseMs: 3_000,
      store: storeWith({ renew: () => Promise.reject(new StreamError('conflict', 'Taken.')) }),
    })
    const events = collect(conversation.send('x'))
    await vi.advanceTimersByTimeAsync(999)
    expect(model.aborted()).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(outline(await events)).toEqual(['start', 'text a', 'error conflict'])
    expect(model.aborted()).toBe(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a turn whose lease cannot be renewed for a while continues, and the commit decides', async () => {
    const model = held('a')
    const renew = vi.fn(() => Promise.reject(down))
    const conversation = start({
      driver: model.driver,
      leaseMs: 3_000,
      store: storeWith({ renew }),
    })
    const turn = conversation.send('x').final()
    await vi.advanceTimersByTimeAsync(2_500)
    expect(renew).toHaveBeenCalledTimes(2)
    model.finish()
    expect(await turn).toMatchObject({ messageCount: 2 })
  })

  test('a turn ends when its reader stops reading for readerTimeoutMs', async () => {
    const model = held('a')
    const options = { driver: model.driver, leaseMs: 3_000, readerTimeoutMs: 20_000 }
    const conversation = start(options)
    const stream = conversation.send('x')
    const iterator = stream[Symbol.asyncIterator]()
    await iterator.next()
    await iterator.next()
    await vi.advanceTimersByTimeAsync(19_000)
    expect(model.aborted()).toBe(0)
    await vi.advanceTimersByTimeAsync(4_000)
    expect(model.aborted()).toBe(1)
    expect(vi.getTimerCount()).toBe(0)
    await expectFree(conversation)
    expect(await iterator.next()).toMatchObject({
      value: {
        type: 'error',
        error: { code: 'aborted', message: expect.stringContaining('20000 ms') },
      },
    })
  })

  test('the lease of a slow reader that continues to read is kept', async () => {
    const conversation = start({
      driver: scripted(['a', 'b', 'c', 'd', 'e', 'f']),
      leaseMs: 3_000,
      readerTimeoutMs: 20_000,
    })
    const iterator = conversation.send('x')[Symbol.asyncIterator]()
    const told: string[] = []
    for (;;) {
      const { done, value } = await iterator.next()
      if (done) break
      told.push(value.type)
      await vi.advanceTimersByTimeAsync(15_000)
    }
    expect(told.at(-1)).toBe('complete')
  })
})

describe('invalid options of a conversation', () => {
  const store = memoryStore()
  const driver = echo()
  const good = { id: 'c', store, driver }
  const cases: [string, object, string[]][] = [
    ['no id', { store, driver }, ['"id"', 'undefined']],
    ['an empty id', { ...good, id: '' }, ['"id"', '""']],
    ['an id that is not well-formed', { ...good, id: '\ud800' }, ['"id"']],
    ['no store', { id: 'c', driver }, ['"store"', 'memoryStore()']],
    ['an incomplete store', { ...good, store: { load() {} } }, ['"store"']],
    ['no driver', { id: 'c', store }, ['"driver"', 'openai({ model })']],
    ['messages', { ...good, messages: [] }, ['"messages"', 'Allowed']],
    ['a misspelt option', { ...good, onErrors: 'forget' }, ['"onErrors"', 'onError']],
    ['an invalid select', { ...good, select: 5 }, ['"select"', '5', 'lastMessages']],
    [
      'an invalid onConflict',
      { ...good, onConflict: 'queue' },
      ['"onConflict"', '"queue"', '"reject"'],
    ],
    ['an invalid onError', { ...good, onError: 'yes' }, ['"onError"', '"yes"']],
    ['an endless lease', { ...good, leaseMs: Infinity }, ['"leaseMs"', 'Infinity']],
    ['a lease of zero', { ...good, leaseMs: 0 }, ['"leaseMs"', '0']],
    ['an invalid request option', { ...good, temperature: -1 }, ['"temperature"', '-1']],
  ]
  test.each(cases)('createConversation() throws a TypeError for %s', (_name, options, words) => {
    const create = () => createConversation(options as ConversationOptions)
    expect(create).toThrow(TypeError)
    for (const word of words) expect(create).toThrow(word)
  })

  const circle: Record<string, unknown> = {}
  circle.self = circle
  const inputs: [string, unknown, object, string[]][] = [
    ['undefined', undefined, {}, ['"input"', 'undefined']],
    ['an empty string', '', {}, ['"input"', '""']],
    ['an empty list', [], {}, ['"input"', '[]']],
    ['an invalid role', { role: 'bot', content: 'x' }, {}, ['messages[0].role', '"bot"']],
    ['invalid content', { role: 'user', content: 5 }, {}, ['messages[0].content', '5']],
    [
      'a message that JSON cannot hold',
      { role: 'tool', content: [{ type: 'tool-result', output: circle }] },
      {},
      ['JSON'],
    ],
    ['an invalid option', 'hi', { onConflict: 'queue' }, ['"onConflict"']],
    ['another id', 'hi', { id: 'd' }, ['"id"', 'Allowed']],
    ['a prompt', 'hi', { prompt: 'x' }, ['"prompt"', 'Allowed']],
    ['options that are not an object', 'hi', 5 as never, ['"options"', '5']],
  ]
  test.each(inputs)('send() throws a TypeError for %s', (_name, input, options, words) => {
    const send = () => createConversation(good).send(input as never, options)
    expect(send).toThrow(TypeError)
    for (const word of words) expect(send).toThrow(word)
  })
})
