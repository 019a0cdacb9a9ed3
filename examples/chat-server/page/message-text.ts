/**
 * The text of a message, without its other parts.
 */

import type { Message } from 'sluice'

export function textOf(message: Pick<Message, 'content'> | undefined): string {
  const content = message?.content ?? ''
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
