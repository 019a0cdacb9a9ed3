/**
 * The messages of a request, as every encoder reads them.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { InputPart, Message } from '../base/messages.js'
import type { Json } from '../base/read-json.js'
import type { StreamRequest } from '../base/request.js'

/** The conversation as messages, whichever way it was given. */
export function messagesOf(request: StreamRequest): readonly Message[] {
  const { messages, prompt = '' } = request
  if (messages === undefined) return [{ role: 'user', content: prompt }]
  return messages.some(isPartial) ? messages.map(remarked) : messages
}

function isPartial(message: Message): boolean {
  return message.role === 'assistant' && message.status === 'partial'
}

/** The model must not take an answer that broke off for a whole one. */
function remarked(message: Message): Message {
  if (message.role !== 'assistant' || message.status !== 'partial') return message
  const { content } = message
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
  return { ...message, content: [...parts, { type: 'text', text: '(This answer broke off.)' }] }
}

/**
 * The instructions: `system`, then the system messages, wherever they stand.
 *
 * @param further - what the wire itself has to say, at the end
 */
export function systemOf(request: StreamRequest, further?: string): string[] {
  const texts = request.system === undefined ? [] : [textOfParts(request.system)]
  for (const message of messagesOf(request)) {
    if (message.role === 'system') texts.push(textOfParts(message.content))
  }
  if (further !== undefined) texts.push(further)
  return texts.filter((text) => text.trim() !== '')
}

/** Content as parts, without empty ones. */
export function partsOf(content: string | readonly InputPart[]): readonly InputPart[] {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
  return parts.filter((part) => {
    if (part.type === 'text') return part.text.trim() !== ''
    return part.data instanceof Uint8Array ? part.data.length > 0 : String(part.data) !== ''
  })
}

export function textOfParts(content: string | readonly InputPart[]): string {
  return partsOf(content)
    .flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join('\n')
}

/**
 * @throws StreamError `invalid-request` for a body without messages: the provider would refuse it
 *   with less to go on
 */
export function checkMessages(body: Json, field = 'messages'): Json {
  const messages = body[field]
  if (!Array.isArray(messages) || messages.length > 0) return body
  const remedy = 'Give text, an image, a file, or a tool call with its result.'
  throw new StreamError('invalid-request', `There is nothing to send. ${remedy}`)
}
