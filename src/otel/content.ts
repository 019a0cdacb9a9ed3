/**
 * Messages as OpenTelemetry's conventions write them, for `recordContent`.
 *
 * @module
 */

import type { InputPart, Message, OutputPart, ToolMessage } from '../base/messages.js'
import type { StreamRequest } from '../base/request.js'
import type { AttributeValue } from './api.js'
import { attribute } from './conventions.js'

/** The content of a request. Attributes of spans hold no objects, so messages are JSON. */
export function contentOf(request: StreamRequest): Record<string, AttributeValue | undefined> {
  const { messages, prompt = '', system, stopSequences } = request
  const conversation = messages ?? [{ role: 'user', content: prompt } as const]
  return {
    [attribute.stopSequences]: stopSequences && [...stopSequences],
    [attribute.systemInstructions]: system && JSON.stringify(partsOf(system)),
    [attribute.inputMessages]: JSON.stringify(conversation.map(toConvention)),
  }
}

function toConvention({ role, content }: Message): object {
  return { role, parts: partsOf(content) }
}

function partsOf(content: Message['content']): object[] {
  return typeof content === 'string' ? [textPart(content)] : content.map(partOf)
}

function partOf(part: InputPart | OutputPart | ToolMessage['content'][number]): object {
  switch (part.type) {
    case 'text':
      return textPart(part.text)
    case 'reasoning':
      return { type: 'reasoning', content: part.text }
    case 'tool-call':
      return { type: 'tool_call', id: part.id, name: part.name, arguments: part.input }
    case 'tool-result':
      return { type: 'tool_call_response', id: part.id, response: part.output }
    default:
      // The bytes of a file are too much for a span.
      return { type: part.type }
  }
}

function textPart(content: string): object {
  return { type: 'text', content }
}
