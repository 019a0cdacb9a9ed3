/**
 * The title of a conversation.
 *
 * @module
 */

import type { Message } from '../base/messages.js'

/** In characters. */
const maxLength = 60

/** The first words of the first question, on one line; undefined for one without text. */
export function titleOf(messages: readonly Message[]): string | undefined {
  const question = messages.find(({ role }) => role === 'user')
  const line = textOf(question).trim().replace(/\s+/g, ' ')
  if (line === '') return undefined
  if (line.length <= maxLength) return line
  const cut = line.slice(0, maxLength + 1)
  const end = cut.lastIndexOf(' ')
  // A language without spaces, or a long address, is cut within a word.
  const kept = end > 0 ? cut.slice(0, end) : cut.slice(0, maxLength)
  return `${kept.toWellFormed().replace(/\uFFFD$/, '')}…`
}

/** Only as much as a title needs. */
function textOf(message: Message | undefined): string {
  const content = message?.content ?? ''
  const text = typeof content === 'string' ? content : firstText(content)
  return text.trimStart().slice(0, 10 * maxLength)
}

function firstText(parts: readonly object[]): string {
  for (const part of parts) {
    const { type, text } = part as { type?: unknown; text?: unknown }
    if (type === 'text' && typeof text === 'string' && text.trim() !== '') return text
  }
  return ''
}
