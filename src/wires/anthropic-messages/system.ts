/**
 * The instructions: a text, or blocks where one has options or a cache mark of its own.
 *
 * @module
 */

import type { ForProviders, InputPart } from '../../base/messages.js'
import type { Json } from '../../base/read-json.js'
import type { StreamRequest } from '../../base/request.js'
import { optionsOf } from '../provider-options.js'
import { messagesOf, partsOf, systemOf } from '../request-messages.js'
import { type BlockContext, finishBlock } from './input-parts.js'

/** @param further - the instructions of the wire format itself, at the end */
export function encodeSystem(
  request: StreamRequest,
  context: BlockContext,
  further: string | undefined,
): string | Json[] | undefined {
  const parts = systemParts(request)
  const isMarked = parts.some(
    ({ cache, providerOptions }) =>
      cache !== undefined || Object.keys(optionsOf(providerOptions, context.provider)).length > 0,
  )
  if (!isMarked) {
    const text = systemOf(request, further).join('\n\n')
    return text === '' ? undefined : text
  }
  if (further !== undefined && further.trim() !== '') parts.push({ text: further })
  return parts.map((part) => finishBlock({ type: 'text', text: part.text }, part, context))
}

interface SystemPart extends ForProviders {
  text: string
}

function systemParts(request: StreamRequest): SystemPart[] {
  const parts = request.system === undefined ? [] : textsOf(request.system)
  for (const message of messagesOf(request)) {
    if (message.role !== 'system') continue
    const texts = textsOf(message.content)
    const last = texts.pop()
    if (last === undefined) continue
    // What the message has stands on its last part.
    const { cache = last.cache, providerOptions } = message
    const own: ForProviders = {
      ...(cache === undefined ? {} : { cache }),
      ...(providerOptions === undefined
        ? {}
        : { providerOptions: { ...providerOptions, ...last.providerOptions } }),
    }
    parts.push(...texts, { ...last, ...own })
  }
  return parts
}

function textsOf(content: string | readonly InputPart[]): SystemPart[] {
  return partsOf(content).flatMap((part) => (part.type === 'text' ? [part] : []))
}
