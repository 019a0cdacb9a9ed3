/**
 * Tool calls of AI SDK messages, each with its result.
 *
 * @module
 */

import type { ToolApprovalPart, ToolCallPart, ToolResultPart } from '../base/messages.js'
import { isRecord } from '../base/read-json.js'
import { denied } from '../base/tools.js'
import { unanswered } from './open-calls.js'
import { type Fields, invalid, stringIn } from './read-messages.js'
import type { Kept } from './ui-kept.js'
import { keptIn } from './ui-metadata.js'

const cutOff = 'The arguments were cut off before they were complete.'

interface ReadCall {
  call: ToolCallPart
  result?: ToolResultPart
  approval?: ToolApprovalPart
  /** The id of the message that its seal is bound to. */
  messageId?: string | undefined
}

/** @param isLast - whether the call is in the last message */
export function callOf(part: Fields, isLast: boolean, place: string): ReadCall {
  const { type, state, input, rawInput } = part
  const id = stringIn(part, 'toolCallId', place)
  const name =
    type === 'dynamic-tool' ? stringIn(part, 'toolName', place) : String(type).slice('tool-'.length)
  // Metadata of a call that failed before it ran is in either place.
  const kept = { ...keptIn(part.resultProviderMetadata), ...keptIn(part.callProviderMetadata) }
  const { signature, custom, failed } = kept
  const call: ToolCallPart = {
    type: 'tool-call',
    id,
    name,
    input: input ?? {},
    ...(signature === undefined ? {} : { signature }),
    ...(custom && { custom }),
  }
  switch (state) {
    case 'input-streaming':
      return { call: { ...call, input: rawInput ?? '', error: cutOff } }
    case 'output-available':
      // The result of a tool that was still running is none.
      if (part.preliminary === true) break
      return { call, result: resultOf(call, part.output, kept) }
    case 'output-error': {
      const errorText = stringIn(part, 'errorText', place)
      if (failed || (!isRecord(input) && !custom)) {
        return { call: { ...call, input: input ?? rawInput ?? '', error: errorText } }
      }
      const { output = errorText } = kept
      return { call, result: { ...resultOf(call, output, kept), isError: true } }
    }
    case 'output-denied': {
      const { reason } = approvalOf(part)
      const output = reason === undefined ? denied : `${denied} Reason: ${reason}`
      return { call, result: { ...resultOf(call, output, {}), isError: true } }
    }
    case 'approval-responded': {
      if (!isLast) break
      const { approved, reason } = approvalOf(part)
      const because = reason === undefined ? {} : { reason }
      const approval = { type: 'tool-approval' as const, id, approved, ...because }
      return { call: sealed(call, kept), approval, messageId: kept.messageId }
    }
    case 'input-available':
    case 'approval-requested':
      break
    default:
      throw invalid(`${place}.state is unknown.`)
  }
  if (!isLast) return { call: { ...call, error: unanswered } }
  return { call: sealed(call, kept), messageId: kept.messageId }
}

function resultOf({ id, name }: ToolCallPart, output: unknown, kept: Kept): ToolResultPart {
  const { content, hasOutput } = kept
  return {
    type: 'tool-result',
    id,
    name,
    output: hasOutput === false ? undefined : output,
    ...(content === undefined ? {} : { content }),
  }
}

function approvalOf({ approval }: Fields): { approved: boolean; reason: string | undefined } {
  const { approved, reason } = isRecord(approval) ? approval : {}
  return { approved: approved === true, reason: typeof reason === 'string' ? reason : undefined }
}

function sealed(call: ToolCallPart, { seal }: Kept): ToolCallPart {
  return seal === undefined ? call : { ...call, seal }
}
