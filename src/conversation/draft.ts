/**
 * The turn that is under way or was left behind, as the store keeps it.
 *
 * @module
 */

import type { StreamErrorCode } from '../base/errors.js'
import type { Step } from '../base/events.js'
import type { AssistantMessage, Message, OutputPart } from '../base/messages.js'
import type { RunResult } from '../loop/ledger.js'
import type { LastingResponse } from '../pull/source.js'

/** What is left of a turn when it fails: see `TurnOptions.onError`. */
export type OnError = 'keep-input' | 'keep-partial' | 'forget'

/** The state of a turn. JSON. */
export interface TurnDraft {
  /** The id of the answer, of which the keys of its calls are made. */
  id: string
  /** The id of the stream whose readers receive the answer: that of its `start` event. */
  stream: string
  /** The key of `send(input, { key })`. */
  key?: string
  /** The number of stored messages that come before the input. The others will be replaced. */
  keep: number
  input: readonly Message[]
  /** The answer as far as whole steps go. */
  answer: readonly OutputPart[]
  steps: readonly Step[]
  /** The runs of tools by their keys. Without a result, it is not known whether one happened. */
  runs: Readonly<Record<string, { result?: RunResult }>>
  /** The response of the step that runs, which its provider completes without a connection. */
  response?: LastingResponse
  /** The answer up to the failure, if the turn has failed and this is to be kept. */
  partial?: AssistantMessage
  /** Why the turn has failed. */
  errorCode?: StreamErrorCode
  startedAt: number
}

/** @returns undefined for a draft that a later version has written */
export function readDraft(draft: object | undefined): TurnDraft | undefined {
  const given: Partial<TurnDraft> | undefined = draft
  const isKnown =
    typeof given?.id === 'string' && Array.isArray(given.input) && Array.isArray(given.answer)
  return isKnown ? (given as TurnDraft) : undefined
}

/** All messages, with those that a left turn comes to. The same list if it comes to none. */
export function messagesWithDraft(
  messages: readonly Message[],
  draft: TurnDraft | undefined,
): readonly Message[] {
  const kept = draft === undefined ? [] : messagesOfDraft(draft)
  // Another answer that never came does not replace the one that is there.
  if (draft === undefined || kept.length === 0) return messages
  return [...messages.slice(0, draft.keep), ...kept]
}

/**
 * The messages that a left turn comes to: its question once, and what it has answered. Whole steps
 * with results of tools are always kept, because their tools must not run again.
 */
function messagesOfDraft({ id, key, input, answer, partial, errorCode }: TurnDraft): Message[] {
  const kept = partial?.content ?? (answer.some(isResult) ? answer : [])
  const keyed = key === undefined ? {} : { key }
  if (kept.length > 0) {
    const broken = errorCode === undefined ? {} : { errorCode }
    const about = { id, status: 'partial', ...broken, ...keyed } as const
    return [...input, { role: 'assistant', ...about, content: kept }]
  }
  // Without an answer, its question says that the turn has happened.
  return input.map((message, index) =>
    index === input.length - 1 ? { ...message, ...keyed } : message,
  )
}

function isResult({ type }: OutputPart): boolean {
  return type === 'tool-result'
}
