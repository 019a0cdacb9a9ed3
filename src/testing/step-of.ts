/**
 * The step of a turn, read from a request.
 *
 * @module
 */

import type { Message } from '../base/messages.js'
import type { StreamRequest } from '../base/request.js'

/**
 * Counts the answers that the model needs for the last message of the user: 1, and one more for
 * each round of tool results. Only results that a later answer follows end a round, so those that
 * arrive in several messages, such as after an approval, count once.
 */
export function stepOf({ messages = [] }: StreamRequest): number {
  let step = 1
  let isRound = false
  for (const { role, content } of messages.slice(lastQuestion(messages) + 1)) {
    for (const { type } of typeof content === 'string' ? [{ type: 'text' }] : content) {
      if (type === 'tool-result') {
        if (!isRound) step++
        isRound = true
      } else if (role === 'assistant') isRound = false
    }
  }
  return step
}

function lastQuestion(messages: readonly Message[]): number {
  return messages.findLastIndex(({ role }) => role === 'user')
}
