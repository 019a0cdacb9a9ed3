/** What the Gemini API refuses. */

import { expect } from 'vitest'
import { checkOnly, checkText, type Json } from './rules.js'
import type { Target } from './targets.js'

const details = /^(?:thought|thoughtSignature|mediaResolution|videoMetadata|partMetadata)$/

export function checkGemini(body: Json, { model }: Target): void {
  const contents = body.contents as { role: string; parts: Json[] }[]
  expect(contents.length).toBeGreaterThan(0)
  for (const [at, { role, parts }] of contents.entries()) {
    expect(role).toBe(at % 2 === 0 ? 'user' : 'model')
    expect(parts.length).toBeGreaterThan(0)
    for (const part of parts) checkPart(part, role)
    const first = parts.find(({ functionCall }) => functionCall !== undefined)
    if (first !== undefined && model.startsWith('gemini-3')) {
      expect(first.thoughtSignature).toBeDefined()
    }
  }
  const system = body.systemInstruction as { parts: Json[] } | undefined
  for (const part of system?.parts ?? []) checkText(part.text)
  checkCalls(contents)
  const config = body.toolConfig as Json | undefined
  if (config?.functionCallingConfig !== undefined) {
    const tools = body.tools as Json[]
    expect(tools.some((tool) => 'functionDeclarations' in tool)).toBe(true)
  }
}

function checkPart(part: Json, role: string): void {
  const kinds = Object.keys(part).filter((name) => !details.test(name))
  expect(kinds).toHaveLength(1)
  const { text, inlineData, fileData, thought, thoughtSignature: signature } = part
  if (text === '' || (typeof text === 'string' && text.trim() === '')) {
    expect(signature).toMatch(/./)
  }
  if (thought !== undefined) expect(signature).toMatch(/./)
  if (signature !== undefined) {
    expect(role).toBe('model')
    expect(signature).toMatch(/^[\w+/-]+=*$/)
  }
  if (inlineData !== undefined) expect((inlineData as Json).data).toMatch(/^./)
  if (fileData !== undefined) expect((fileData as Json).fileUri).toMatch(/^(?:https?|gs):/)
}

/** Each call is answered first thing in the next turn, by its id and its name. */
function checkCalls(contents: readonly { role: string; parts: Json[] }[]): void {
  const seen = new Set<unknown>()
  for (const [at, { role, parts }] of contents.entries()) {
    if (role !== 'model') continue
    // A function that the server called itself has its result in the same turn.
    const answered = fieldsOf(parts, 'functionResponse')
    const calls = fieldsOf(parts, 'functionCall').filter(({ id, name }) => {
      const found = answered.findIndex((each) => each.id === id && each.name === name)
      if (found === -1) return true
      answered.splice(found, 1)
      return false
    })
    const next = contents[at + 1]?.parts ?? []
    const results = fieldsOf(next, 'functionResponse')
    expect(results.map(({ id, name }) => [id, name])).toEqual(
      calls.map(({ id, name }) => [id, name]),
    )
    expect(next.slice(0, results.length).every((part) => 'functionResponse' in part)).toBe(true)
    for (const call of calls) {
      checkOnly(call, 'id name args')
      expect(call.id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
      checkText(call.name)
      expect(call.args).toBeInstanceOf(Object)
      expect(seen).not.toContain(call.id)
      seen.add(call.id)
    }
  }
  expect(fieldsOf(contents[0]?.parts ?? [], 'functionResponse')).toEqual([])
}

function fieldsOf(parts: readonly Json[], name: string): Json[] {
  return parts.flatMap((part) => (part[name] === undefined ? [] : [part[name] as Json]))
}
