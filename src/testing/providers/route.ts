/**
 * Which wire a request is for.
 *
 * @module
 */

import { anthropicMessages } from './anthropic-messages.js'
import { bedrockMessages } from './bedrock-messages.js'
import { gemini } from './gemini.js'
import { openaiChat } from './openai-chat.js'
import { openaiResponses } from './openai-responses.js'
import type { SimulatedRequest, SimulatedWireName } from './request.js'
import { fields } from './request-conversation.js'
import { identifiers, type SimulatedWire, type WireContext } from './simulated-wire.js'

const wires: readonly SimulatedWire<SimulatedWireName>[] = [
  openaiChat,
  openaiResponses,
  anthropicMessages,
  bedrockMessages,
  gemini,
]

/** Undefined where the path belongs to none of them. */
export function wireOf(path: string): SimulatedWire<SimulatedWireName> | undefined {
  const [pathname = ''] = path.split('?')
  return wires.find((wire) => wire.owns(pathname))
}

/** In whose words a path is refused that belongs to no wire. */
export function speakerTo(headers: SimulatedRequest['headers']): SimulatedWire {
  if (headers['anthropic-version']) return anthropicMessages
  return headers['x-goog-api-key'] ? gemini : openaiChat
}

export function contextOf(
  { path, body: sent }: Pick<SimulatedRequest, 'path' | 'body'>,
  wire: SimulatedWire,
  count: number,
): WireContext {
  const identifier = identifiers(count)
  const body = fields(sent)
  const named = typeof body.model === 'string' ? body.model : ''
  const model = wire.modelOf?.(path) ?? named
  return { body, path, model, identifier, requestId: wire.requestIdOf(identifier) }
}
