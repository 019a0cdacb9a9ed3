/**
 * The parts of a message, as components show them.
 */

import type { Message } from 'sluice'
import type { CallState, ChatMessage } from './types.ts'

export type Part = Exclude<Message['content'], string>[number]

type Said = Pick<Message, 'content'>

export function partsOf({ content }: Said): readonly Part[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}

export function textOf(message: Said): string {
  return partsOf(message)
    .flatMap((part) => (part.type === 'text' ? part.text : []))
    .join('')
}

/** The address of an image or file that came as a URL, a data URL, or base64. */
export function dataUrl(data: unknown, mediaType = 'image/png'): string {
  const text = String(data)
  return /^(?:data|https?):/.test(text) ? text : `data:${mediaType};base64,${text}`
}

/** The calls of each message. All calls come in the order of their parts. */
export function callsByMessage(
  messages: readonly ChatMessage[],
  calls: readonly CallState[],
): ReadonlyMap<string, readonly CallState[]> {
  const byMessage = new Map<string, readonly CallState[]>()
  const denied = deniedIn(messages)
  const shown = calls.map((call) => (denied.has(call.id) ? { ...call, approved: false } : call))
  let from = 0
  for (const message of messages) {
    const count = partsOf(message).filter(({ type }) => type === 'tool-call').length
    if (count > 0) byMessage.set(message.id, shown.slice(from, from + count))
    from += count
  }
  return byMessage
}

/** The ids of the calls that a person did not allow, which have failed without having run. */
function deniedIn(messages: readonly ChatMessage[]): ReadonlySet<string> {
  const answers = messages.flatMap((message) => (message.role === 'tool' ? partsOf(message) : []))
  return new Set(
    answers.flatMap((part) => (part.type === 'tool-approval' && !part.approved ? part.id : [])),
  )
}
