/**
 * The input of a turn as messages.
 *
 * @module
 */

import type { InputPart, Message } from '../base/messages.js'
import { newId } from '../base/new-id.js'
import { optionError } from '../base/option-error.js'
import { toJsonMessages } from './json-messages.js'
import type { ConversationInput } from './types.js'

/** @throws TypeError for anything else, and for a value that JSON cannot hold */
export function toMessages(input: ConversationInput): Message[] {
  if (typeof input === 'string' && input !== '') return [named({ role: 'user', content: input })]
  if (typeof input !== 'object' || input === null) throw inputError(input)
  const list: readonly (Message | InputPart)[] = Array.isArray(input) ? input : [input as Message]
  if (list.length === 0) throw inputError(input)
  const areParts = list.every((item) => item !== null && typeof item === 'object' && 'type' in item)
  const messages = areParts
    ? [{ role: 'user' as const, content: list as readonly InputPart[] }]
    : (list as readonly Message[])
  return toJsonMessages(messages).map(named)
}

/** Messages have ids, so that they can be edited. */
function named(message: Message): Message {
  return message.id === undefined ? { ...message, id: newId() } : message
}

function inputError(input: unknown): TypeError {
  return optionError(
    'input',
    input,
    'a non-empty string, a list of message parts, or one or more messages',
  )
}
