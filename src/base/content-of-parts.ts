/**
 * Parts of an answer as content events, for an answer that was received before.
 *
 * @module
 */

import type { ContentEvent } from './events.js'
import type { OutputPart } from './messages.js'

/**
 * One event a part: reading them gives the same parts again.
 *
 * @param from - the index of the first block
 */
export function contentOfParts(parts: readonly OutputPart[], from: number = 0): ContentEvent[] {
  return parts.map((part, position) => contentOf(part, from + position))
}

function contentOf(part: OutputPart, index: number): ContentEvent {
  const { providerOptions: _options, cache: _cache, type: kind, ...fields } = part
  const event = { type: 'content', index, kind, ...fields }
  if (part.type !== 'tool-call') return event as ContentEvent
  const { error: _error, ...call } = { error: undefined, ...event }
  const input = typeof part.input === 'string' ? part.input : JSON.stringify(part.input)
  return { ...call, input } as unknown as ContentEvent
}
