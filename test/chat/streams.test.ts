/**
 * Streams that a server keeps: following them after a reload, and stopping them.
 */

import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ChatOptions, StreamEvent } from '../../src/entries/client.js'
import { answerOf, outlineOf, settled, type Talk, talk } from '../support/chat.js'

afterEach(() => {
  vi.unstubAllGlobals()
})

class MemoryStorage {
  readonly items = new Map<string, string>()

  getItem(key: string): string | null {
    return this.items.get(key) ?? null
  }

  setItem(key: string, value: string): void {
    this.items.set(key, value)
  }

  removeItem(key: string): void {
    this.items.delete(key)
  }
}

const named = { 'content-location': '/ai/streams/1' }

function kept(storage = new MemoryStorage(), options: Partial<ChatOptions> = {}) {
  return { storage, ...talk({ keep: { id: 'c', storage }, ...options }) }
}

const streamUrl = (key: string): string => `/ai/streams/${key}`

function lines({ remote }: Talk): string[] {
  return remote.exchanges.map(({ url, init }) => `${init.method} ${url}`)
}

const [start, hello, complete] = answerOf('Hello') as [StreamEvent, StreamEvent, StreamEvent]

describe('a conversation with the option keep', () => {
  test('a reload follows the answer in progress, and forgets it once it is whole', async () => {
    const { chat, remote, storage } = kept()
    chat.subscribe(() => {})
    chat.send('Hi')
    remote.last.begin(named).send(start, hello)
    await settled()
    expect(storage.items.size).toBe(1)
    chat.destroy()
    const messages = chat.getState().messages
    expect(outlineOf(chat)).toEqual(['user Hi done', 'assistant Hello partial'])

    const again = kept(storage, { initialMessages: messages })
    await settled()
    expect(lines(again)).toEqual([])
    again.chat.subscribe(() => {})
    await settled()
    expect(lines(again)).toEqual(['GET /ai/streams/1'])
    again.remote.last.begin().send(start, hello)
    await settled()
    expect(outlineOf(again.chat)).toEqual(['user Hi done', 'assistant Hello streaming'])
    again.remote.last.send(complete)
    await settled()
    expect(outlineOf(again.chat)).toEqual(['user Hi done', 'assistant Hello done'])
    expect(storage.items.size).toBe(0)
  })

  test('a followed answer that fails is retried with the key of its turn', async () => {
    const keys: string[] = []
    const body: ChatOptions['body'] = (_, { key }) => void keys.push(key)
    const first = kept(undefined, { body, streamUrl })
    first.chat.send('Hi')
    first.remote.last.begin()
    await settled()
    first.chat.destroy()
    const again = kept(first.storage, {
      body,
      streamUrl,
      initialMessages: [{ id: 'a', role: 'user', content: 'Hi' }],
    })
    again.chat.subscribe(() => {})
    await settled()
    again.remote.last.status(403)
    await settled()
    expect(again.chat.getState().status).toBe('error')
    expect(again.chat.retry()).toBe(true)
    expect(keys).toHaveLength(2)
    expect(keys[1]).toBe(keys[0])
  })

  test.each([204, 404, 410])('a stream that is gone (%i) is forgotten', async (status) => {
    const storage = new MemoryStorage()
    storage.setItem('sluice:c', JSON.stringify({ url: '/ai/streams/1', action: 'send', key: 'k' }))
    const { chat, remote } = kept(storage)
    chat.subscribe(() => {})
    await settled()
    remote.last.status(status)
    await settled()
    expect(storage.items.size).toBe(0)
    expect(chat.getState()).toMatchObject({ status: 'idle', messages: [], error: undefined })
  })

  test('a stream whose answer the conversation has left behind is not shown again', async () => {
    const storage = new MemoryStorage()
    storage.setItem('sluice:c', JSON.stringify({ url: '/ai/streams/1', action: 'send', key: 'k' }))
    const { chat, remote } = kept(storage, {
      initialMessages: [
        { id: 'q', role: 'user', content: 'Hi' },
        { id: 'of Hello', role: 'assistant', content: 'Hello' },
        { id: 'r', role: 'user', content: 'More' },
      ],
    })
    chat.subscribe(() => {})
    await settled()
    remote.last.begin().send(start, hello)
    await settled()
    expect(remote.last.left).toBe(true)
    expect(outlineOf(chat)).toEqual(['user Hi done', 'assistant Hello done', 'user More done'])
    expect(storage.items.size).toBe(0)
  })

  test('a whole answer that a stream gives again is not doubled', async () => {
    const { chat, remote } = talk({
      follow: '/ai/streams/1',
      initialMessages: [
        { id: 'q', role: 'user', content: 'Hi' },
        { id: 'of Hello', role: 'assistant', content: 'Hello' },
      ],
    })
    chat.subscribe(() => {})
    await settled()
    remote.last.begin().send(start, hello, complete)
    await settled()
    expect(outlineOf(chat)).toEqual(['user Hi done', 'assistant Hello done'])
  })

  test('an answer that is followed does not take the place of another whole one', async () => {
    const { chat, remote } = talk({
      follow: '/ai/streams/2',
      initialMessages: [
        { id: 'q', role: 'user', content: 'Hi' },
        { id: 'other', role: 'assistant', content: 'Earlier' },
      ],
    })
    chat.subscribe(() => {})
    await settled()
    remote.last.begin().send(start, hello)
    await settled()
    expect(outlineOf(chat)).toEqual([
      'user Hi done',
      'assistant Earlier done',
      'assistant Hello streaming',
    ])
  })

  test.each([
    ['throws', { getItem: fails, setItem: fails, removeItem: fails }],
    ['rejects', { getItem: rejects, setItem: rejects, removeItem: rejects }],
    ['holds something else', { getItem: () => '{', setItem() {}, removeItem() {} }],
  ])('a storage that %s changes nothing', async (_name, storage) => {
    const { chat, remote } = talk({ keep: { id: 'c', storage } })
    chat.subscribe(() => {})
    chat.send('Hi')
    remote.last.begin(named).send(start, hello, complete)
    await settled()
    expect(outlineOf(chat)).toEqual(['user Hi done', 'assistant Hello done'])
  })

  test('a runtime whose sessionStorage is refused has none', async () => {
    const refused = {
      get() {
        throw new DOMException('refused', 'SecurityError')
      },
      configurable: true,
    }
    const before = Object.getOwnPropertyDescriptor(globalThis, 'sessionStorage')
    Object.defineProperty(globalThis, 'sessionStorage', refused)
    const { chat, remote } = talk({ keep: 'c' })
    chat.subscribe(() => {})
    chat.send('Hi')
    remote.last.begin(named).send(start, hello, complete)
    await settled()
    if (before === undefined) Reflect.deleteProperty(globalThis, 'sessionStorage')
    else Object.defineProperty(globalThis, 'sessionStorage', before)
    expect(outlineOf(chat)).toEqual(['user Hi done', 'assistant Hello done'])
  })

  test('another tab with the same storage follows the answer', async () => {
    const window = new EventTarget()
    vi.stubGlobal('window', window)
    const storage = new MemoryStorage()
    const one = kept(storage, { streamUrl })
    const other = kept(storage, { streamUrl })
    other.chat.subscribe(() => {})
    await settled()
    one.chat.send('Hi')
    const tell = (key: string): boolean =>
      window.dispatchEvent(
        Object.assign(new Event('storage'), {
          key,
          newValue: storage.getItem('sluice:c'),
          storageArea: storage,
        }),
      )
    tell('sluice:d')
    expect(lines(other)).toEqual([])
    tell('sluice:c')
    expect(lines(other)).toEqual([expect.stringMatching(/^GET \/ai\/streams\/./)])
    other.remote.last.begin().send(start, hello, complete)
    await settled()
    expect(outlineOf(other.chat)).toEqual(['assistant Hello done'])
    other.chat.destroy()
    tell('sluice:c')
    expect(lines(other)).toHaveLength(1)
  })

  test('a stream that was lost is remembered, because it may be whole on the server', async () => {
    const { chat, remote, storage } = kept(undefined, { retry: false, streamUrl })
    chat.send('Hi')
    remote.last.begin().send(start, hello)
    await settled()
    remote.last.fail()
    await settled()
    expect(chat.getState()).toMatchObject({ status: 'error', error: { code: 'network' } })
    expect(storage.items.size).toBe(1)
  })
})

