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
  resume: () => boolean
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
  /** A turn that is resumed has a stream of its own. By the keys of turns. */
  const streams = new Map<string, string>()
  const keyOf = (key: string): string => `${id}.${streams.get(key) ?? key}`

  const options: ChatOptions = {
    url: ({ action, key }) => {
      if (isResuming) streams.set(key, newId())
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
  const resume = (): boolean => {
    isResuming = true
    const hasBegun = chat.retry()
    isResuming = false
    return hasBegun
  }
  return { chat, resume }
}

const routes: Readonly<Record<ChatRequest['action'], string>> = {
  send: 'messages',
  edit: 'edit',
  regenerate: 'regenerate',
}

export function streamUrl(key: string): string {
  return `/api/streams/${key}`
}
