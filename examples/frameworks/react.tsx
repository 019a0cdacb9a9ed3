/** The chat in React. */

import { type ReactNode, StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import type { Chat, ChatOptions } from 'sluice/client'
import { useStream } from 'sluice/react'
import { inputOf, textOf } from './text-of.ts'

function Conversation({ source }: { source: ChatOptions | Chat }): ReactNode {
  const { messages, status, error, queue, enqueue, stop, retry, regenerate } = useStream(source)
  const [text, setText] = useState('')
  return (
    <main>
      {messages.map((message) => (
        <p key={message.id} className={message.role} data-status={message.status}>
          {textOf(message)}
        </p>
      ))}
      {queue.map(({ id, input }) => (
        <p key={id} className="queued">
          {inputOf(input)}
        </p>
      ))}
      <output>{status}</output>
      {error && <strong role="alert">{error.publicMessage}</strong>}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          enqueue(text)
          setText('')
        }}
      >
        <input
          placeholder="Say something"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <button>Send</button>
      </form>
      <button onClick={stop}>Stop</button>
      <button onClick={retry}>Try again</button>
      <button onClick={() => regenerate()}>Regenerate</button>
    </main>
  )
}

/** @returns the function that removes it */
export function mount(source: ChatOptions | Chat, root: Element): () => void {
  const app = createRoot(root)
  app.render(
    <StrictMode>
      <Conversation source={source} />
    </StrictMode>,
  )
  return () => app.unmount()
}
