/**
 * Conversations with the routes of the server (../../README.md). One that is left goes on, so that
 * its answer is there when it is opened again.
 */

import { type Chat, type ChatOptions, type ChatRequest, createChat } from 'sluice/client'
import type { History } from './api.ts'
import { newId } from './new-id.ts'
import { pageTools } from './page-tools.ts'
import { getProvider } from './provider.ts'

export interface OpenChat {
  chat: Chat
  /** Continues the turn that the server has left behind, instead of asking anew. */
  resume: () => void
  /** Sends a message again that the server does not have. */
  resend: () => void
}

const open = new Map<string, OpenChat>()

/** How many are kept. Those whose answers are in progress are not counted. */
const mostIdle = 20

/** @returns undefined for one that is not open yet */
export function findChat(id: string): OpenChat | undefined {
  return open.get(id)
}

export function openChat(id: string, history: History): OpenChat {
  const known = open.get(id)
  if (known !== undefined) return known
  closeOldest()
  const opened = create(id, history)
  open.set(id, opened)
  return opened
}

/** For a conversation that was deleted. */
export function closeChat(id: string): void {
  open.get(id)?.chat.destroy()
  open.delete(id)
}

function closeOldest(): void {
  const idle = [...open].filter(([, { chat }]) => chat.getState().connection === 'none')
  for (const [id] of idle.slice(0, Math.max(0, idle.length - mostIdle))) closeChat(id)
}

function create(id: string, { messages, running }: History): OpenChat {
  let isResuming = false
  /** Turns that are resumed, or sent again after a stop, have another stream. By their keys. */
  let hasNewStream = false
  const streams = new Map<string, string>()
  const keyOf = (key: string): string => `${id}.${streams.get(key) ?? key}`

  const options: ChatOptions = {
    url: ({ action, key }) => {
      if (hasNewStream) streams.set(key, newId())
      return `/api/conversations/${id}/${isResuming ? 'resume' : routes[action]}`
    },
    body: (_messages, { action, key, messageId, message }) => {
      const turn = { key: keyOf(key), provider: getProvider() }
      if (isResuming || action === 'regenerate') return turn
      return action === 'edit' ? { ...turn, messageId, message } : { ...turn, message }
    },
    streamUrl: (key) => streamUrl(keyOf(key)),
    initialMessages: messages,
    follow: running && streamUrl(running.key),
    tools: pageTools,
  }
  const chat = createChat(options)
  const retry = (): void => {
    chat.retry()
    isResuming = hasNewStream = false
  }
  const resume = (): void => {
    isResuming = hasNewStream = true
    retry()
  }
  const resend = (): void => {
    // The same key again cannot begin twice, but a key that was stopped cannot begin at all.
    hasNewStream = chat.getState().messages.at(-1)?.status === 'stopped'
    retry()
  }
  return { chat, resume, resend }
}

const routes: Readonly<Record<ChatRequest['action'], string>> = {
  send: 'messages',
  edit: 'edit',
  regenerate: 'regenerate',
}

export function streamUrl(key: string): string {
  return `/api/streams/${key}`
}
