/**
 * Decides what a turn does with what the store holds.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { AssistantMessage, Message, OutputPart } from '../base/messages.js'
import type { LeftBehind } from '../core/left-behind.js'
import { messagesWithDraft, readDraft, type TurnDraft } from './draft.js'
import { isBeginningOf } from './join-left.js'
import type { StoredConversation } from './store.js'
import { titleOf } from './title.js'

/** What a turn is asked to do. */
export type Intent =
  | { kind: 'send'; input: readonly Message[]; key?: string | undefined }
  /** Asks for another answer in place of one, and removes what follows it. */
  | { kind: 'regenerate'; messageId?: string | undefined; key?: string | undefined }
  /** Replaces a message and everything after it. */
  | { kind: 'edit'; messageId: string; input: readonly Message[]; key?: string | undefined }
  /** Continues the turn that was left behind. */
  | { kind: 'resume'; left?: LeftBehind | undefined }

/** The turn that is to be run, or an answer that was given before. */
export type TurnPlan =
  | {
      draft: TurnDraft
      /** The messages before the input. */
      before: readonly Message[]
      /** What changes at once, with the draft. */
      change: { keep?: number; add?: readonly Message[]; title?: string }
    }
  | { answer: AssistantMessage }

/**
 * @param id - the id of the new stream
 * @throws StreamError `not-found` for an unknown message, and if there is nothing to resume or to
 *   regenerate; `conflict` for the key of a turn that failed before others followed
 */
export function planTurn(intent: Intent, stored: StoredConversation, id: string): TurnPlan {
  const left = readDraft(stored.draft)
  const { messages } = stored
  if (intent.kind === 'resume') return planResume(intent.left, left, messages, id)
  const { key } = intent
  if (key !== undefined) {
    if (left?.key === key) return resume(left, messages, id)
    const earlier = messages.find((message) => message.key === key)
    if (earlier?.role === 'assistant' && earlier.status !== 'partial') return { answer: earlier }
    if (earlier !== undefined) {
      const message = `The turn with the key "${key}" failed, and the conversation has gone on.`
      throw new StreamError('conflict', message, { publicMessage: message })
    }
  }
  const all = messagesWithDraft(messages, left)
  const change =
    left === undefined || all === messages ? {} : { keep: left.keep, add: all.slice(left.keep) }
  const { keep, input } = changeOf(intent, all)
  // The first question only: an application may have written another title since.
  const isFirst = all.every(({ role }) => role !== 'user')
  const title = isFirst ? titleOf(input) : undefined
  const draft: TurnDraft = {
    id,
    stream: id,
    ...(key === undefined ? {} : { key }),
    keep,
    input,
    answer: [],
    steps: [],
    runs: {},
    startedAt: Date.now(),
  }
  return {
    draft,
    before: all.slice(0, keep),
    change: title === undefined ? change : { ...change, title },
  }
}

/** @throws StreamError `not-found` without such a turn; that of a stream whose turn is gone */
function planResume(
  left: LeftBehind | undefined,
  draft: TurnDraft | undefined,
  messages: readonly Message[],
  id: string,
): TurnPlan {
  const answers = messages.filter(({ role }) => role === 'assistant') as AssistantMessage[]
  const last = answers.at(-1)
  if (left === undefined) {
    if (draft !== undefined) return resume(draft, messages, id)
    if (last !== undefined) return { answer: last }
    throw notFound('There is no turn to resume.')
  }
  const stream = left.partial.id
  const isOf = draft?.stream === stream || draft?.id === stream
  if (stream !== undefined && draft && isOf) return resume(draft, messages, stream)
  // A turn that was resumed under another stream has the id of its first one.
  const answer =
    answers.findLast((message) => message.id === stream) ??
    (last !== undefined && isBeginningOf(left.blocks, partsOf(last)) ? last : undefined)
  if (answer !== undefined && answer.status !== 'partial') return { answer }
  throw left.error
}

/** @param stream - the id of the stream whose readers receive the answer */
function resume(draft: TurnDraft, messages: readonly Message[], stream: string): TurnPlan {
  const { partial: _partial, errorCode: _errorCode, ...rest } = draft
  return { draft: { ...rest, stream }, before: messages.slice(0, draft.keep), change: {} }
}

/** The parts of an answer. */
export function partsOf({ content }: AssistantMessage): readonly OutputPart[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content
}

function changeOf(
  intent: Exclude<Intent, { kind: 'resume' }>,
  messages: readonly Message[],
): { keep: number; input: readonly Message[] } {
  switch (intent.kind) {
    case 'send':
      return { keep: messages.length, input: intent.input }
    case 'edit': {
      return { keep: positionOf(intent.messageId, messages), input: intent.input }
    }
    case 'regenerate': {
      const { messageId } = intent
      const last = messageId === undefined ? messages.length - 1 : positionOf(messageId, messages)
      const keep = messages.slice(0, last + 1).findLastIndex(({ role }) => role === 'user') + 1
      if (keep === 0) throw notFound('There is no question to answer again.')
      return { keep, input: [] }
    }
  }
}

function positionOf(messageId: string, messages: readonly Message[]): number {
  const position = messages.findIndex(({ id }) => id === messageId)
  if (position === -1) throw notFound(`There is no message with the id "${messageId}".`)
  return position
}

/** Names nothing but the caller's own id, so that a client may see it. */
export function notFound(message: string): StreamError {
  return new StreamError('not-found', message, { status: 404, publicMessage: message })
}
