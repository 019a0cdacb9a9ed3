/**
 * The conversation of a page with the server: what components read and call. Everything that the
 * page needs of `sluice/react` is here.
 */

import type { Message, StreamError } from 'sluice'
import { type CallState, useStream } from 'sluice/react'
import { useMemo, useRef } from 'react'
import type { History } from './api.ts'
import { newId } from './new-id.ts'
import { pageTools } from './page-tools.ts'
import { getProvider } from './provider.ts'

export type { CallState } from 'sluice/react'

export type MessageStatus = 'sending' | 'streaming' | 'partial' | 'stopped' | 'failed' | 'done'
type Shown<One> = One extends Message
  ? Omit<One, 'id' | 'status'> & { id: string; status: MessageStatus }
  : never
export type ChatMessage = Shown<Message>

export interface QueuedMessage {
  id: string
  text: string
}

export interface Chat {
  messages: readonly ChatMessage[]
  status: 'idle' | 'submitted' | 'streaming' | 'error'
  error: StreamError | undefined
  isReconnecting: boolean
  retrying: { attempt: number; maxAttempts: number } | undefined
  calls: readonly CallState[]
  queue: readonly QueuedMessage[]
  branches: Readonly<Record<string, { index: number; count: number }>>
  send(content: UserContent): boolean
  enqueue(content: UserContent): void
  dequeue(id: string): void
  stop(): void
  retry(): void
  regenerate(): void
  edit(messageId: string, content: UserContent): void
  switchBranch(messageId: string, index: number): void
  approve(id: string, approved: boolean): void
}

export type UserContent = Extract<Message, { role: 'user' }>['content']

export interface ChatSettings {
  id: string
  history: History
}

export function useChat({ id, history }: ChatSettings): Chat {
  const key = useRef(history.running?.key)
  const stream = useStream({
    url: `/api/conversations/${id}/messages`,
    body: (all) => {
      key.current = `${id}.${newId()}`
      return { key: key.current, message: all.at(-1), provider: getProvider() }
    },
    initialMessages: history.messages,
    follow: key.current === undefined ? undefined : `/api/streams/${key.current}`,
    tools: pageTools,
    onStop: () => void fetch(`/api/streams/${key.current}`, { method: 'DELETE' }),
  })
  const { messages: all, status, error, retrying, calls, send, stop, retry, approve } = stream
  const messages = useMemo(
    () =>
      all.map((message, index) => ({
        ...message,
        id: message.id ?? `${index}`,
        status: index < all.length - 1 || status === 'idle' ? 'done' : 'streaming',
      })) as ChatMessage[],
    [all, status],
  )
  return {
    messages,
    status,
    error,
    isReconnecting: retrying !== undefined && !('type' in retrying),
    retrying: retrying !== undefined && 'type' in retrying ? retrying : undefined,
    calls,
    queue: [],
    branches: {},
    send: (content) => send({ role: 'user', content }),
    enqueue: () => {},
    dequeue: () => {},
    stop,
    retry,
    regenerate: retry,
    edit: () => {},
    switchBranch: () => {},
    approve,
  }
}
