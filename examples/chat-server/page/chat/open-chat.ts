/**
 * Conversations with the routes of the server (../../README.md). One continues when the page shows another, so that
 * its answer is there when it is opened again.
 */

import { type Chat, type ChatOptions, type ChatRequest, createChat } from 'sluice/client'
import type { History } from './api.ts'
import { newId } from './new-id.ts'
import { pageTools } from './page-tools.ts'
import { getProvider } from './provider.ts'

const open = new Map<string, Chat>()

/** How many are kept. Those whose answers are in progress are not counted. */
const mostIdle = 20

/** @returns undefined for one that is not open yet */
export function findChat(id: string): Chat | undefined {
  return open.get(id)
}

export function openChat(id: string, history: History): Chat {
  const known = open.get(id)
  if (known !== undefined) return known
  closeOldest()
  const chat = createChat(optionsFor(id, history))
  open.set(id, chat)
  return chat
}

/** For a conversation that was deleted. */
export function closeChat(id: string): void {
  open.get(id)?.destroy()
  open.delete(id)
}

function closeOldest(): void {
  const idle = [...open].filter(([, chat]) => chat.getState().connection === 'none')
  for (const [id] of idle.slice(0, Math.max(0, idle.length - mostIdle))) closeChat(id)
}

const routes: Readonly<Record<ChatRequest['action'], string>> = {
  send: 'messages',
  edit: 'edit',
  regenerate: 'regenerate',
  resume: 'resume',
}

function optionsFor(id: string, { messages, running }: History): ChatOptions {
  return {
    url: ({ action }) => `/api/conversations/${id}/${routes[action]}`,
    // The server has the messages before.
    body: (_messages, { action, key, messageId, message }) => {
      const turn = { key, provider: getProvider() }
      if (action === 'send') return { ...turn, message }
      if (action === 'regenerate') return { ...turn, messageId }
      return action === 'edit' ? { ...turn, messageId, message } : turn
    },
    createKey: () => `${id}.${newId()}`,
    streamUrl,
    resumesTurns: true,
    initialMessages: messages,
    follow: running && streamUrl(running.key),
    tools: pageTools,
  }
}

export function streamUrl(key: string): string {
  return `/api/streams/${key}`
}
