import type { ChatInput, ChatMessage } from 'sluice/client'

/** The text of a message, without its other parts. */
export function textOf({ content }: ChatMessage): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

/** What waits in the queue: this page sends text only. */
export function inputOf(input: ChatInput): string {
  return typeof input === 'string' ? input : ''
}
