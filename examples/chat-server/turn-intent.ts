/**
 * What a page asks of a conversation.
 */

import type { EventStream, Message } from 'sluice'
import type { Conversation } from 'sluice/conversation'

/** Plain JSON. */
export type TurnIntent =
  | { kind: 'send'; message: Message }
  | { kind: 'edit'; messageId: string; message: Message }
  | { kind: 'regenerate'; messageId?: string }
  | { kind: 'resume' }

/** @param key - makes a turn that is sent twice the same turn */
export function openTurn(conversation: Conversation, key: string, intent: TurnIntent): EventStream {
  switch (intent.kind) {
    case 'send':
      return conversation.send(intent.message, { key })
    case 'edit':
      return conversation.edit(intent.messageId, intent.message, { key })
    case 'regenerate':
      return conversation.regenerate(
        intent.messageId === undefined ? { key } : { key, messageId: intent.messageId },
      )
    case 'resume':
      return conversation.resume()
  }
}
