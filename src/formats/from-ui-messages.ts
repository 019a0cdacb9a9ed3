/**
 * Messages of the AI SDK's pages as messages for any provider.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type {
  AssistantMessage,
  InputPart,
  Message,
  OutputPart,
  ProviderPart,
  ToolApprovalPart,
  ToolCallPart,
  ToolResultPart,
} from '../base/messages.js'
import { isRecord } from '../base/read-json.js'
import { denied } from '../base/tools.js'

/** A message of `useChat()`, as far as it is read. */
export interface UIMessageLike {
  id?: string
  role: 'system' | 'user' | 'assistant'
  parts: readonly { type: string }[]
}

type Part = Readonly<Record<string, unknown>> & { type: string }

/**
 * Turns what `useChat()` sends into messages, with what `aiSdk()` has put into their parts:
 * signatures, seals, and blocks of the provider. The results of tools that ran on the page come
 * with their calls, and the answers to approvals in a `tool` message at the end.
 *
 * A call without a result stays open at the end of the messages only. Anywhere else the
 * conversation has gone on without it, and it carries an `error`.
 *
 * The messages are as trustworthy as their sender: pass them to `parseMessages()`.
 *
 * @throws StreamError `invalid-request` with status 400 for anything else
 * @example
 * ```ts
 * const { messages } = await request.json()
 * const stream = createStream({ driver, tools, messages: parseMessages(fromUIMessages(messages)) })
 * return toResponse(stream, aiSdk())
 * ```
 */
export function fromUIMessages(messages: readonly UIMessageLike[]): Message[] {
  if (!Array.isArray(messages)) throw invalid('The messages are not an array.')
  return messages.flatMap((message: UIMessageLike, position): Message[] => {
    const parts = partsOf(message, position)
    const { id, role } = message
    const identity = typeof id === 'string' ? { id } : {}
    if (role === 'assistant') return toAnswer(parts, identity, position === messages.length - 1)
    if (role !== 'user' && role !== 'system') {
      throw invalid(`messages[${position}].role is not "user", "assistant" or "system".`)
    }
    return [{ ...identity, role, content: parts.flatMap(toInput) }]
  })
}

function partsOf(message: unknown, position: number): readonly Part[] {
  const parts = isRecord(message) ? message.parts : undefined
  const isPart = (part: unknown): part is Part => isRecord(part) && typeof part.type === 'string'
  if (Array.isArray(parts) && parts.every(isPart)) return parts
  throw invalid(`messages[${position}] is not a message with parts.`)
}

function invalid(message: string): StreamError {
  return new StreamError('invalid-request', message, { status: 400, publicMessage: message })
}

function toInput(part: Part): InputPart[] {
  if (part.type === 'text') return [{ type: 'text', text: part.text as string }]
  if (part.type !== 'file') return []
  const { url, mediaType, filename } = part as Record<string, string>
  const named = filename === undefined ? {} : { filename }
  return [{ type: 'file', data: url as string, mediaType: mediaType as string, ...named }]
}

/** An answer, and what a person has said to its calls. */
function toAnswer(parts: readonly Part[], identity: { id?: string }, isLast: boolean): Message[] {
  const content: OutputPart[] = []
  const approvals: ToolApprovalPart[] = []
  // The results of a step follow all of its calls.
  let results: ToolResultPart[] = []
  let message: Pick<AssistantMessage, 'id'> = identity
  for (const part of parts) {
    if (part.type === 'step-start') {
      content.push(...results)
      results = []
    } else if (!isTool(part)) content.push(...toOutput(part))
    else {
      const { call, result, approval } = toCall(part, isLast)
      content.push(call)
      if (result !== undefined) results.push(result)
      if (approval !== undefined) approvals.push(approval)
      const { messageId } = metadataIn(part.callProviderMetadata)
      // Seals are bound to the id of the message.
      if (isLast && result === undefined && messageId !== undefined) message = { id: messageId }
    }
  }
  content.push(...results)
  return [
    ...(content.length > 0 ? [{ ...message, role: 'assistant' as const, content }] : []),
    ...(approvals.length > 0 ? [{ role: 'tool' as const, content: approvals }] : []),
  ]
}

