// @vitest-environment jsdom

import {
  act,
  cleanup,
  configure,
  render,
  renderHook,
  screen,
  waitFor,
} from '@testing-library/react'
import { StrictMode, useEffect } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { RetryEvent, StreamEvent } from '../../src/base/events.js'
import type { Message } from '../../src/base/messages.js'
import { StreamError } from '../../src/entries/client.js'
import { parseMessages } from '../../src/entries/index.js'
import { type ChatOptions, useStream } from '../../src/entries/react.js'
import { answer, text } from '../support/answers.js'
import { Remote } from '../support/remote.js'

let remote = new Remote()

beforeEach(() => {
  remote = new Remote()
})

afterEach(cleanup)
// A busy machine is slow.
configure({ asyncUtilTimeout: 8_000 })

const [start, hello, world, complete] = answer('Hello', ' world') as [
  StreamEvent,
  StreamEvent,
  StreamEvent,
  StreamEvent,
]
const question = { role: 'user', content: 'Hi' } as const
const whole = { role: 'assistant', content: [{ type: 'text', text: 'Hello world' }] } as const

function partly(value: string): Message {
  return { role: 'assistant', content: [{ type: 'text', text: value }] }
}

const restart: RetryEvent = {
  type: 'retry',
  attempt: 2,
  maxAttempts: 3,
  delayMs: 10,
  mode: 'restart',
  provider: 'p',
  model: 'm',
  error: new StreamError('network', 'x'),
}

function textOf({ content }: Pick<Message, 'content'>): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function failure(value: string): StreamEvent {
  const error = new StreamError('overloaded', 'secret')
  const partial = { role: 'assistant', content: [{ type: 'text', text: value }] } as const
  return { type: 'error', error, partial, attempts: 1 }
}

function chat(options: Partial<ChatOptions> = {}, strict = true) {
  const all = { url: '/ai', fetch: remote.fetch, ...options }
  return renderHook((props: ChatOptions) => useStream(props), {
    initialProps: all,
    reactStrictMode: strict,
  })
}

/** Lets what was scheduled in microtasks happen. */
async function settle(): Promise<void> {
  await act(async () => {})
}

