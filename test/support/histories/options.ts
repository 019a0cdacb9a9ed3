/** Options that each wire takes at each level, and marks for the cache. */

import * as fc from 'fast-check'
import type { CacheMark, ForProviders } from '../../../src/base/messages.js'
import type { WireName } from '../../../src/wires/wire-name.js'
import { elsewhere } from './origins.js'

type Json = Record<string, unknown>

export type Level = 'request' | 'user' | 'image' | 'document' | 'tool' | 'other'

const providers: Record<WireName, string> = {
  'openai-chat': 'openai',
  'openai-responses': 'openai',
  'anthropic-messages': 'anthropic',
  gemini: 'gemini',
}

const known: Record<WireName, Partial<Record<Level, Json>>> = {
  'openai-chat': {
    request: { service_tier: 'flex', metadata: { a: 'b' } },
    user: { name: 'ann' },
    image: { image_url: { detail: 'low' } },
    tool: { strict: false },
  },
  'openai-responses': {
    request: {
      service_tier: 'flex',
      include: ['web_search_call.action.sources'],
      tools: [{ type: 'web_search' }],
    },
    user: { status: 'completed' },
    image: { detail: 'low' },
    tool: { defer_loading: true },
  },
  'anthropic-messages': {
    request: {
      metadata: { user_id: 'u' },
      tools: [{ type: 'web_search_20260318', name: 'web_search' }],
    },
    document: { citations: { enabled: true }, context: 'c' },
    tool: { strict: true, eager_input_streaming: true },
  },
  gemini: {
    request: { tools: [{ codeExecution: {} }], generationConfig: { candidateCount: 1 } },
    image: { mediaResolution: { level: 'MEDIA_RESOLUTION_LOW' } },
    tool: { behavior: 'BLOCKING' },
  },
}

/** Options for this wire and for a provider that no request goes to, and a mark, or neither. */
export function forProviders(wire: WireName, level: Level): fc.Arbitrary<ForProviders> {
  const own = known[wire][level] ?? {}
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    fc.constant({ providerOptions: { nobody: { leak: elsewhere }, [providers[wire]]: own } }),
    cacheMarks.map((cache) => ({ cache })),
  )
}

export const cacheMarks = fc.constantFrom<CacheMark>(true, '1h')

/** A part, message or tool with options and marks of its own. */
export function dressed<T extends object>(
  wire: WireName,
  level: Level,
  arbitrary: fc.Arbitrary<T>,
): fc.Arbitrary<T> {
  return fc
    .tuple(arbitrary, forProviders(wire, level))
    .map(([value, fields]) => ({ ...value, ...fields }))
}
