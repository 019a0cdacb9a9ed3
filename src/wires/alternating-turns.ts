/**
 * A conversation as the turns that go over a wire.
 *
 * @module
 */

import type { InputPart, Message, OutputPart, ToolResultPart } from '../base/messages.js'
import { arrangeCalls } from './call-order.js'
import type { Json } from './read-json.js'
import { partsOf } from './request-messages.js'

/** How a wire writes what one message holds. */
export interface TurnEncoder {
  user(parts: readonly InputPart[]): Json[]
  assistant(parts: readonly OutputPart[]): Json[]
  results(results: readonly ToolResultPart[]): Json[]
}

export interface Turn {
  role: 'user' | 'assistant'
  items: Json[]
}

/**
 * The messages that hold something, oldest first. System messages are left out: where they go is different on each wire.
 *
 * @param wireId - see `arrangeCalls`
 */
export function encodeTurns(
  messages: readonly Message[],
  wireId: (id: string) => string,
  encoder: TurnEncoder,
): Turn[] {
  return arrangeCalls(messages, wireId).flatMap((message): Turn[] => {
    if (message.role === 'system') return []
    const items = encodeMessage(message, encoder)
    if (items.length === 0) return []
    return [{ role: message.role === 'assistant' ? 'assistant' : 'user', items }]
  })
}

function encodeMessage(
  message: Exclude<Message, { role: 'system' }>,
  encoder: TurnEncoder,
): Json[] {
  switch (message.role) {
    case 'user':
      return encoder.user(partsOf(message.content))
    case 'assistant': {
      const { content } = message
      return encoder.assistant(
        typeof content === 'string' ? [{ type: 'text', text: content }] : content,
      )
    }
    case 'tool':
      return encoder.results(message.content)
  }
}

/**
 * For wires whose roles have to alternate and begin with the user: neighbours of one role become one.
 *
 * @param opening - what the user is made to say where the conversation begins with the assistant
 */
export function alternate(turns: readonly Turn[], opening: (text: string) => Json): Turn[] {
  const merged: Turn[] = []
  for (const { role, items } of turns) {
    const last = merged.at(-1)
    if (last?.role === role) last.items.push(...items)
    else merged.push({ role, items: [...items] })
  }
  if (merged[0]?.role === 'assistant') {
    merged.unshift({ role: 'user', items: [opening('(The conversation begins.)')] })
  }
  return merged
}
