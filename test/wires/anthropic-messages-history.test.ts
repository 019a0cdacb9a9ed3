import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StreamError } from '../../src/base/errors.js'
import type { Message, OutputPart } from '../../src/base/messages.js'
import { encodeMessagesRequest } from '../../src/wires/anthropic-messages/request.js'

type Json = Record<string, unknown>
interface Sent {
  role: string
  content: Json[]
}

const origin = 'anthropic-messages/anthropic'
const ids = fc.constantFrom('s1', 's2', 's3')
const caches = fc.constantFrom(undefined, undefined, true as const, '1h' as const)
const callers = fc.option(
  fc.oneof(
    fc.constant({ type: 'direct' }),
    ids.map((tool_id) => ({ type: 'code_execution_20260120', tool_id })),
  ),
  { nil: undefined },
)

const data: fc.Arbitrary<Json> = fc
  .tuple(
    ids,
    callers,
    fc.constantFrom(
      'server_tool_use',
      'mcp_tool_use',
      'web_search_tool_result',
      'later_tool_result',
      'compaction',
      'fallback',
    ),
  )
  .map(([id, caller, type]) => {
    const by = caller === undefined ? {} : { caller }
    if (type.endsWith('_use')) return { type, id, name: 'n', input: {}, ...by }
    return type.endsWith('_result') ? { type, tool_use_id: id, content: [] } : { type }
  })

const provider: fc.Arbitrary<OutputPart> = fc
  .record({
    data,
    origin: fc.constantFrom(origin, origin, origin, 'gemini/google', 'anthropic-messages/moonshot'),
    partial: fc.constantFrom(undefined, undefined, undefined, true as const),
    cache: caches,
  })
  .map(({ partial, cache, ...part }) => ({
    type: 'provider',
    name: String(part.data.type),
    ...part,
    ...(partial && { partial }),
    ...(cache && { cache }),
  }))

const call: fc.Arbitrary<OutputPart> = fc
  .tuple(fc.constantFrom('c1', 'c2'), callers)
  .map(([id, caller]) => ({
    type: 'tool-call',
    id,
    name: 'f',
    input: {},
    ...(caller && { signature: `${origin}:${JSON.stringify({ caller })}` }),
  }))

const outputPart: fc.Arbitrary<OutputPart> = fc.oneof(
  { arbitrary: provider, weight: 5 },
  { arbitrary: call, weight: 2 },
  fc.record({ type: fc.constant('text' as const), text: fc.constantFrom('a', ' ', 'b ') }),
  fc.constant({ type: 'reasoning' as const, text: 'hm', signature: `${origin}:s` }),
  fc.constant({ type: 'reasoning' as const, text: '', redacted: true as const, signature: 's' }),
)

const message: fc.Arbitrary<Message> = fc
  .tuple(
    fc.oneof<fc.Arbitrary<Message>[]>(
      fc.record({
        role: fc.constant('assistant' as const),
        content: fc.array(outputPart, { maxLength: 6 }),
      }),
      fc.record({
        role: fc.constantFrom('user' as const, 'system' as const),
        content: fc.array(
          fc.record({ type: fc.constant('text' as const), text: fc.constantFrom('q', '') }),
          { maxLength: 2 },
        ),
      }),
      fc.record({
        role: fc.constant('tool' as const),
        content: fc.array(
          fc.record({
            type: fc.constant('tool-result' as const),
            id: fc.constantFrom('c1', 'c2'),
            name: fc.constant('f'),
            output: fc.constantFrom<unknown>('ok', undefined),
            isError: fc.boolean(),
            content: fc.constantFrom([], [{ type: 'image' as const, data: 'iVBORw0KGgo=' }]),
          }),
          { maxLength: 2 },
        ),
      }),
    ),
    caches,
  )
  .map(([each, cache]) => (cache === undefined ? each : { ...each, cache }))

