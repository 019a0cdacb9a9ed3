/**
 * A conversation as the turns that go over a wire.
 *
 * @module
 */

import type {
  CacheMark,
  InputPart,
  Message,
  OptionsByProvider,
  OutputPart,
  ToolResultPart,
} from '../base/messages.js'
import type { Json } from '../base/read-json.js'
import { arrangeCalls, type WireMessage } from './call-order.js'
import { partsOf } from './request-messages.js'

/** How a wire writes what one message holds. */
export interface TurnEncoder {
  user(parts: readonly InputPart[]): Json[]
  assistant(parts: readonly OutputPart[]): Json[]
  results(results: readonly ToolResultPart[]): Json[]
}

/** The options of the messages that became this turn, in their order. */
export interface AlternatingTurn extends Pick<Turn, 'role' | 'items'> {
  options: OptionsByProvider[]
}

export interface Turn {
  role: 'user' | 'assistant'
  items: Json[]
  /** Those of the message. */
  providerOptions: OptionsByProvider | undefined
  cache: CacheMark | undefined
}

/**
 * The messages that hold something, oldest first. System messages are left out: where they go is different on each wire.
 *
 * @param wireId - see `arrangeCalls`
 * @param keepsOpen - see `arrangeCalls`
 */
export function encodeTurns(
  messages: readonly Message[],
  wireId: (id: string) => string,
  encoder: TurnEncoder,
  keepsOpen = false,
): Turn[] {
  return arrangeCalls(messages, wireId, keepsOpen).flatMap((message): Turn[] => {
    if (message.role === 'system') return []
    const items = encodeMessage(message, encoder)
    if (items.length === 0) return []
    const { providerOptions, cache } = message
    const role = message.role === 'assistant' ? 'assistant' : 'user'
    return [{ role, items, providerOptions, cache }]
  })
}

function encodeMessage(
  message: Exclude<WireMessage, { role: 'system' }>,
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
export function alternate(
  turns: readonly Turn[],
  opening: (text: string) => Json,
): AlternatingTurn[] {
  const merged: AlternatingTurn[] = []
  for (const { role, items, providerOptions } of turns) {
    const options = providerOptions === undefined ? [] : [providerOptions]
    const last = merged.at(-1)
    if (last?.role === role) {
      last.items.push(...items)
      last.options.push(...options)
    } else merged.push({ role, items: [...items], options })
  }
  if (merged[0]?.role === 'assistant') {
    merged.unshift({ role: 'user', items: [opening('(The conversation begins.)')], options: [] })
  }
  return merged
}
