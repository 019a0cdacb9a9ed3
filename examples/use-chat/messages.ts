/**
 * The messages of the AI SDK's pages as messages for any provider.
 */

import { getToolName, isToolUIPart, type UIMessage, type UIMessagePart } from 'ai'
import type { InputPart, Message, OutputPart, ToolResultPart } from 'sluice'

type Tools = { clock: { input: object; output: string } }

/** What `aiSdk()` tells of a retry. */
type Data = { retry: { attempt: number; maxAttempts: number; error: { message: string } } }

export type ChatMessage = UIMessage<unknown, Data, Tools>

type Part = UIMessagePart<Data, Tools>

export function toMessages(messages: readonly ChatMessage[]): Message[] {
  return messages.flatMap(({ role, parts }): Message[] => {
    if (role === 'assistant') return stepsOf(parts).flatMap(toTurn)
    return [{ role, content: parts.flatMap(toInput) }]
  })
}

/** A message of the assistant holds several answers of the model if there were tool calls: each begins with a `step-start`. */
function stepsOf(parts: readonly Part[]): Part[][] {
  const steps: Part[][] = []
  for (const part of parts) {
    if (part.type === 'step-start' || steps.length === 0) steps.push([])
    steps.at(-1)?.push(part)
  }
  return steps
}

/** One answer, and the results of the tools that it called. */
function toTurn(parts: readonly Part[]): Message[] {
  const content = parts.flatMap(toOutput)
  const results = parts.flatMap(toResult)
  return [
    ...(content.length > 0 ? [{ role: 'assistant' as const, content }] : []),
    ...(results.length > 0 ? [{ role: 'tool' as const, content: results }] : []),
  ]
}

function toInput(part: Part): InputPart[] {
  if (part.type === 'text') return [{ type: 'text', text: part.text }]
  if (part.type === 'file') return [{ type: 'file', data: part.url, mediaType: part.mediaType }]
  return []
}

function toOutput(part: Part): OutputPart[] {
  if (part.type === 'text' || part.type === 'reasoning') {
    return [{ type: part.type, text: part.text, ...signatureIn(part.providerMetadata) }]
  }
  if (!isToolUIPart(part)) return []
  // A call that was stopped, or that nobody has answered, would be refused.
  if (part.state !== 'output-available' && part.state !== 'output-error') return []
  const { toolCallId: id, input } = part
  const signature = signatureIn(part.callProviderMetadata)
  return [{ type: 'tool-call', id, name: getToolName(part), input: input ?? {}, ...signature }]
}

function toResult(part: Part): ToolResultPart[] {
  if (!isToolUIPart(part)) return []
  const result = { type: 'tool-result' as const, id: part.toolCallId, name: getToolName(part) }
  if (part.state === 'output-available') return [{ ...result, output: part.output }]
  if (part.state === 'output-error') return [{ ...result, output: part.errorText, isError: true }]
  return []
}

/** What the provider wants back with a part: `aiSdk()` has put it there. */
function signatureIn(metadata: Record<string, object> | undefined): object {
  return metadata?.sluice ?? {}
}
