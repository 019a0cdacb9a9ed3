/** Requests with any history, with and without instructions, tools, reasoning and a cache. */

import * as fc from 'fast-check'
import { StreamError } from '../../../src/base/errors.js'
import type { ForProviders } from '../../../src/base/messages.js'
import { compact } from '../../../src/base/read-json.js'
import type { StreamRequest } from '../../../src/base/request.js'
import { anyHistory, type HistoryOptions } from './any-history.js'
import { cacheMarks, dressed } from './options.js'

export function anyRequest(options: HistoryOptions): fc.Arbitrary<StreamRequest> {
  const { wire, isKnown } = options
  // Earlier models of Anthropic take it, and the types of the SDK leave it out.
  const temperature = isKnown && wire === 'anthropic-messages' ? undefined : 0.5
  const tool = dressed(
    wire,
    'tool',
    fc.constant({ description: 'd', parameters: { type: 'object' as const, properties: {} } }),
  )
  const text = dressed(wire, 'other', fc.constant({ type: 'text' as const, text: 'Be brief.' }))
  const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.option(arbitrary, { nil: undefined })
  return fc
    .record({
      messages: anyHistory(options),
      system: maybe(fc.oneof(fc.constant('Be kind.'), fc.array(text, { maxLength: 3 }))),
      tools: maybe(fc.record({ f: tool, g: tool }, { requiredKeys: [] })),
      toolChoice: maybe(fc.constantFrom('auto' as const, 'none' as const)),
      reasoning: maybe(
        fc.constantFrom<NonNullable<StreamRequest['reasoning']>>(
          { effort: 'none' },
          { effort: 'high' },
          { budgetTokens: 2_000 },
        ),
      ),
      temperature: maybe(fc.constant(temperature)),
      stopSequences: maybe(fc.constant(['x'])),
      cache: maybe(cacheMarks),
      further: dressed(wire, 'request', fc.constant<ForProviders>({})),
    })
    .map(
      ({ further, ...request }) =>
        compact({ ...request, providerOptions: further.providerOptions }) as StreamRequest,
    )
}

/** The body, or undefined for a history that holds nothing, or what this wire cannot have. */
export function bodyOr<Body>(encode: () => Body): Body | undefined {
  try {
    return encode()
  } catch (error) {
    if (StreamError.is(error) && error.code === 'invalid-request') return undefined
    throw error
  }
}
