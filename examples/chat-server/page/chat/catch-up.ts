/**
 * Shows what has happened in a conversation elsewhere, such as in another tab.
 */

import type { Chat } from 'sluice/client'
import { readConversation } from './api.ts'
import { streamUrl } from './open-chat.ts'

export async function catchUp(id: string, chat: Chat): Promise<void> {
  const isIdle = () => chat.getState().connection === 'none'
  const { messages: before } = chat.getState()
  if (!isIdle() || before.length === 0) return
  const { messages, running } = await readConversation(id).catch(() => nothing)
  // Something may have been sent meanwhile, and what is not known to the server stays.
  if (!isIdle() || chat.getState().messages !== before) return
  if (messages.length > before.length) chat.setMessages(messages)
  if (running !== undefined) chat.follow(streamUrl(running.key))
}

const nothing: Awaited<ReturnType<typeof readConversation>> = { messages: [] }
