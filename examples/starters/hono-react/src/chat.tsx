import { type FormEvent, useState } from 'react'
import type { Message } from 'sluice'
import { useStream } from 'sluice/react'

export function Chat() {
  const [draft, setDraft] = useState('')
  const chat = useStream({ url: '/api/chat' })
  const { messages, status, error, retrying, send, stop, retry, regenerate } = chat
  const isBusy = status === 'submitted' || status === 'streaming'

  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (draft.trim() !== '' && send(draft)) setDraft('')
  }

  return (
    <main>
      <ol aria-live="polite" aria-busy={isBusy}>
        {messages.map(({ id, role, content, status: state }) => (
          <li key={id} className={role}>
            {textOf(content)}
            {(state === 'stopped' || state === 'partial') && <small> (incomplete)</small>}
          </li>
        ))}
        {status === 'submitted' && <li className="assistant">…</li>}
      </ol>
      {retrying && <p>{retrying.error.publicMessage} Trying again …</p>}
      {status === 'error' && (
        <p role="alert">
          {error?.publicMessage}{' '}
          <button type="button" onClick={retry}>
            Try again
          </button>
        </p>
      )}
      <form onSubmit={submit}>
        <input
          aria-label="Message"
          placeholder="Ask something"
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
        {!isBusy && messages.length > 0 && (
          <button type="button" onClick={() => regenerate()}>
            Another answer
          </button>
        )}
      </form>
    </main>
  )
}

function textOf(content: Message['content']): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