describe('answers of useStream()', () => {
  test('an answer is requested with all messages, grows, and ends as the last message', async () => {
    const { result } = chat()
    expect(result.current).toMatchObject({ messages: [], status: 'idle', error: undefined })
    expect(remote.exchanges).toHaveLength(0)

    let sent = false
    act(() => {
      sent = result.current.send('Hi')
    })
    expect(sent).toBe(true)
    expect(result.current).toMatchObject({ messages: [question], status: 'submitted' })
    expect(remote.last).toMatchObject({ url: '/ai', init: { method: 'POST' } })
    expect(remote.last.json).toMatchObject({ messages: [question] })

    remote.last.begin().send(start, hello)
    await waitFor(() => expect(result.current.status).toBe('streaming'))
    expect(result.current.messages).toMatchObject([question, partly('Hello')])
    const [first] = result.current.messages

    remote.last.send(world, complete)
    await waitFor(() => expect(result.current.status).toBe('idle'))
    expect(result.current.messages).toMatchObject([question, whole])
    expect(result.current.messages[0]).toBe(first)

    act(() => void result.current.send({ role: 'user', content: 'And?' }))
    expect(remote.last.json).toMatchObject({
      messages: [question, whole, { role: 'user', content: 'And?' }],
    })
    expect(remote.exchanges).toHaveLength(2)
  })

  test('a restarted answer is emptied, and the page receives the reason', async () => {
    const { result } = chat()
    act(() => void result.current.send('Hi'))
    remote.last.begin().send(start, text('Wrong'))
    await waitFor(() => expect(result.current.messages).toHaveLength(2))
    remote.last.send(restart)
    await waitFor(() => expect(result.current.retrying).toMatchObject({ attempt: 2, delayMs: 10 }))
    expect(result.current).toMatchObject({ messages: [question], status: 'submitted' })
    remote.last.send(hello)
    await waitFor(() => expect(result.current.messages).toMatchObject([question, partly('Hello')]))
    expect(result.current).toMatchObject({ retrying: undefined, status: 'streaming' })
  })

  test('a failed answer keeps its content and its error until it is retried', async () => {
    const { result } = chat()
    act(() => void result.current.send('Hi'))
    remote.last.begin().send(start, hello, failure('Hello'))
    await waitFor(() => expect(result.current.status).toBe('error'))
    expect(result.current.error).toMatchObject({
      code: 'overloaded',
      message: 'The model is overloaded. Try again later.',
    })
    expect(result.current.messages).toMatchObject([question, partly('Hello')])

    act(() => void result.current.retry())
    expect(result.current).toMatchObject({ messages: [question], status: 'submitted' })
    expect(result.current.error).toBeUndefined()
    expect(remote.last.json).toMatchObject({ messages: [question] })
    remote.last.begin().send(start, hello, world, complete)
    await waitFor(() => expect(result.current.messages).toMatchObject([question, whole]))
  })

  test('an answer is resumed after a lost connection, and the page receives the reconnection', async () => {
    const { result } = chat({ retry: { minDelayMs: 30, maxDelayMs: 30 } })
    act(() => void result.current.send('Hi'))
    remote.last.begin({ 'content-location': '/ai/stream/1' }).send(start, hello).end()
    await waitFor(() => expect(result.current.retrying).toMatchObject({ attempt: 2, delayMs: 30 }))
    expect(result.current.messages).toMatchObject([question, partly('Hello')])
    await waitFor(() => expect(remote.exchanges).toHaveLength(2))
    const { url, init } = remote.last
    expect(url).toBe('/ai/stream/1')
    expect(new Headers(init.headers).get('last-event-id')).toBe('2')
    remote.last.begin()
    await waitFor(() => expect(result.current.retrying).toBeUndefined())
    remote.last.send(start, hello, world, complete)
    await waitFor(() => expect(result.current.messages).toMatchObject([question, whole]))
  })

  test('send() and retry() return false while an answer is in progress', async () => {
    const { result } = chat()
    expect(result.current.retry()).toBe(false)
    act(() => void result.current.send('Hi'))
    expect(result.current.send('again')).toBe(false)
    expect(result.current.retry()).toBe(false)
    expect(remote.exchanges).toHaveLength(1)
    expect(result.current.messages).toMatchObject([question])
  })

  test('onEvent may send another message when an answer completes', async () => {
    const more = vi.fn()
    const { result } = chat({
      onEvent: ({ type }) => {
        more(type)
        if (type === 'complete' && remote.exchanges.length < 2) result.current.send('More')
      },
    })
    act(() => void result.current.send('Hi'))
    remote.last.begin().send(start, hello, world, complete)
    await waitFor(() => expect(remote.exchanges).toHaveLength(2))
    expect(remote.last.json).toMatchObject({
      messages: [question, whole, { role: 'user', content: 'More' }],
    })
    expect(more.mock.calls.flat()).toEqual(['start', 'content', 'content', 'complete'])
  })
})

