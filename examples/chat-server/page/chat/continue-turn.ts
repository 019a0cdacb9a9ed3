/**
 * Continues a turn that failed, was stopped, or was lost: the server knows which of them it was.
 */

import type { Message } from 'sluice'
import { readConversation } from './api.ts'
import { type OpenChat, streamUrl } from './open-chat.ts'
import type { ChatMessage } from './types.ts'

export async function continueTurn(id: string, { chat, resume, resend }: OpenChat): Promise<void> {
  const { messages, running, left } = await readConversation(id).catch(() => unreachable)
  const { connection, messages: shown } = chat.getState()
  if (connection !== 'none') return
  if (running !== undefined) {
    chat.follow(streamUrl(running.key))
  } else if (left === true) {
    resume()
  } else if (hasAnswer(messages, shown)) {
    // It was completed while this page had no connection.
    chat.setMessages(messages)
  } else {
    resend()
  }
}

const unreachable: Awaited<ReturnType<typeof readConversation>> = { messages: [] }

/** Whether the server has a whole answer to what is shown, and the page has not. */
function hasAnswer(messages: readonly Message[], shown: readonly ChatMessage[]): boolean {
  const answer = messages.at(-1)
  const last = shown.at(-1)
  if (answer?.role !== 'assistant' || (last?.id === answer.id && last?.status === 'done')) {
    return false
  }
  return questionOf(messages) === questionOf(shown)
}

function questionOf(messages: readonly Pick<Message, 'role' | 'content'>[]): string {
  return JSON.stringify(messages.findLast(({ role }) => role === 'user')?.content)
}
