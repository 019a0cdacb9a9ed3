/** A small chat that records its renders for the tests. The query of its URL configures it. */

import { StrictMode, useEffect, useRef, version } from 'react'
import { createRoot } from 'react-dom/client'
import type { Message } from 'sluice'
import { useStream } from 'sluice/react'

declare global {
  interface Window {
    /** The time of the frame and the status of each render. */
    renders: { frame: number; status: string }[]
    reactVersion: string
  }
}

const query = new URLSearchParams(location.search)
const key = 'stream'
const asked = 'asked'

window.renders = []
window.reactVersion = version

function Chat() {
  const { messages, status, error, retrying, send, stop, retry } = useStream({
    url: query.get('url') ?? '/ai',
    follow: sessionStorage.getItem(key),
    initialMessages: JSON.parse(sessionStorage.getItem(asked) ?? '[]') as Message[],
    retry: { minDelayMs: 50, maxDelayMs: 100, maxRetries: 2 },
    onResponse: ({ headers }) => {
      const address = headers.get('content-location')
      if (address !== null) sessionStorage.setItem(key, address)
    },
    onStop: () => {
      const address = sessionStorage.getItem(key)
      if (address !== null) void fetch(address, { method: 'DELETE' })
      sessionStorage.removeItem(key)
    },
    onEvent: ({ type }) => {
      if (type === 'complete' || type === 'error') sessionStorage.removeItem(key)
    },
  })
  const input = useRef<HTMLInputElement>(null)
  const isBusy = status === 'submitted' || status === 'streaming'
  window.renders.push({ frame: Number(document.timeline.currentTime), status })
  useEffect(() => {
    sessionStorage.setItem(asked, JSON.stringify(messages))
  }, [messages])

  return (
    <main style={{ font: '16px sans-serif', maxWidth: 560, margin: '24px auto' }}>
      {messages.map((message, index) => (
        // oxlint-disable-next-line react/no-array-index-key
        <p key={index} className={message.role} style={bubble(message.role)}>
          {textOf(message)}
        </p>
      ))}
      <p>
        <output>{status}</output> {retrying && <em>trying again ({retrying.attempt})</em>}{' '}
        {error && <strong style={{ color: '#b00020' }}>{error.message}</strong>}
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (input.current !== null && send(input.current.value)) input.current.value = ''
        }}
      >
        <input ref={input} placeholder="Say something" style={{ width: 300, padding: 6 }} />{' '}
        <button type="submit" disabled={isBusy}>
          Send
        </button>{' '}
        <button type="button" disabled={!isBusy} onClick={stop}>
          Stop
        </button>{' '}
        <button type="button" disabled={isBusy} onClick={retry}>
          Again
        </button>
      </form>
    </main>
  )
}

function bubble(role: string): object {
  const mine = role === 'user'
  return {
    background: mine ? '#d6e8ff' : '#eee',
    borderRadius: 12,
    padding: '8px 12px',
    margin: mine ? '8px 0 8px 80px' : '8px 80px 8px 0',
    whiteSpace: 'pre-wrap',
  }
}

function textOf({ content }: Pick<Message, 'content'>): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

createRoot(document.querySelector('#root') as Element).render(
  query.has('strict') ? (
    <StrictMode>
      <Chat />
    </StrictMode>
  ) : (
    <Chat />
  ),
)