function isTool({ type }: Part): boolean {
  return type === 'dynamic-tool' || type.startsWith('tool-')
}

const cutOff = 'The arguments were cut off before they were complete.'
const unanswered = 'The conversation went on before this call had a result.'

interface Called {
  call: ToolCallPart
  result?: ToolResultPart
  approval?: ToolApprovalPart
}

function toCall(part: Part, isLast: boolean): Called {
  const { type, state, toolCallId, toolName, input, rawInput, output, errorText } = part
  const id = toolCallId as string
  const name = (type === 'dynamic-tool' ? toolName : type.slice('tool-'.length)) as string
  const { signature, seal, custom } = metadataIn(part.callProviderMetadata)
  const kept = { ...(signature === undefined ? {} : { signature }), ...(custom && { custom }) }
  const call: ToolCallPart = { type: 'tool-call', id, name, input: input ?? {}, ...kept }
  const result: ToolResultPart = { type: 'tool-result', id, name, output }
  const { content } = metadataIn(part.resultProviderMetadata)
  const { approved, reason } = isRecord(part.approval) ? part.approval : {}
  const because = typeof reason === 'string' ? { reason } : {}
  const denial = `${denied}${typeof reason === 'string' ? ` Reason: ${reason}` : ''}`
  switch (state) {
    case 'input-streaming':
      return { call: { ...call, input: rawInput ?? '', error: cutOff } }
    case 'output-available':
      // The result of a tool that was still running is none.
      if (part.preliminary === true) break
      return { call, result: { ...result, ...(content === undefined ? {} : { content }) } }
    case 'output-error': {
      if (!isRecord(input) && !custom) {
        return { call: { ...call, input: input ?? rawInput ?? '', error: String(errorText) } }
      }
      return { call, result: { ...result, output: errorText, isError: true } }
    }
    case 'output-denied':
      return { call, result: { ...result, output: denial, isError: true } }
    case 'approval-responded': {
      if (!isLast) break
      const approval = { type: 'tool-approval' as const, id, approved: approved === true }
      return { call: sealed(call, seal), approval: { ...approval, ...because } }
    }
  }
  return { call: isLast ? sealed(call, seal) : { ...call, error: unanswered } }
}

function sealed(call: ToolCallPart, seal: string | undefined): ToolCallPart {
  return seal === undefined ? call : { ...call, seal }
}

function toOutput(part: Part): OutputPart[] {
  switch (part.type) {
    case 'text':
    case 'reasoning': {
      const { signature, redacted } = metadataIn(part.providerMetadata)
      const { type, text } = part as Part & { type: 'text'; text: string }
      if (text === '' && signature === undefined) return []
      const signed = signature === undefined ? {} : { signature }
      return [{ type, text, ...signed, ...(redacted === true ? { redacted } : {}) }]
    }
    case 'file': {
      const { url, mediaType } = part as Record<string, string>
      const data = String(url).replace(/^data:[^,]*;base64,/, '')
      return [{ type: 'file', mediaType: mediaType as string, data }]
    }
    case 'source-url':
    case 'source-document': {
      const { url, title } = part as Record<string, string | undefined>
      return [{ type: 'source', ...(url && { url }), ...(title && { title }) }]
    }
    case 'data-provider': {
      const { name, origin, data, partial } = (part.data ?? {}) as ProviderPart
      return [{ type: 'provider', name, origin, data, ...(partial ? { partial } : {}) }]
    }
    default:
      return []
  }
}

interface Kept {
  signature?: string
  redacted?: unknown
  seal?: string
  custom?: true
  messageId?: string
  content?: InputPart[]
}

/** What `aiSdk()` has put into a part. `parseMessages()` checks it. */
function metadataIn(metadata: unknown): Kept {
  const kept = isRecord(metadata) ? metadata.sluice : undefined
  return isRecord(kept) ? kept : {}
}
