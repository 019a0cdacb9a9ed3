/**
 * Messages as those of AG-UI clients.
 *
 * @module
 */

import type { Message, ToolApprovalPart, ToolMessage } from '../base/messages.js'
import { newId } from '../base/new-id.js'
import { isRecord } from '../base/read-json.js'
import { textOfParts } from '../wires/request-messages.js'
import { AgUiHistory, own } from './ag-ui-history.js'
import { toAgUiPart } from './ag-ui-parts.js'
import type { AgUiMessage } from './ag-ui-shape.js'

/**
 * Turns messages into those of AG-UI 1.0, such as a stored conversation for a page that is loaded,
 * or for a `MESSAGES_SNAPSHOT`. `fromAgUiMessages()` gives the same messages again. An answer becomes
 * several messages with the ids that the events of `agUi()` have: its reasoning, a message for each
 * step, and the results of tools. The texts of one step become one.
 *
 * Signatures are in `encryptedValue`. What a client has no place for goes into `metadata.sluice`:
 * sources, files of the model, blocks of a provider, seals, answers to approvals, the status
 * `partial`, `key` and `createdAt`. A message without an id gets a new one.
 *
 * What is left out: `providerOptions` and `cache`, which stay on the server, previews of files,
 * preliminary results, and the fields of `tool` messages.
 *
 * @example
 * ```ts
 * const { messages } = await conversation.read()
 * const agent = new HttpAgent({ url: '/agent', initialMessages: toAgUiMessages(messages) })
 * ```
 */
export function toAgUiMessages(messages: readonly Message[]): AgUiMessage[] {
  const last = messages.at(-1)
  const approvals = last?.role === 'tool' ? approvalsIn(last) : new Map()
  const ids = new Set<string>()
  const written = messages.flatMap((message): AgUiMessage[] => {
    const { role, id = newId() } = message
    const { metadata, ...fields } = fieldsOf(message)
    if (role === 'assistant') {
      const details = { approvals, metadata: metadata ?? {}, toPart: toAgUiPart }
      return new AgUiHistory(id, message, details).messages
    }
    if (role === 'tool') return resultsOf(message)
    const kept = metadata === undefined ? {} : { metadata }
    if (role === 'system') {
      const content = textOfParts(message.content)
      return [{ id, role, content, ...kept, ...fields }]
    }
    const { content } = message
    const parts = typeof content === 'string' ? content : content.map(toAgUiPart)
    return [{ id, role, content: parts, ...kept, ...fields }]
  })
  return written.map((message) => {
    const isRepeated = ids.has(message.id)
    ids.add(message.id)
    // Models may use the id of a call twice.
    return isRepeated && message.role === 'tool' ? { ...message, id: newId() } : message
  })
}

function approvalsIn({ content }: ToolMessage): Map<string, ToolApprovalPart> {
  const parts = content.filter((part) => part.type === 'tool-approval')
  return new Map(parts.map((part) => [part.id, part]))
}

/** Each result is a message of its own. */
function resultsOf({ content }: ToolMessage): AgUiMessage[] {
  const results = content.filter((part) => part.type === 'tool-result')
  const details = { approvals: new Map(), metadata: {}, toPart: toAgUiPart }
  return new AgUiHistory('', { content: results }, details).messages
}

/** The metadata with what has no other place, and the fields that `fromAgUiMessages()` has kept. */
function fieldsOf({ status, errorCode, key, createdAt, metadata }: Message): {
  metadata?: Record<string, unknown>
} {
  const { agUi, ...theirs } = isRecord(metadata) ? metadata : {}
  const value = isRecord(metadata) ? undefined : metadata
  const kept = { ...theirs, ...own({ status, errorCode, key, createdAt, metadata: value }) }
  return {
    ...(isRecord(agUi) ? agUi : {}),
    ...(Object.keys(kept).length > 0 && { metadata: kept }),
  }
}
