/** What the Responses API refuses. */

import { expect } from 'vitest'
import { checkBreakpoints, checkOnly, checkText, checkUnique, type Json } from './rules.js'
import type { Target } from './targets.js'

const fields: Partial<Record<string, string>> = {
  reasoning: 'type id summary encrypted_content',
  function_call: 'type call_id name arguments namespace caller async',
  custom_tool_call: 'type call_id name input namespace caller async',
  function_call_output: 'type call_id output caller',
  custom_tool_call_output: 'type call_id output caller',
}

export function checkResponses(body: Json, { maker, model }: Target): void {
  const input = body.input as Json[]
  expect(input.length).toBeGreaterThan(0)
  checkBreakpoints(body)
  const ids = input.flatMap(({ id, type }) =>
    id === undefined ? [] : [JSON.stringify([type, id])],
  )
  checkUnique(ids)
  for (const [at, item] of input.entries()) {
    const { type } = item
    checkText(type)
    const names = fields[String(type)]
    if (names !== undefined) checkOnly(item, names)
    if (type === 'message') checkMessage(item)
    // Only what has a kind of its own stands for a message.
    else expect(item.role).toBeUndefined()
    if (type === 'reasoning') {
      expect(item.encrypted_content).toMatch(/./)
      expect(maker).not.toBe(model === 'gpt-4.1' ? 'openai' : '')
      expect(input[at + 1]?.role ?? input[at + 1]?.type).not.toMatch(/^(?:user|undefined)$/)
      expect(String(input[at + 1]?.type)).not.toMatch(/_output$/)
    }
  }
  checkCalls(input)
}

function checkMessage(item: Json): void {
  const { role, content, id, status } = item
  if (role === 'assistant' && typeof content === 'string') {
    checkOnly(item, 'type role content phase')
    return checkText(content)
  }
  const parts = content as Json[]
  expect(parts.length).toBeGreaterThan(0)
  if (role === 'assistant') {
    checkOnly(item, 'type role content phase id status')
    expect(id).toMatch(/^msg[\w-]{1,61}$/)
    expect(status).toMatch(/^(?:completed|incomplete)$/)
    for (const { type, text, refusal } of parts) {
      expect(type).toMatch(/^(?:output_text|refusal)$/)
      checkText(text ?? refusal)
    }
    return
  }
  checkOnly(item, 'type role content status')
  for (const part of parts) checkPart(part)
}

function checkPart(part: Json): void {
  const { type, text, image_url: url, file_data: data } = part
  expect(type).toMatch(/^input_(?:text|image|file)$/)
  if (type === 'input_text') checkText(text)
  if (url !== undefined) expect(url).toMatch(/^(?:https?:|data:image\/.*;base64,.)/)
  if (data !== undefined) expect(data).toMatch(/^data:[^,]+,./)
}

function checkCalls(input: readonly Json[]): void {
  let open: [unknown, string][] = []
  const seen: unknown[] = []
  let isAnswering = false
  for (const { type, call_id: id, name, output, arguments: text } of input) {
    const kind = /^(function|custom_tool)_call(_output)?$/.exec(String(type))
    if (kind?.[2] !== undefined) {
      expect(open).toContainEqual([id, kind[1]])
      open = open.filter(([each]) => each !== id)
      isAnswering = true
      if (typeof output === 'string') checkText(output)
      else for (const part of output as Json[]) checkPart(part)
      continue
    }
    if (isAnswering) expect(open).toEqual([])
    isAnswering = false
    if (kind === null) continue
    open.push([id, kind[1] as string])
    seen.push(id)
    checkText(name)
    expect(id).toMatch(/^[^]{1,64}$/)
    if (kind[1] === 'function') expect(JSON.parse(String(text))).toBeInstanceOf(Object)
  }
  expect(open).toEqual([])
  checkUnique(seen)
}
