/**
 * A conversation with a server in memory.
 */

import { StreamError } from '../../src/base/errors.js'
import type { StreamEvent } from '../../src/base/events.js'
import { type Chat, type ChatOptions, createChat } from '../../src/entries/client.js'
import { answer } from './answers.js'
import { Remote } from './remote.js'

export interface Talk {
  chat: Chat
  remote: Remote
}

/** Changes are shown with the next timer, so `settled()` sees them. */
export function talk(options: Partial<ChatOptions> = {}): Talk {
  const remote = new Remote()
  const all = { url: '/ai', fetch: remote.fetch, throttleMs: 0, ...options }
  return { chat: createChat(all), remote }
}

/** Lets everything happen that needs no network. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 0))
}

/** An answer with this text, with an id of its own. */
export function answerOf(text: string, id = `of ${text}`): StreamEvent[] {
  const events = answer(text)
  return [{ ...(events[0] as StreamEvent & { type: 'start' }), id }, ...events.slice(1)]
}

export function failureOf(
  text: string,
  code: 'overloaded' | 'aborted' | 'network' = 'overloaded',
): StreamEvent {
  const content = text === '' ? [] : [{ type: 'text', text } as const]
  const error = new StreamError(code, 'secret')
  return { type: 'error', error, partial: { role: 'assistant', content }, attempts: 1 }
}

/** The messages in a form that reads well: `user Hi done`. */
export function outlineOf(chat: Chat): string[] {
  return chat.getState().messages.map(({ role, content, status }) => {
    const parts = typeof content === 'string' ? [{ type: 'text', text: content } as const] : content
    const text = parts.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join('')
    return `${role} ${text} ${status}`
  })
}