function fails(): never {
  throw new Error('no storage')
}

async function rejects(): Promise<never> {
  throw new Error('no storage')
}

describe('a conversation with the option streamUrl', () => {
  test('a request whose response was lost is sent again with its key, and resumed at its address', async () => {
    const talked = talk({
      streamUrl,
      body: (_, { key }) => ({ key }),
      retry: { minDelayMs: 1, maxDelayMs: 1 },
    })
    const { chat, remote } = talked
    chat.send('Hi')
    remote.last.lose()
    await vi.waitFor(() => expect(remote.exchanges).toHaveLength(2))
    remote.last.begin().send(start, hello).end()
    await vi.waitFor(() => expect(remote.exchanges).toHaveLength(3))
    const [first, second] = remote.exchanges
    expect(second?.json).toEqual(first?.json)
    const { key } = (first as { json: unknown }).json as { key: string }
    expect(lines(talked)).toEqual(['POST /ai', 'POST /ai', `GET /ai/streams/${key}`])
    expect(chat.getState().connection).toBe('reconnecting')
    remote.last.begin().send(start, hello, complete)
    await settled()
    expect(outlineOf(chat)).toEqual(['user Hi done', 'assistant Hello done'])
  })

  test('stop() before the response stops the stream at once, and again when the response is there', async () => {
    const talked = talk({ streamUrl, headers: { 'x-page': '1' }, credentials: 'include' })
    const { chat, remote } = talked
    chat.send('Hi')
    const [post] = remote.exchanges
    chat.stop()
    expect(chat.getState()).toMatchObject({ status: 'idle', connection: 'none' })
    await settled()
    const stopped = expect.stringMatching(/^DELETE \/ai\/streams\/./)
    expect(lines(talked)).toEqual(['POST /ai', stopped])
    expect(remote.last.init).toMatchObject({ credentials: 'include', keepalive: true })
    expect(new Headers(remote.last.init.headers).get('x-page')).toBe('1')
    expect(post?.left).toBe(false)
    post?.begin().send(start, hello)
    await settled()
    expect(post?.left).toBe(true)
    expect(lines(talked)).toEqual(['POST /ai', stopped, stopped])
    expect(outlineOf(chat)).toEqual(['user Hi stopped'])
  })
})