describe('a page with useStream()', () => {
  test('a request uses the options of the last render', async () => {
    const { result, rerender } = chat()
    rerender({
      url: '/other',
      fetch: remote.fetch,
      headers: { authorization: 'key' },
      method: 'PUT',
      body: (messages) => ({ session_id: 's', message: messages.at(-1)?.content }),
    })
    act(() => void result.current.send('Hi'))
    expect(remote.last).toMatchObject({ url: '/other', init: { method: 'PUT' } })
    expect(remote.last.json).toMatchObject({ session_id: 's', message: 'Hi' })
    expect(new Headers(remote.last.init.headers).get('authorization')).toBe('key')
  })

  test.each([
    [{ idleMs: -1 }, 'Option "idleMs" is -1'],
    [{ initialMessages: 'Hi' }, 'Option "initialMessages" is "Hi"'],
    [{ url: undefined }, 'Option "url" is undefined'],
    [{ api: '/ai' }, 'Unknown option "api". Did you mean "url"?'],
    [{ messages: [] }, 'Did you mean "initialMessages"?'],
    [{ onFinish() {} }, 'Did you mean "onEvent"?'],
  ])('rendering throws a TypeError for the options %o', (options, message) => {
    const silent = vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(() => chat(options as never)).toThrow(message)
    silent.mockRestore()
  })

  test('send() throws for an option that became invalid in a later render, and changes nothing', () => {
    const { result, rerender } = chat()
    rerender({ url: '/ai', fetch: remote.fetch, idleMs: -1 })
    expect(() => result.current.send('Hi')).toThrow('Option "idleMs" is -1')
    expect(result.current).toMatchObject({ messages: [], status: 'idle' })
  })

  test('stop() closes the connection at once, keeps received content, and calls onStop', async () => {
    const onStop = vi.fn()
    const { result } = chat({ onStop })
    act(() => result.current.stop())
    expect(onStop).not.toHaveBeenCalled()
    act(() => void result.current.send('Hi'))
    remote.last.begin().send(start, hello)
    await waitFor(() => expect(result.current.status).toBe('streaming'))
    act(() => result.current.stop())
    expect(remote.last.left).toBe(true)
    expect(result.current).toMatchObject({ status: 'idle', error: undefined })
    expect(result.current.messages).toMatchObject([question, partly('Hello')])
    expect(onStop).toHaveBeenCalledOnce()
  })

  test('a conversation can continue after an answer was stopped in the middle of a tool call', async () => {
    const { result } = chat()
    act(() => void result.current.send('Hi'))
    const call = { type: 'content', index: 0, kind: 'tool-call', id: 'a', name: 'b', input: '{}' }
    remote.last.begin().send(start, call as StreamEvent)
    await waitFor(() => expect(result.current.messages).toHaveLength(2))
    act(() => result.current.stop())
    act(() => void result.current.send('Never mind'))
    const messages = parseMessages(remote.last.json)
    expect(messages).toHaveLength(3)
    expect(messages[1]).toMatchObject({
      content: [{ type: 'tool-call', error: expect.stringContaining('not run') }],
    })
  })

  test('sends bytes as base64', () => {
    const { result } = chat()
    const image = { type: 'image', data: Uint8Array.of(137, 80) } as const
    act(() => void result.current.send({ role: 'user', content: [image] }))
    const sent = { role: 'user', content: [{ type: 'image', data: 'iVA=' }] }
    expect(remote.last.json).toMatchObject({ messages: [sent] })
  })

  test('setMessages() replaces the messages, and an answer in progress continues after them', async () => {
    const { result } = chat({ initialMessages: [question, whole] })
    expect(result.current.messages).toMatchObject([question, whole])
    act(() => void result.current.send('Go on'))
    remote.last.begin().send(start, hello)
    await waitFor(() => expect(result.current.status).toBe('streaming'))
    const earlier = { id: 'a', role: 'user', content: 'Earlier' } as const
    act(() => result.current.setMessages([earlier]))
    const said = { role: 'user', content: 'Go on' }
    expect(result.current.messages).toMatchObject([earlier, said, partly('Hello')])
    remote.last.send(world, complete)
    await waitFor(() => expect(result.current.status).toBe('idle'))
    expect(result.current.messages).toMatchObject([earlier, said, whole])
    act(() => result.current.setMessages((messages) => messages.slice(0, 2)))
    expect(result.current.messages).toMatchObject([earlier, said])
  })

  test('clear() ends the answer in progress and removes all messages', async () => {
    const { result } = chat({ initialMessages: [question, whole] })
    act(() => void result.current.send('Go on'))
    remote.last.begin().send(start, hello)
    await waitFor(() => expect(result.current.status).toBe('streaming'))
    act(() => result.current.clear())
    expect(result.current).toMatchObject({ messages: [], status: 'idle' })
    expect(remote.last.left).toBe(true)
  })

  test('unmounting closes the connection', async () => {
    const { result, unmount } = chat()
    act(() => void result.current.send('Hi'))
    remote.last.begin().send(start, hello)
    await waitFor(() => expect(result.current.status).toBe('streaming'))
    unmount()
    await settle()
    expect(remote.last.left).toBe(true)
    expect(result.current.send('Hi')).toBe(false)
  })

  test('the functions are the same in each render', () => {
    const { result, rerender } = chat()
    const { send, retry, stop, setMessages } = result.current
    rerender({ url: '/other', fetch: remote.fetch })
    expect(result.current).toMatchObject({ send, retry, stop, setMessages })
  })

  test('useStream() renders on a server', () => {
    function Page() {
      const { messages, status } = useStream({ url: '/ai', initialMessages: [question] })
      return <p>{`${status} ${messages.length}`}</p>
    }
    expect(renderToString(<Page />)).toBe('<p>idle 1</p>')
  })

  test('an answer continues after an exception in a hook', async () => {
    const thrown = vi.fn()
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException').on('uncaughtException', thrown)
    const { result } = chat({
      onEvent: () => {
        throw new Error('hook')
      },
    })
    act(() => void result.current.send('Hi'))
    remote.last.begin().send(start, hello, world, complete)
    await waitFor(() => expect(result.current.messages).toMatchObject([question, whole]))
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
    expect(thrown).toHaveBeenCalledTimes(4)
  })
})

