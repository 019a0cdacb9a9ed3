/**
 * A conversation: `useChat`, and what it shows.
 */

import { useChat } from '@ai-sdk/react'
import { DefaultChatTransport, lastAssistantMessageIsCompleteWithToolCalls } from 'ai'
import { useState } from 'react'
import type { ChatMessage } from '../messages.ts'
import { MessageParts } from './message-parts.tsx'
import { keep, openSession } from './session.ts'

const session = openSession()

const transport = new DefaultChatTransport<ChatMessage>({
  prepareSendMessagesRequest: ({ id, messages }) => {
    keep({ id, messages, isBusy: true })
    return { body: { id, messages } }
  },
})

const suggestions = ['Why is the sky blue?', 'What time is it here?']

export function Chat() {
  const [draft, setDraft] = useState('')
  const [retrying, setRetrying] = useState<string>()
  const { id, messages, status, error, sendMessage, stop, regenerate, addToolOutput } =
    useChat<ChatMessage>({
      id: session.id,
      messages: session.messages,
      resume: session.isBusy,
      transport,
      // A tool that runs here. Once it has answered, the model goes on by itself.
      onToolCall({ toolCall: { toolName, toolCallId } }) {
        if (toolName !== 'clock') return
        const output = new Date().toLocaleTimeString('en', { timeStyle: 'short' })
        // Not awaited: it takes its turn after this call.
        void addToolOutput({ tool: 'clock', toolCallId, output })
      },
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
      onData(part) {
        if (part.type !== 'data-retry') return
        const { attempt, maxAttempts, error: reason } = part.data
        setRetrying(`${reason.message} Trying again: ${attempt} of ${maxAttempts}.`)
      },
      onFinish({ messages: all, isDisconnect }) {
        setRetrying(undefined)
        // The answer goes on without its page.
        if (!isDisconnect) keep({ id: session.id, messages: all, isBusy: false })
      },
    })

  const isBusy = status === 'submitted' || status === 'streaming'
  // A retry takes what had come out of the step, so it is empty until more comes.
  const isEmpty = messages.at(-1)?.parts.at(-1)?.type === 'step-start'
  const isWaiting = status === 'submitted' || (status === 'streaming' && isEmpty)

  function say(text: string): void {
    if (text.trim() === '' || isBusy) return
    setDraft('')
    void sendMessage({ text })
  }

  function leave(): void {
    void stop()
    // The connection is closed, and the answer would go on.
    void fetch(`/api/chat/${id}/stream`, { method: 'DELETE' })
  }

  return (
    <main>
      <header>
        <h1>useChat</h1>
        <p>The AI SDK's hook on a backend of your own.</p>
      </header>
      <div className="log" role="log" aria-label="Conversation" aria-busy={isBusy}>
        <ol>
          {messages.map((message) => (
            <li key={message.id} className={message.role}>
              <MessageParts message={message} />
            </li>
          ))}
          {isWaiting && (
            <li className="waiting" role="status">
              {retrying ?? '…'}
            </li>
          )}
          {error && (
            <li className="failure" role="alert">
              {error.message}{' '}
              <button type="button" onClick={() => void regenerate()}>
                Try again
              </button>
            </li>
          )}
        </ol>
      </div>
      {messages.length === 0 && (
        <div className="suggestions">
          {suggestions.map((text) => (
            <button key={text} type="button" onClick={() => say(text)}>
              {text}
            </button>
          ))}
        </div>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          say(draft)
        }}
      >
        <input
          aria-label="Message"
          placeholder="Say something"
          value={draft}
          onChange={({ target }) => setDraft(target.value)}
        />
        {isBusy ? (
          <button type="button" onClick={leave}>
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
