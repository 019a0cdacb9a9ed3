/**
 * The messages of a turn that are sent to the model.
 *
 * @module
 */

import type { Message } from '../base/messages.js'
import { optionError } from '../base/option-error.js'
import type { SelectContext, SelectMessages } from './last-messages.js'

/** @throws TypeError if `select` returns anything but messages */
export async function selectMessages(
  messages: readonly Message[],
  select: SelectMessages | undefined,
  context: SelectContext,
): Promise<readonly Message[]> {
  if (select === undefined) return messages
  const selected = await select(messages, context)
  if (Array.isArray(selected)) return selected
  throw optionError('select', selected, 'a function that returns an array of messages')
}
