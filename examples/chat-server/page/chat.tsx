/**
 * One conversation: what was said, and the form to say more.
 */

import { useEffect, useState } from 'react'
import { useStream } from 'sluice/react'
import { textOf } from './message-text.ts'
import { keep, newKey, type Session } from './session.ts'

export interface ChatProps {
  session: Session
  onNew: () => void
}

export function Chat({ session, onNew }: ChatProps) {
  const [provider, setProvider] = useState(session.provider)
  const [draft, setDraft] = useState('')
  const [isStopped, setStopped] = useState(false)
  const { messages, status, error, retrying, send, stop, retry } = useStream({
    url: `/api/conversations/${session.id}/messages`,
    // The server remembers the rest.
    body: (all) => ({ key: newKey(session), message: textOf(all.at(-1)), provider }),
    initialMessages: session.messages,
    follow: session.stream,
    retry: { maxRetries: 4, minDelayMs: 300, maxDelayMs: 1_500 },
    onResponse: ({ headers }) => {
      const stream = headers.get('content-location')
      if (stream !== null) keep(session, { stream })
    },
    onEvent: ({ type }) => {
      if (type === 'complete' || type === 'error') keep(session, { stream: null })
    },
    onStop: () => {
      setStopped(true)
      // An answer goes on without its reader, so it has to be told.
      if (session.stream !== null) void fetch(session.stream, { method: 'DELETE' })
      keep(session, { stream: null })
    },
  })
  useEffect(() => keep(session, { messages, provider }), [session, messages, provider])

  const isBusy = status === 'submitted' || status === 'streaming'
  const say = (): void => {
    if (draft.trim() === '' || !send(draft)) return
    setDraft('')
    setStopped(false)
  }
  const forget = (): void => {
    stop()
    void fetch(`/api/conversations/${session.id}`, { method: 'DELETE' })
    onNew()
  }

  return (
    <main>
      <header>
        <h1>Chat</h1>
        <label>
          Provider{' '}
          <select value={provider} onChange={({ target }) => setProvider(target.value)}>
            <option value="openai">OpenAI</option>
            <option value="claude">Claude</option>
            <option value="gemini">Gemini</option>
          </select>
        </label>
        <button type="button" onClick={forget} disabled={messages.length === 0}>
          New conversation
        </button>
      </header>
      <div className="log" role="log" aria-label="Conversation" aria-busy={isBusy}>
        <ol>
          {messages.map((message, index) => (
            // Messages are only added and replaced at the end. oxlint-disable-next-line react/no-array-index-key
            <li key={index} className={message.role}>
              <span className="unseen">{message.role === 'user' ? 'You:' : 'Answer:'} </span>
              {textOf(message)}
            </li>
          ))}
          {status === 'submitted' && retrying === undefined && <li className="waiting">…</li>}
        </ol>
      </div>
      <div className="notices" role="status">
        {retrying !== undefined && (
          <p className="retrying">
            {retrying.error.toJSON().message} Trying again: {retrying.attempt} of{' '}
            {retrying.maxAttempts}.
          </p>
        )}
        {isStopped && <p>Stopped. What was said last is not remembered.</p>}
      </div>
      {status === 'error' && (
        <p className="failure" role="alert">
          {error?.toJSON().message}{' '}
          <button type="button" onClick={retry}>
            Try again
          </button>
        </p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          say()
        }}
      >
        <textarea
          aria-label="Message"
          placeholder="Say something"
          rows={1}
          value={draft}
          onChange={({ target }) => setDraft(target.value)}
          onKeyDown={(event) => {
            // Enter that picks a word in an input method sends nothing.
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
            event.preventDefault()
            say()
          }}
        />
        {isBusy ? (
          <button type="button" onClick={stop}>
            Stop
          </button>
        ) : (
          <button type="submit" disabled={draft.trim() === ''}>
            Send
          </button>
        )}
      </form>
    </main>
  )
}