describe('whatever the history, with blocks of the provider', () => {
  function always(
    name: string,
    check: (messages: Sent[], body: Json) => void,
    model = 'claude-opus-5',
  ): void {
    test(name, () => {
      const property = fc.property(
        fc.array(message, { maxLength: 9 }),
        caches,
        (messages, cache) => {
          let body: Json
          const before = JSON.stringify(messages)
          try {
            body = encodeMessagesRequest({ messages, ...(cache && { cache }) }, model)
          } catch (error) {
            if (StreamError.is(error) && error.code === 'invalid-request') return
            throw error
          }
          check(body.messages as Sent[], body)
          expect(JSON.stringify(messages)).toBe(before)
        },
      )
      fc.assert(property, { numRuns: 2_000 })
    })
  }
  const isPlain = ({ role, content }: Sent): boolean =>
    role === 'user' && !content.every(({ type }) => type === 'tool_result' || type === 'image')

  always('no message is empty or ends in thinking, and roles alternate', (messages) => {
    for (const [at, { role, content }] of messages.entries()) {
      expect(role).toBe(at % 2 === 0 ? 'user' : 'assistant')
      expect(content.length).toBeGreaterThan(0)
      if (role === 'assistant') expect(String(content.at(-1)?.type)).not.toMatch(/thinking/)
    }
  })

  always('a result of the server follows its tool, and a tool its caller', (messages) => {
    const begun: unknown[] = []
    const seen = new Set<unknown>()
    for (const { content } of messages.filter(({ role }) => role === 'assistant')) {
      for (const { id, tool_use_id, caller } of content) {
        const by = (caller as Json | undefined)?.tool_id
        if (by !== undefined) expect(seen).toContain(by)
        if (tool_use_id !== undefined) {
          expect(begun).toContain(tool_use_id)
          begun.splice(begun.indexOf(tool_use_id), 1)
        }
        if (id !== undefined) {
          begun.push(id)
          seen.add(id)
        }
      }
    }
  })

  always('a tool of the server without a result is part of the turn that goes on', (messages) => {
    const last = messages.findLastIndex(isPlain)
    const open: Json[] = []
    for (const { role, content } of messages.slice(0, last)) {
      if (role === 'user') continue
      for (const block of content) {
        if (String(block.type).endsWith('_tool_use')) open.push(block)
        const at = open.findIndex(({ id }) => id === block.tool_use_id)
        if (at !== -1) open.splice(at, 1)
      }
    }
    // A pause that was followed by a message of the user, and then by the rest, ends in that rest.
    const later = new Set(
      messages.slice(last).flatMap(({ content }) => content.map(({ tool_use_id }) => tool_use_id)),
    )
    expect(open.filter(({ id }) => !later.has(id))).toEqual([])
  })

  always('calls are answered in the next message, where results stand first', (messages) => {
    for (const [at, { role, content }] of messages.entries()) {
      if (role !== 'assistant') continue
      const calls = content.filter(({ type }) => type === 'tool_use').map(({ id }) => id)
      const results = (messages[at + 1]?.content ?? []).slice(0, calls.length)
      expect(new Set(results.map(({ tool_use_id }) => tool_use_id))).toEqual(new Set(calls))
    }
  })

  always(
    'there are four breakpoints at most, and none of an hour after a shorter one',
    (_, body) => {
      const marks: string[] = []
      const visit = (value: unknown): void => {
        if (typeof value !== 'object' || value === null) return
        const { cache_control, ...rest } = value as Json
        for (const each of Object.values(rest)) visit(each)
        if (cache_control !== undefined) marks.push(String((cache_control as Json).ttl))
      }
      visit([body.tools, body.system, body.messages])
      if (body.cache_control !== undefined) marks.push(String((body.cache_control as Json).ttl))
      expect(marks.length).toBeLessThanOrEqual(4)
      expect(marks).toEqual(marks.toSorted())
    },
  )

  always(
    'another maker gets none of them',
    (messages) => {
      const types = messages.flatMap(({ content }) => content.map(({ type }) => String(type)))
      expect(new Set(types)).toEqual(
        new Set(
          types.filter((type) => /^(?:text|image|tool_use|tool_result|\w*thinking)$/.test(type)),
        ),
      )
      expect(JSON.stringify(messages)).not.toContain('caller')
    },
    'glm-5',
  )
})