describe('useStream() in strict mode', () => {
  test('strict mode sends one request and loses nothing, also for a message sent on mount', async () => {
    function Page() {
      const { messages, send } = useStream({ url: '/ai', fetch: remote.fetch })
      useEffect(() => void send('Hi'), [send])
      return <p>{messages.map(textOf).join('|')}</p>
    }
    render(
      <StrictMode>
        <Page />
      </StrictMode>,
    )
    await settle()
    expect(remote.exchanges).toHaveLength(1)
    remote.last.begin().send(start, hello, world, complete)
    await screen.findByText('Hi|Hello world')
    expect(remote.last.left).toBe(false)
  })

  test('strict mode follows once', async () => {
    const { result } = chat({ follow: '/ai/stream/1', initialMessages: [question] })
    await settle()
    expect(remote.exchanges).toHaveLength(1)
    remote.last.begin().send(start, hello, world, complete)
    await waitFor(() => expect(result.current.messages).toMatchObject([question, whole]))
  })
})

describe('answers in progress at the first render', () => {
  const earlier = [question, partly('Hel')]

  test('follow replaces the stored part of an answer with the answer from its beginning', async () => {
    const { result } = chat({ follow: '/ai/stream/1', initialMessages: earlier })
    await settle()
    expect(remote.last).toMatchObject({ url: '/ai/stream/1', init: { method: 'GET' } })
    expect(result.current).toMatchObject({ messages: earlier, status: 'idle' })
    remote.last.begin().send(start, hello)
    await waitFor(() => expect(result.current.messages).toMatchObject([question, partly('Hello')]))
    remote.last.send(world, complete)
    await waitFor(() => expect(result.current.status).toBe('idle'))
    expect(result.current.messages).toMatchObject([question, whole])
  })

  test.each([204, 404, 410])('follow changes nothing on status %i', async (status) => {
    const onEvent = vi.fn()
    const { result } = chat({ follow: '/ai/stream/1', initialMessages: earlier, onEvent })
    await settle()
    remote.last.status(status)
    await settle()
    expect(result.current).toMatchObject({ messages: earlier, status: 'idle', error: undefined })
    expect(onEvent).not.toHaveBeenCalled()
    act(() => void result.current.send('Hi'))
    expect(remote.exchanges).toHaveLength(2)
  })

  test('a followed answer fails like any other', async () => {
    const { result } = chat({ follow: '/ai/stream/1', initialMessages: earlier })
    await settle()
    remote.last.status(403)
    await waitFor(() => expect(result.current.status).toBe('error'))
    expect(result.current.error).toMatchObject({ code: 'permission', status: 403 })
    expect(result.current.messages).toMatchObject(earlier)
  })

  test('send() does not wait for follow', async () => {
    const { result } = chat({ follow: '/ai/stream/1', initialMessages: [] })
    await settle()
    act(() => void result.current.send('Hi'))
    const [sought, asked] = remote.exchanges
    expect(sought?.left).toBe(true)
    asked?.begin().send(start, hello, world, complete)
    await waitFor(() => expect(result.current.messages).toMatchObject([question, whole]))
  })
})

describe('renders of useStream()', () => {
  test('useStream() renders once per frame, however many events arrive', async () => {
    let frame = (): void => {}
    vi.stubGlobal('requestAnimationFrame', (run: () => void) => {
      frame = run
      return 1
    })
    vi.stubGlobal('cancelAnimationFrame', () => {
      frame = () => {}
    })
    let renders = 0
    const { result } = renderHook(() => {
      renders++
      return useStream({ url: '/ai', fetch: remote.fetch })
    })
    act(() => void result.current.send('Hi'))
    expect(renders).toBe(2)
    remote.last.begin().send(start)
    for (let token = 0; token < 50; token++) remote.last.send(text(`${token} `))
    await settle()
    expect(renders).toBe(2)
    act(() => frame())
    expect(renders).toBe(3)
    expect(result.current.messages[1]?.content).toMatchObject([
      { text: expect.stringMatching(/^0 .* 49 $/) },
    ])
    act(() => frame())
    expect(renders).toBe(3)
    vi.unstubAllGlobals()
  })

  test('useStream() also renders on a hidden page, which has no frames', async () => {
    const patiently = { timeout: 8_000 }
    vi.stubGlobal('requestAnimationFrame', () => 1)
    vi.stubGlobal('cancelAnimationFrame', () => {})
    const { result } = chat()
    act(() => void result.current.send('Hi'))
    remote.last.begin().send(start, hello, world, complete)
    await waitFor(() => expect(result.current.messages).toMatchObject([question, whole]), patiently)
    vi.stubGlobal('requestAnimationFrame', undefined)
    act(() => void result.current.send('Hi'))
    remote.last.begin().send(start, hello, world, complete)
    await waitFor(() => expect(result.current.messages).toHaveLength(4), patiently)
    vi.unstubAllGlobals()
  })
})
