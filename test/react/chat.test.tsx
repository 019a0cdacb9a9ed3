// @vitest-environment jsdom

/**
 * `useStream()` with a conversation that lives outside of components.
 */

import {
  act,
  cleanup,
  configure,
  render,
  renderHook,
  screen,
  waitFor,
} from '@testing-library/react'
import { lazy, StrictMode, Suspense } from 'react'
import { afterEach, expect, test, vi } from 'vitest'
import type { Message } from '../../src/base/messages.js'
import { type Chat, createChat, type StreamEvent } from '../../src/entries/client.js'
import { useStream } from '../../src/entries/react.js'
import { text } from '../support/answers.js'
import { answerOf, settled } from '../support/chat.js'
import { Remote } from '../support/remote.js'

afterEach(cleanup)
// A busy machine is slow.
configure({ asyncUtilTimeout: 8_000 })

const [start, hello, complete] = answerOf('Hello') as [StreamEvent, StreamEvent, StreamEvent]

function conversation(options: object = {}): { chat: Chat; remote: Remote } {
  const remote = new Remote()
  return { remote, chat: createChat({ url: '/ai', fetch: remote.fetch, ...options }) }
}

test('unmounting a component does not end a conversation that it was given', async () => {
  const { chat, remote } = conversation()
  const shown = renderHook(() => useStream(chat), { reactStrictMode: true })
  act(() => void shown.result.current.send('Hi'))
  remote.last.begin().send(start, hello)
  await waitFor(() => expect(shown.result.current.status).toBe('streaming'))
  shown.unmount()
  await settled()
  expect(remote.last.left).toBe(false)
  remote.last.send(complete)
  await waitFor(() => expect(chat.getState().status).toBe('idle'))
  const again = renderHook(() => useStream(chat), { reactStrictMode: true })
  expect(again.result.current.messages).toHaveLength(2)
  expect(remote.exchanges).toHaveLength(1)
})

test('a component changes from one conversation to another, and both go on', async () => {
  const one = conversation()
  const other = conversation()
  const { result, rerender } = renderHook(({ chat }) => useStream(chat), {
    initialProps: { chat: one.chat },
    reactStrictMode: true,
  })
  act(() => void result.current.send('One'))
  rerender({ chat: other.chat })
  expect(result.current.messages).toEqual([])
  act(() => void result.current.send('Other'))
  one.remote.last.begin().send(start, hello, complete)
  other.remote.last.begin().send(start, hello)
  await waitFor(() => expect(result.current.status).toBe('streaming'))
  expect(result.current.messages[0]).toMatchObject({ content: 'Other' })
  rerender({ chat: one.chat })
  expect(result.current.messages).toMatchObject([
    { content: 'One', status: 'done' },
    { role: 'assistant', status: 'done' },
  ])
  expect(other.remote.last.left).toBe(false)
})

test('two components show the same conversation, which follows its answer once', async () => {
  const { chat, remote } = conversation({ follow: '/ai/1' })
  const one = renderHook(() => useStream(chat), { reactStrictMode: true })
  const other = renderHook(() => useStream(chat), { reactStrictMode: true })
  await act(() => settled())
  expect(remote.exchanges).toHaveLength(1)
  act(() => void one.result.current.send('Hi'))
  expect(other.result.current.messages).toBe(one.result.current.messages)
})

test('options in place of a conversation are a mistake that is named', () => {
  const { chat } = conversation()
  const { rerender } = renderHook(({ source }) => useStream(source), {
    initialProps: { source: chat as Parameters<typeof useStream>[0] },
  })
  const silent = vi.spyOn(console, 'error').mockImplementation(() => {})
  expect(() => rerender({ source: { url: '/ai' } })).toThrow(
    'was called with a conversation before',
  )
  silent.mockRestore()
})

test('a component that suspends on its first render sends nothing until it is mounted', async () => {
  const remote = new Remote()
  const { promise, resolve } = Promise.withResolvers<{ default: () => string }>()
  const Ready = lazy(() => promise)
  function Page() {
    const { status } = useStream({ url: '/ai', fetch: remote.fetch, follow: '/ai/1' })
    return (
      <p>
        <Ready /> {status}
      </p>
    )
  }
  await act(async () => {
    render(
      <StrictMode>
        <Suspense fallback={<p>waiting</p>}>
          <Page />
        </Suspense>
      </StrictMode>,
    )
  })
  await act(() => settled())
  expect(remote.exchanges).toHaveLength(0)
  await act(async () => resolve({ default: () => 'ready' }))
  await screen.findByText('ready idle')
  await act(() => settled())
  expect(remote.exchanges).toHaveLength(1)
})

test('an answer continues while a part of its component is loaded', async () => {
  const remote = new Remote()
  const { promise, resolve } = Promise.withResolvers<{ default: () => string }>()
  const Part = lazy(() => promise)
  function Page() {
    const { messages, status, send } = useStream({ url: '/ai', fetch: remote.fetch })
    return (
      <p>
        <button onClick={() => send('Hi')}>Send</button>
        {messages.length > 1 && <Part />} {messages.map(textOf).join('|')} {status}
      </p>
    )
  }
  render(
    <StrictMode>
      <Suspense fallback={<p>waiting</p>}>
        <Page />
      </Suspense>
    </StrictMode>,
  )
  act(() => screen.getByText('Send').click())
  remote.last.begin().send(start, hello)
  await screen.findByText('waiting')
  remote.last.send(text(' world'))
  await act(() => settled())
  expect(remote.last.left).toBe(false)
  await act(async () => resolve({ default: () => 'loaded' }))
  await screen.findByText('loaded Hi|Hello world streaming')
  remote.last.send(complete)
  await screen.findByText('loaded Hi|Hello idle')
  expect(remote.exchanges).toHaveLength(1)
})

function textOf({ content }: Pick<Message, 'content'>): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
