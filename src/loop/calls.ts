/**
 * The calls of a turn, and those that its messages leave without a result.
 *
 * @module
 */

import type {
  AssistantMessage,
  Message,
  OutputPart,
  ToolApprovalPart,
  ToolCallPart,
  ToolMessage,
} from '../base/messages.js'
import type { RunCall } from './options.js'
import { digestOf } from './seal.js'

/** One call of a tool, with what makes it unlike every other call. */
export interface Call {
  part: ToolCallPart
  /** The id of its message. */
  messageId: string
  /** Models may use an id twice: how many calls of the message have had it before. */
  ordinal: number
  /** What a person has said to it. */
  approval: ToolApprovalPart | undefined
  /** The call was made in this stream, and not handed in with the messages. */
  fresh: boolean
}

/** What steps and hooks report of a call. */
export function summaryOf({ part: { id, name, input } }: Call): RunCall {
  return { id, name, input }
}

/**
 * The calls in parts of one message, in their order.
 *
 * @param counts - how often the parts before them have used each id
 */
export function callsIn(
  { content }: Pick<AssistantMessage, 'content'>,
  messageId: string,
  fresh: boolean,
  counts: Map<string, number> = new Map(),
): Call[] {
  if (typeof content === 'string') return []
  const calls: Call[] = []
  for (const part of content) {
    if (part.type !== 'tool-call') continue
    const ordinal = counts.get(part.id) ?? 0
    counts.set(part.id, ordinal + 1)
    calls.push({ part, messageId, ordinal, approval: undefined, fresh })
  }
  return calls
}

/**
 * The calls without results at the end of a conversation: those of the last answer of the model,
 * unless a user message follows it, which makes the model continue without them.
 */
export async function openCalls(messages: readonly Message[]): Promise<Call[]> {
  const position = messages.findLastIndex((message) => !holdsResultsOnly(message))
  const last = messages[position]
  if (last?.role !== 'assistant') return []
  const calls = callsIn(last, last.id ?? '', false)
  const next = calls.values()
  const open = new Map<string, Call[]>()
  const parts = typeof last.content === 'string' ? [] : last.content
  for (const part of [...parts, ...messages.slice(position + 1).flatMap(partsOf)]) {
    // A result that stands before the call of its id is that of an earlier message.
    const { id = '' } = part as { id?: string }
    const same = open.get(id)
    if (part.type === 'tool-call') {
      const call = next.next().value as Call
      if (same === undefined) open.set(id, [call])
      else same.push(call)
    } else if (part.type === 'tool-result' && !part.preliminary) same?.shift()
    else if (part.type === 'tool-approval' && same?.[0] !== undefined) same[0].approval = part
  }
  const left = new Set([...open.values()].flat())
  const waiting = calls.filter((call) => left.has(call))
  if (waiting.length === 0 || last.id !== undefined) return waiting
  // Models count calls from the start in each conversation, and a key must be that of one call.
  const messageId = await digestOf(messages.slice(0, position + 1))
  return waiting.map((call) => ({ ...call, messageId }))
}

type Part = OutputPart | ToolMessage['content'][number]

/** A turn whose calls still wait may have no more than results. */
function holdsResultsOnly(message: Message): boolean {
  if (message.role === 'tool') return true
  if (message.role !== 'assistant') return false
  const { content } = message
  return typeof content === 'string' ? content === '' : content.every(isResult)
}

function isResult({ type }: { type: string }): boolean {
  return type === 'tool-result'
}

function partsOf({ role, content }: Message): readonly Part[] {
  if (role === 'tool') return content
  return role === 'assistant' && typeof content !== 'string' ? content : []
}
