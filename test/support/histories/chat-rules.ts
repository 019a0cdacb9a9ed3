/** What the Chat Completions API refuses. */

import { expect } from 'vitest'
import { checkBreakpoints, checkOnly, checkText, checkUnique, type Json } from './rules.js'
import type { Target } from './targets.js'

const fields: Partial<Record<string, string>> = {
  system: 'role content name',
  developer: 'role content name',
  user: 'role content name',
  tool: 'role content tool_call_id',
}
const partTypes: Partial<Record<string, RegExp>> = {
  system: /^text$/,
  developer: /^text$/,
  tool: /^text$/,
  user: /^(?:text|image_url|input_audio|file)$/,
}

export function checkChat(body: Json, target: Target): void {
  const messages = body.messages as Json[]
  expect(messages.length).toBeGreaterThan(0)
  checkBreakpoints(body)
  for (const [at, message] of messages.entries()) {
    const role = String(message.role)
    if (/^(?:system|developer)$/.test(role)) expect(at).toBe(0)
    if (role === 'assistant') checkAssistant(message, target)
    else {
      checkOnly(message, fields[role] ?? '')
      checkContent(message.content, partTypes[role] as RegExp)
    }
  }
  checkCalls(messages, target)
}

function checkContent(content: unknown, types: RegExp): void {
  if (typeof content === 'string') return checkText(content)
  const parts = content as Json[]
  expect(parts.length).toBeGreaterThan(0)
  for (const part of parts) {
    expect(part.type).toMatch(types)
    checkPart(part)
  }
}

function checkPart(part: Json): void {
  const { type, text, file, input_audio: audio, image_url: image } = part
  checkOnly(part, `type ${String(type)} cache_control prompt_cache_breakpoint`)
  if (type === 'text') checkText(text)
  if (type === 'image_url') {
    expect((image as Json).url).toMatch(/^(?:https?:|data:image\/.*;base64,.)/)
    expect([undefined, 'auto', 'low', 'high']).toContain((image as Json).detail)
  }
  if (type === 'input_audio') expect((audio as Json).data).not.toBe('')
  if (type === 'file') {
    const { file_id: id, file_data: data } = file as Json
    expect(data === undefined ? id : data).toMatch(/^(?:file[-_]|data:[^,]+,.)/)
  }
}

function checkAssistant(message: Json, { maker }: Target): void {
  const further = maker === 'openai' ? '' : ' reasoning_content reasoning_details'
  checkOnly(message, `role content name audio tool_calls${further}`)
  const { content, tool_calls: calls, audio } = message
  if (content === null) expect(calls ?? audio).toBeDefined()
  else if (typeof content === 'string') checkText(content)
  else {
    expect((content as Json[]).length).toBeGreaterThan(0)
    for (const part of content as Json[]) if (part.type === 'text') checkText(part.text)
  }
  if (calls !== undefined) expect((calls as Json[]).length).toBeGreaterThan(0)
}

function checkCalls(messages: readonly Json[], { maker }: Target): void {
  let open: unknown[] = []
  const seen: unknown[] = []
  for (const { role, tool_calls: calls, tool_call_id: id } of messages) {
    if (role === 'tool') {
      expect(open).toContain(id)
      open = open.filter((each) => each !== id)
      continue
    }
    // The template of Mistral wants an answer after results.
    expect(open).toEqual([])
    const all = (calls ?? []) as Json[]
    open = all.filter((call) => isForClient(call)).map((call) => call.id)
    seen.push(...open)
    for (const call of all.filter(isForClient)) checkCall(call, maker)
  }
  expect(open).toEqual([])
  checkUnique(seen)
}

/** The server answers the calls of its own tools. */
function isForClient({ type }: Json): boolean {
  return type === 'function' || type === 'custom'
}

function checkCall(call: Json, maker: string | undefined): void {
  checkOnly(call, `id type ${String(call.type)}${maker === 'google' ? ' extra_content' : ''}`)
  expect(call.id).toMatch(maker === 'mistral' ? /^[a-zA-Z0-9]{9}$/ : /^[^]{1,40}$/)
  const { name, arguments: text, input } = (call.function ?? call.custom) as Json
  checkText(name)
  if (call.type === 'custom') {
    expect(maker).toBe('openai')
    expect(input).toBeTypeOf('string')
  } else expect(JSON.parse(String(text))).toBeInstanceOf(Object)
}
