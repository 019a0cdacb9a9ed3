/**
 * Continues a turn that failed, was stopped, or was lost.
 */

import type { Chat } from 'sluice/client'
import { readConversation } from './api.ts'
import type { ChatMessage } from './types.ts'

export async function continueTurn(id: string, chat: Chat): Promise<void> {
  const last = chat.getState().messages.at(-1)
  if (last?.role === 'user' && last.status === 'stopped' && !(await isKnown(id, last))) {
    // A stop can be faster than its message, which the server then does not have.
    chat.setMessages((messages) => messages.filter((message) => message !== last))
    chat.send({ role: 'user', id: last.id, content: last.content })
  } else {
    chat.retry()
  }
}

/** Whether the server has a message as it is shown. */
async function isKnown(id: string, { id: messageId, content }: ChatMessage): Promise<boolean> {
  const { messages } = await readConversation(id).catch(() => ({ messages: [] }))
  return messages.some(
    (message) =>
      message.id === messageId && JSON.stringify(message.content) === JSON.stringify(content),
  )
}