describe('stop()', () => {
  test('stop() of a kept stream asks the server to end it', async () => {
    const { chat, remote, storage, ...rest } = kept()
    chat.send('Hi')
    remote.last.begin(named).send(start, hello)
    await settled()
    chat.stop()
    await settled()
    expect(lines({ chat, remote, ...rest })).toEqual(['POST /ai', 'DELETE /ai/streams/1'])
    expect(remote.exchanges[0]?.left).toBe(true)
    expect(storage.items.size).toBe(0)
  })

  test('onStop before the response is called once the response has named the stream', async () => {
    const order: string[] = []
    const { chat, remote } = talk({
      onResponse: () => void order.push('response'),
      onStop: () => void order.push('stop'),
    })
    chat.send('Hi')
    const [post] = remote.exchanges
    chat.stop()
    expect(chat.getState().status).toBe('idle')
    expect(order).toEqual([])
    expect(chat.send('Next')).toBe(true)
    post?.begin(named).send(start, hello)
    await settled()
    expect(order).toEqual(['response', 'stop'])
    expect(post?.left).toBe(true)
    expect(outlineOf(chat)).toEqual(['user Hi stopped', 'user Next sending'])
    remote.last.begin().send(start, hello, complete)
    await settled()
    expect(outlineOf(chat).at(-1)).toBe('assistant Hello done')
    expect(order).toEqual(['response', 'stop', 'response'])
  })

  test('a request that fails after stop() changes nothing that is shown', async () => {
    const { chat, remote } = talk({ onStop: () => {}, retry: false })
    chat.send('Hi')
    chat.stop()
    const state = chat.getState()
    remote.last.lose()
    await settled()
    expect(chat.getState()).toBe(state)
    expect(state).toMatchObject({ status: 'idle', error: undefined })
  })

  test('onStop is called once, with the address, for an answer that has begun', async () => {
    const onStop = vi.fn()
    const { chat, remote, storage } = kept(undefined, { onStop })
    chat.send('Hi')
    remote.last.begin(named).send(start, hello)
    await settled()
    chat.stop()
    chat.stop()
    await settled()
    expect(onStop.mock.calls).toEqual([[{ key: expect.any(String), url: '/ai/streams/1' }]])
    expect(remote.exchanges).toHaveLength(1)
    expect(storage.items.size).toBe(0)
  })

  test('a stop before the response still reaches the server after destroy()', async () => {
    const onStop = vi.fn()
    const { chat, remote } = talk({ onStop })
    chat.send('Hi')
    chat.stop()
    chat.destroy()
    remote.last.begin()
    await settled()
    expect(onStop).toHaveBeenCalledOnce()
    expect(remote.last.left).toBe(true)
  })

  test('without a stream on the server, stop() closes the connection before the response, too', () => {
    const { chat, remote } = talk()
    chat.send('Hi')
    chat.stop()
    expect(remote.last.left).toBe(true)
  })
})

