// @vitest-environment jsdom

/**
 * Pages with `useStream()` that a server has rendered, and a browser hydrates.
 */

import { act } from '@testing-library/react'
import { StrictMode, Suspense, version } from 'react'
import { hydrateRoot, type Root } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { renderToReadableStream } from 'react-dom/server.browser'
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import type { Message } from '../../src/base/messages.js'
import { type Chat, createChat, type StreamEvent } from '../../src/entries/client.js'
import { type ChatOptions, useStream } from '../../src/entries/react.js'
import { answerOf, settled } from '../support/chat.js'
import { Remote } from '../support/remote.js'

declare module 'vitest' {
  interface ProvidedContext {
    reactVersion: number
  }
}

const [start, hello, complete] = answerOf('Hello') as [StreamEvent, StreamEvent, StreamEvent]

let remote: Remote
let root: Root | undefined
/** What React reports, such as HTML that differs. */
let problems: unknown[]

beforeEach(() => {
  remote = new Remote()
  problems = []
  vi.spyOn(console, 'error').mockImplementation((...message) => void problems.push(message))
})

afterEach(() => {
  act(() => root?.unmount())
  vi.restoreAllMocks()
  document.body.replaceChildren()
  expect(problems).toEqual([])
})

function options(more: Partial<ChatOptions> = {}): ChatOptions {
  const initialMessages = [{ role: 'user', content: 'Hi' }] as const
  return { url: '/ai', fetch: remote.fetch, initialMessages, ...more }
}

function Page({ source }: { source: ChatOptions | Chat }) {
  const { messages, status, send } = useStream(source)
  return (
    <main>
      {messages.map((message) => (
        <p key={message.id}>{textOf(message)}</p>
      ))}
      <output>{status}</output>
      <button onClick={() => send('More')}>Send</button>
    </main>
  )
}

function textOf({ content }: Pick<Message, 'content'>): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function inserted(html: string): Element {
  const element = document.createElement('div')
  element.innerHTML = html
  document.body.append(element)
  return element
}

const shown = (): string[] => [...document.querySelectorAll('p')].map((p) => p.textContent ?? '')
const status = (): string | null | undefined => document.querySelector('output')?.textContent

async function hydrate(element: Element, page: React.ReactNode): Promise<void> {
  await act(async () => {
    root = hydrateRoot(element, <StrictMode>{page}</StrictMode>, {
      onRecoverableError: (error) => problems.push(error),
    })
  })
  await act(() => settled())
}

test('the tests of useStream() run on the version of React of their project', () => {
  expect(version).toMatch(new RegExp(`^${inject('reactVersion')}\\.`))
})

test.each(['options', 'a conversation'])(
  'a page with %s that a server has rendered is hydrated in place, and an answer grows on it',
  async (kind) => {
    const source = (): ChatOptions | Chat =>
      kind === 'options' ? options() : createChat(options())
    const element = inserted(renderToString(<Page source={source()} />))
    expect(shown()).toEqual(['Hi'])
    const rendered = document.querySelector('p')
    await hydrate(element, <Page source={source()} />)
    expect(document.querySelector('p')).toBe(rendered)
    expect(remote.exchanges).toHaveLength(0)

    act(() => document.querySelector('button')?.click())
    expect(shown()).toEqual(['Hi', 'More'])
    remote.last.begin().send(start, hello)
    await vi.waitFor(() => expect(shown()).toEqual(['Hi', 'More', 'Hello']))
    expect(status()).toBe('streaming')
    remote.last.send(complete)
    await vi.waitFor(() => expect(status()).toBe('idle'))
    expect(document.querySelector('p')).toBe(rendered)
    expect(remote.exchanges).toHaveLength(1)
  },
)

test('the server follows no answer, and the hydrated page follows it once', async () => {
  const source = options({ follow: '/ai/1' })
  const element = inserted(renderToString(<Page source={source} />))
  await settled()
  expect(remote.exchanges).toHaveLength(0)
  await hydrate(element, <Page source={source} />)
  expect(remote.exchanges.map(({ url }) => url)).toEqual(['/ai/1'])
  remote.last.begin().send(start, hello, complete)
  await vi.waitFor(() => expect(shown()).toEqual(['Hi', 'Hello']))
})

test('a part of a page is hydrated in place while an answer is in progress', async () => {
  const chat = createChat(options({ initialMessages: [] }))
  chat.setMessages([{ role: 'user', content: 'Hi' }])
  const page = (
    <Suspense fallback={<em>waiting</em>}>
      <Page source={chat} />
    </Suspense>
  )
  const stream = await renderToReadableStream(page)
  const element = inserted(await new Response(stream).text())
  const rendered = document.querySelector('p')
  chat.send('More')
  remote.last.begin().send(start, hello)
  await vi.waitFor(() => expect(chat.getState().status).toBe('streaming'))
  await hydrate(element, page)
  await vi.waitFor(() => expect(shown()).toEqual(['Hi', 'More', 'Hello']))
  expect(document.querySelector('p')).toBe(rendered)
  remote.last.send(complete)
  await vi.waitFor(() => expect(status()).toBe('idle'))
  expect(remote.exchanges).toHaveLength(1)
})
