/**
 * One conversation: its messages, and the form to say more.
 */

import { useEffect, useMemo, useRef } from 'react'
import type { History } from '../chat/api.ts'
import { setProvider } from '../chat/provider.ts'
import type { ShownChat, UserContent } from '../chat/types.ts'
import { useChat } from '../chat/use-chat.ts'
import { useEscape } from '../hooks/use-escape.ts'
import { useReturn } from '../hooks/use-return.ts'
import { loadForAnswer } from '../markdown/lazy-markdown.tsx'
import { announce } from './announcer.tsx'
import { Composer } from './composer.tsx'
import { ConnectionStatus } from './connection-status.tsx'
import { Empty, type Suggestion } from './empty.tsx'
import { Ending } from './ending.tsx'
import type { MessageActions } from './message-props.ts'
import { Queue } from './queue.tsx'
import { Thread } from './thread.tsx'

export interface ChatViewProps {
  id: string
  history: History
  /** The first message was sent. */
  onBegin: () => void
  /** The server has received a message, or an answer has ended. */
  onActivity: () => void
}

export function ChatView({ id, history, onBegin, onActivity }: ChatViewProps) {
  const chat = useChat(id, history)
  const { messages, isBusy } = chat
  const latest = useRef(chat)
  useEffect(() => {
    latest.current = chat
  })
  useEscape(isBusy, chat.stop)
  useReturn(chat.catchUp)
  useAnnouncements(chat)
  useActivity(chat, onActivity)

  const actions = useMemo<MessageActions>(
    () => ({
      onApprove: (callId, isApproved) => latest.current.approve(callId, isApproved),
      onEdit: (messageId, content) => latest.current.edit(messageId, content),
      onRegenerate: (messageId) => latest.current.regenerate(messageId),
      onBranch: (messageId, index) => latest.current.switchBranch(messageId, index),
    }),
    [],
  )
  const send = (content: UserContent) => {
    void loadForAnswer()
    if (messages.length === 0) onBegin()
    chat.send(content)
  }
  const pick = ({ text, provider }: Suggestion) => {
    if (provider !== undefined) setProvider(provider)
    send(text)
  }
  return (
    <>
      <Thread chat={chat} actions={actions} overlay={<ConnectionStatus {...chat} />}>
        {messages.length === 0 ? <Empty onPick={pick} /> : <Ending chat={chat} />}
      </Thread>
      <div className="dock">
        <div className="column">
          <Queue
            queue={chat.queue}
            isBusy={isBusy}
            onRemove={chat.dequeue}
            onSend={chat.sendQueued}
          />
          <Composer
            draft={`draft:${messages.length === 0 ? 'new' : id}`}
            isBusy={isBusy}
            onSend={send}
            onStop={chat.stop}
          />
        </div>
      </div>
    </>
  )
}

/** Says to screen readers how far the answer is. */
function useAnnouncements({ status, messages }: ShownChat): void {
  const before = useRef(status)
  const last = messages.at(-1)?.status
  useEffect(() => {
    if (before.current === status) return
    const wasBusy = before.current === 'submitted' || before.current === 'streaming'
    before.current = status
    if (status === 'submitted') announce('The answer is on its way.')
    if (!wasBusy || status === 'submitted' || status === 'streaming') return
    if (status === 'idle') announce(last === 'stopped' ? 'Stopped.' : 'The answer is complete.')
  }, [status, last])
}

/** Calls back when the server has received a message, and when an answer has ended. */
function useActivity({ connection }: ShownChat, onActivity: () => void): void {
  const before = useRef(connection)
  useEffect(() => {
    if (before.current === connection) return
    before.current = connection
    if (connection === 'open' || connection === 'none') onActivity()
  }, [connection, onActivity])
}
