/**
 * Checks of what the model is asked.
 *
 * @module
 */

import { optionError } from '../base/check-options.js'
import { toJsonSchema } from '../base/json-schema.js'
import type { Message } from '../base/messages.js'
import type { StreamRequest } from '../base/request.js'
import type { OutputSchema, StandardSchema } from '../base/schema.js'

/** What a value may be, in words and in code. */
type Rule = readonly [allowed: string, isAllowed: (value: unknown) => boolean]

const text: Rule = ['a string that is not empty', isText]
const tokens: Rule = ['an integer from 1', (value) => Number.isInteger(value) && Number(value) >= 1]
const record: Rule = ['an object', isRecord]
// Looked at more closely below.
const anything: Rule = ['anything', () => true]

const rules: Readonly<Record<keyof StreamRequest, Rule>> = {
  messages: [
    'an array of at least one message',
    (value) => Array.isArray(value) && value.length > 0,
  ],
  prompt: text,
  system: ['a string', (value) => typeof value === 'string'],
  maxOutputTokens: tokens,
  temperature: ['a number from 0', (value) => isBetween(value, 0, Number.MAX_VALUE)],
  topP: ['a number from 0 to 1', (value) => isBetween(value, 0, 1)],
  stopSequences: [
    'an array of strings, none empty',
    (value) => Array.isArray(value) && value.every(isText),
  ],
  seed: ['an integer', Number.isInteger],
  tools: record,
  toolChoice: anything,
  output: anything,
  reasoning: record,
  providerOptions: record,
}

/** @internal */
export const requestKeys: readonly string[] = /* @__PURE__ */ Object.keys(rules)

/** @throws TypeError naming the option, the value and what is allowed */
export function checkRequest(request: StreamRequest): void {
  const { messages, prompt, tools = {}, output, reasoning } = request
  if (messages === undefined && prompt === undefined) {
    throw new TypeError('Option "messages" or "prompt" is missing: say what the model is asked.')
  }
  if (messages !== undefined && prompt !== undefined) {
    throw new TypeError(
      'Options "messages" and "prompt" exclude each other: put the prompt into the messages as the last user message.',
    )
  }
  for (const [name, rule] of Object.entries(rules)) {
    checkValue(name, request[name as keyof StreamRequest], rule)
  }
  for (const [position, message] of (messages ?? []).entries()) {
    checkMessage(`messages[${position}]`, message)
  }
  for (const [name, tool] of Object.entries(tools)) {
    if (!isRecord(tool)) throw optionError(`tools.${name}`, tool, 'an object with parameters')
    toJsonSchema(tool.parameters, `tools.${name}.parameters`)
  }
  if (output !== undefined) checkOutput(output)
  checkValue('reasoning.budgetTokens', reasoning?.budgetTokens, tokens)
}

function checkValue(option: string, value: unknown, [allowed, isAllowed]: Rule): void {
  if (value !== undefined && !isAllowed(value)) throw optionError(option, value, allowed)
}

function checkOutput(output: OutputSchema): void {
  toJsonSchema(output, 'output')
  if (!('~standard' in output)) return
  const { vendor, validate } = (output as StandardSchema)['~standard']
  if (typeof validate === 'function') return
  throw new TypeError(
    `Option "output" is a schema of ${vendor} that cannot validate. Pass a Standard Schema, or its plain JSON Schema.`,
  )
}

function checkMessage(name: string, message: Message): void {
  if (!isRecord(message)) throw optionError(name, message, 'an object with role and content')
  const { role, content } = message
  if (!roles.includes(role)) {
    throw optionError(`${name}.role`, role, roles.map((one) => `"${one}"`).join(', '))
  }
  if (Array.isArray(content) && content.every((part) => isRecord(part) && isText(part.type))) return
  if (role === 'tool') throw optionError(`${name}.content`, content, 'an array of parts')
  if (typeof content === 'string') return
  throw optionError(`${name}.content`, content, 'a string or an array of parts')
}

const roles = ['system', 'user', 'assistant', 'tool']

function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
