/** What the Messages API refuses. */

import { expect } from 'vitest'
import { breakpointsIn, checkBreakpoints, checkOnly, checkText, type Json } from './rules.js'
import type { Target } from './targets.js'

/** The fields of what this package writes itself; what came from the maker goes back as it came. */
const fields: Partial<Record<string, string>> = {
  text: 'type text citations cache_control',
  image: 'type source cache_control',
  document: 'type source title context citations cache_control',
  thinking: 'type thinking signature',
  redacted_thinking: 'type data',
  tool_use: 'type id name input caller toolset_name cache_control',
  tool_result: 'type tool_use_id content is_error toolset_name cache_control',
}

interface Turn {
  role: string
  content: Json[]
}

export function checkMessagesBody(body: Json, target: Target): void {
  const messages = body.messages as Turn[]
  expect(messages.length).toBeGreaterThan(0)
  for (const [at, { role, content, ...rest }] of messages.entries()) {
    expect(role).toBe(at % 2 === 0 ? 'user' : 'assistant')
    expect(rest).toEqual({})
    expect(content.length).toBeGreaterThan(0)
    for (const block of content) checkBlock(block, role, target)
  }
  checkCalls(messages)
  checkServerTools(messages)
  checkThinking(body, messages)
  checkBreakpoints(body)
  const marks = breakpointsIn({ tools: body.tools, system: body.system, messages, body: own(body) })
  const times = marks.map(({ ttl }) => (ttl === '1h' ? 0 : 1))
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  const uses = messages.flatMap(({ content }) => content.filter(({ type }) => type === 'tool_use'))
  if (uses.length > 0) expect((body.tools as Json[]).length).toBeGreaterThan(0)
  const end = messages.at(-1)
  const last = end?.content.at(-1)
  if (end?.role === 'assistant' && typeof last?.text === 'string') {
    expect(last.text).toBe(last.text.trimEnd())
  }
}

/** A model with a budget may not begin to think in the middle of a turn. */
function checkThinking({ thinking }: Json, messages: readonly Turn[]): void {
  const isResult = messages.at(-1)?.content.some(({ type }) => type === 'tool_result')
  if ((thinking as Json | undefined)?.type !== 'enabled' || !isResult) return
  const first = messages.at(-2)?.content.find(({ type }) => type !== 'compaction')
  expect(first?.type).toMatch(/thinking/)
}

/** The automatic breakpoint is at the end. */
function own({ cache_control }: Json): Json {
  return { cache_control }
}

function checkBlock(block: Json, role: string, { maker }: Target): void {
  const type = String(block.type)
  const names = fields[type]
  if (role === 'user') expect(type).toMatch(/^(?:text|image|document|tool_result)$/)
  if (names !== undefined) checkOnly(block, names)
  if (type === 'text') checkText(block.text)
  if (type === 'thinking' && maker === 'anthropic') expect(block.signature).toMatch(/./)
  if (type === 'image' || type === 'document') checkSource(block.source as Json, type)
  if (type === 'tool_use') {
    expect(block.id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    checkText(block.name)
    expect(block.input).toBeInstanceOf(Object)
    expect(Array.isArray(block.input)).toBe(false)
  }
  if (type === 'tool_result') checkResult(block, role)
}

function checkSource({ type, media_type: mediaType, data }: Json, kind: string): void {
  if (type === 'url' || type === 'file') return
  checkText(data)
  if (type === 'text') expect(mediaType).toBe('text/plain')
  else {
    expect(mediaType).toMatch(kind === 'image' ? /^image\/(?:jpeg|png|gif|webp)$/ : /\/pdf$/)
  }
}

function checkResult({ content, is_error: isError }: Json, role: string): void {
  expect(role).toBe('user')
  if (typeof content === 'string') return checkText(content)
  expect((content as Json[]).length).toBeGreaterThan(0)
  for (const block of content as Json[]) {
    expect(block.type).toMatch(isError ? /^text$/ : /^(?:text|image|document)$/)
    if (block.type === 'text') checkText(block.text)
  }
}

function checkCalls(messages: readonly Turn[]): void {
  const seen = new Set<unknown>()
  for (const [at, { role, content }] of messages.entries()) {
    if (role === 'user') {
      // Nothing stands before a result.
      const kinds = content.map(({ type }) => (type === 'tool_result' ? 0 : 1))
      expect(kinds).toEqual(kinds.toSorted((a, b) => a - b))
      const before = at === 0 ? [] : idsOf(messages[at - 1]?.content)
      const results = content.flatMap(({ type, tool_use_id: id }) =>
        type === 'tool_result' ? [id] : [],
      )
      expect(results).toHaveLength(before.length)
      expect(new Set(results)).toEqual(new Set(before))
      continue
    }
    expect(String(content.at(-1)?.type)).not.toMatch(/thinking/)
    for (const id of idsOf(content)) {
      expect(seen).not.toContain(id)
      seen.add(id)
    }
    if (idsOf(content).length > 0) expect(messages[at + 1]?.role).toBe('user')
  }
}

function idsOf(content: readonly Json[] = []): unknown[] {
  return content.flatMap(({ type, id }) => (type === 'tool_use' ? [id] : []))
}

/** A result of the server stands behind its tool. */
function checkServerTools(messages: readonly Turn[]): void {
  const begun: unknown[] = []
  for (const { role, content } of messages) {
    if (role === 'user') continue
    for (const { type, id, tool_use_id: answered } of content) {
      if (answered !== undefined) expect(begun).toContain(answered)
      if (id !== undefined && type !== 'tool_use') begun.push(id)
    }
  }
}