describe('a history that comes late', () => {
  const history = [
    { id: 'q', role: 'user', content: 'Before' },
    { id: 'a', role: 'assistant', content: 'Yes' },
  ] as const

  test('a history stands before the question and the answer in progress', async () => {
    const { chat, remote } = talk()
    chat.send('Hi')
    remote.last.begin().send(start, hello)
    await settled()
    chat.setMessages(history)
    expect(outlineOf(chat)).toEqual([
      'user Before done',
      'assistant Yes done',
      'user Hi done',
      'assistant Hello streaming',
    ])
    remote.last.send(complete)
    await settled()
    expect(outlineOf(chat)).toHaveLength(4)
  })

  test.each([
    ['its question', [{ role: 'user', content: 'Hi' }]],
    [
      'its question and its beginning',
      [
        { role: 'user', content: 'Hi' },
        { id: 'of Hello', role: 'assistant', content: 'Hel', status: 'partial' },
      ],
    ],
  ])('a history that holds %s of the answer in progress doubles nothing', async (_name, added) => {
    const { chat, remote } = talk()
    chat.send('Hi')
    remote.last.begin().send(start, hello)
    await settled()
    chat.setMessages([...history, ...(added as never[])])
    expect(outlineOf(chat)).toEqual([
      'user Before done',
      'assistant Yes done',
      'user Hi done',
      'assistant Hello streaming',
    ])
  })

  test('a history does not end the search for an answer in progress', async () => {
    const { chat, remote } = talk({ follow: '/ai/streams/1' })
    chat.subscribe(() => {})
    await settled()
    chat.setMessages([...history, { id: 'r', role: 'user', content: 'Hi' }])
    remote.last.begin().send(start, hello)
    await settled()
    expect(outlineOf(chat).slice(-2)).toEqual(['user Hi done', 'assistant Hello streaming'])
  })

  test('follow() waits for no subscriber, and returns false while an answer is in progress', async () => {
    const { chat, remote } = talk()
    expect(chat.follow('/ai/streams/1')).toBe(true)
    expect(chat.follow('/ai/streams/1')).toBe(false)
    remote.last.begin().send(start, hello, complete)
    await settled()
    expect(outlineOf(chat)).toEqual(['assistant Hello done'])
  })
})
