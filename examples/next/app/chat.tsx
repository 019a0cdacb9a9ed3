/**
 * The conversation: what was said, the answer as it grows, and the form to say more.
 */

'use client'

import { type FormEvent, useState } from 'react'
import type { Message } from 'sluice'
import { useStream } from 'sluice/react'

export function Chat() {
  const [draft, setDraft] = useState('')
  const { messages, status, error, retrying, send, stop, retry } = useStream({ url: '/api/chat' })
  const isBusy = status === 'submitted' || status === 'streaming'

  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (draft.trim() !== '' && send(draft)) setDraft('')
  }

  return (
    <main>
      <h1>Chat</h1>
      <div className="scroll" role="log" aria-busy={isBusy}>
        <ol>
          {messages.map((message) => (
            <li key={message.id} className={message.role}>
              {textOf(message)}
            </li>
          ))}
          {status === 'submitted' && <li>…</li>}
        </ol>
      </div>
      {retrying !== undefined && (
        <p role="status">{retrying.error.toJSON().message} Trying again.</p>
      )}
      {status === 'error' && (
        <p role="alert">
          {error?.toJSON().message}{' '}
          <button type="button" onClick={retry}>
            Try again
          </button>
        </p>
      )}
      <form onSubmit={submit}>
        <input
          aria-label="Message"
          placeholder="Say something"
          value={draft}
          onChange={({ target }) => setDraft(target.value)}
        />
        {isBusy ? (
          <button type="button" onClick={stop}>
            Stop
          </button>
        ) : (
          <button type="submit">Send</button>
        )}
      </form>
    </main>
  )
}

function textOf({ content }: Pick<Message, 'content'>): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
