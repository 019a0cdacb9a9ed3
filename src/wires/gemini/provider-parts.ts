/**
 * Parts that have no kind of their own, such as code that the server runs, and its result.
 *
 * @module
 * @see https://ai.google.dev/api/caching#Part
 */

import type { Message, OutputPart, ToolCallPart } from '../../base/messages.js'
import { isRecord, type Json } from '../../base/read-json.js'
import { blockFor } from '../signature.js'

/** Fields that say more about the content of a part. */
const details = new Set(['thoughtSignature', 'partMetadata', 'videoMetadata', 'mediaResolution'])

/** The field that holds the content of a part; undefined for an empty part. */
export function nameOfPart(part: Json): string | undefined {
  const names = Object.keys(part).filter(
    (name) => name !== 'text' && name !== 'thought' && part[name] !== null,
  )
  return names.find((name) => !details.has(name)) ?? names[0]
}

/**
 * Calls that the server answered itself become provider parts, like their results. Otherwise they
 * would be left out as calls without a result, and the results would lack their calls.
 *
 * @param encode - writes the part for a call
 */
export function keepServerCalls(
  messages: readonly Message[],
  maker: string | undefined,
  encode: (call: ToolCallPart) => Json,
): readonly Message[] {
  return messages.map((message) => {
    const { content } = message
    if (message.role !== 'assistant' || typeof content === 'string') return message
    const parts = content as readonly OutputPart[]
    const results = parts.flatMap((part): Json[] => {
      const response = part.type === 'provider' && blockFor('gemini', maker, part)?.functionResponse
      return isRecord(response) ? [response] : []
    })
    if (results.length === 0) return message
    return { ...message, content: parts.map((part) => answered(part, results, encode)) }
  })
}

/** @param results - those without a call; the one of this call is removed */
function answered(
  part: OutputPart,
  results: Json[],
  encode: (call: ToolCallPart) => Json,
): OutputPart {
  if (part.type !== 'tool-call') return part
  const found = results.findIndex(({ id, name }) =>
    id === undefined ? name === part.name : id === part.id,
  )
  if (found === -1) return part
  const [result] = results.splice(found, 1)
  const data = encode(part)
  // An id that the provider did not send was made up here, and its result has none.
  if (result?.id === undefined) delete (data.functionCall as Json).id
  const { providerOptions } = part
  const block = { type: 'provider' as const, name: 'functionCall', origin: 'gemini', data }
  return providerOptions === undefined ? block : { ...block, providerOptions }
}
