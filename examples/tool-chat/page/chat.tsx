import { type ReactNode, useState } from 'react'
import { type CallState, type ChatMessage, useStream } from 'sluice/react'
import { Call } from './call.tsx'
import { DatePicker, type Picking } from './date-picker.tsx'

const conversation = crypto.randomUUID()
const suggestions = [
  'What is the weather in Oslo?',
  'A refund for order A-17, please.',
  'Pick a date for my trip.',
]

export function Chat(): ReactNode {
  const [text, setText] = useState('')
  const [picking, setPicking] = useState<Picking>()
  const { messages, calls, status, error, retrying, send, approve, retry } = useStream({
    url: '/chat',
    // The server has the others, and after a failure also this one.
    body: (_, { message, isRetry }) => ({
      id: conversation,
      message: isRetry ? undefined : message,
    }),
    // This tool runs here, until the user has picked a date.
    tools: {
      pickDate: async ({ label }: { label: string }) => {
        const { promise, resolve } = Promise.withResolvers<string>()
        setPicking({ label, resolve })
        return promise.finally(() => setPicking(undefined))
      },
    },
  })
  const isBusy = status === 'submitted' || status === 'streaming'
  const isWaiting = calls.some(({ state }) => state === 'waiting') || picking !== undefined
  const ask = (question: string): void => {
    if (question.trim() !== '' && !isWaiting && send(question)) setText('')
  }

  return (
    <main>
      <div className="scroll">
        <ol role="log" aria-label="Conversation">
          {bubblesOf(messages, calls).map(({ role, blocks }, index) => (
            // Bubbles are only ever added.
            <li key={index} className={role}>
              {blocks.map((block, at) =>
                typeof block === 'string' ? (
                  <p key={at}>{block}</p>
                ) : (
                  <Call key={at} call={block} onAnswer={approve} />
                ),
              )}
            </li>
          ))}
        </ol>
      </div>
      {picking && <DatePicker {...picking} />}
      {retrying && (
        <p role="status">
          {retrying.error.publicMessage} Trying again: {retrying.attempt} of {retrying.maxAttempts}.
        </p>
      )}
      {status === 'error' && (
        <p role="alert">
          {error?.publicMessage}{' '}
          <button type="button" onClick={retry}>
            Try again
          </button>
        </p>
      )}
      <nav aria-label="Suggestions">
        {suggestions.map((suggestion) => (
          <button
            key={suggestion}
            type="button"
            disabled={isBusy || isWaiting}
            onClick={() => ask(suggestion)}
          >
            {suggestion}
          </button>
        ))}
      </nav>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          ask(text)
        }}
      >
        <input
          aria-label="Message"
          placeholder="Say something"
          autoComplete="off"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <button disabled={isBusy || isWaiting}>Send</button>
      </form>
    </main>
  )
}

interface Bubble {
  role: ChatMessage['role']
  blocks: (string | CallState)[]
}

/** What is to be seen. The answers before and after an approval are one. */
function bubblesOf(messages: readonly ChatMessage[], calls: readonly CallState[]): Bubble[] {
  const bubbles: Bubble[] = []
  let seen = 0
  for (const { role, content } of messages) {
    if (role === 'tool') continue
    let bubble = bubbles.at(-1)
    if (bubble?.role !== role) bubbles.push((bubble = { role, blocks: [] }))
    if (typeof content === 'string') bubble.blocks.push(content)
    else {
      for (const part of content) {
        if (part.type === 'text') bubble.blocks.push(part.text)
        const call = part.type === 'tool-call' ? calls[seen++] : undefined
        if (call !== undefined) bubble.blocks.push(call)
      }
    }
  }
  return bubbles
}
