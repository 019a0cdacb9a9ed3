/**
 * Continues a turn that failed, was stopped, or was lost: the server knows which of them it was.
 */

import { readConversation } from './api.ts'
import { type OpenChat, streamUrl } from './open-chat.ts'

export async function continueTurn(id: string, { chat, resume }: OpenChat): Promise<void> {
  const { messages, running, left } = await readConversation(id).catch(() => unreachable)
  const { connection, messages: shown } = chat.getState()
  if (connection !== 'none') return
  if (running !== undefined) {
    chat.follow(streamUrl(running.key))
  } else if (left === true) {
    resume()
  } else if (messages.at(-1)?.role === 'assistant' && messages.length >= shown.length) {
    // It was completed while this page had no connection.
    chat.setMessages(messages)
  } else {
    // The server has never received it. The key is the same, so it cannot begin twice.
    chat.retry()
  }
}

const unreachable: Awaited<ReturnType<typeof readConversation>> = { messages: [] }
