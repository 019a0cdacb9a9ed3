/**
 * Checks of what the model is asked.
 *
 * @module
 */

import { optionError } from '../check.js'
import { toJsonSchema } from '../json-schema.js'
import type { Message, OutputSchema, StandardSchema, StreamRequest } from '../messages.js'

/** @internal */
export const requestKeys = [
  'messages',
  'prompt',
  'system',
  'maxOutputTokens',
  'temperature',
  'topP',
  'stopSequences',
  'seed',
  'tools',
  'toolChoice',
  'output',
  'reasoning',
  'providerOptions',
] as const satisfies readonly (keyof StreamRequest)[]

const roles = ['system', 'user', 'assistant', 'tool']

/** @throws TypeError naming the option, the value and what is allowed */
export function checkRequest(request: StreamRequest): void {
  const { messages, prompt, system, stopSequences, tools, reasoning, providerOptions } = request
  if (messages === undefined && prompt === undefined) {
    throw new TypeError('Option "messages" or "prompt" is missing: say what the model is asked.')
  }
  if (messages !== undefined && prompt !== undefined) {
    throw new TypeError(
      'Options "messages" and "prompt" exclude each other: put the prompt into the messages as the last user message.',
    )
  }
  if (messages !== undefined) checkMessages(messages)
  if (prompt !== undefined && (typeof prompt !== 'string' || prompt === '')) {
    throw optionError('prompt', prompt, 'a string that is not empty')
  }
  if (system !== undefined && typeof system !== 'string') {
    throw optionError('system', system, 'a string')
  }
  checkNumber('temperature', request.temperature, 'a number from 0', (value) => value >= 0)
  checkNumber('topP', request.topP, 'a number from 0 to 1', (value) => value >= 0 && value <= 1)
  checkNumber('seed', request.seed, 'an integer', Number.isInteger)
  checkTokens('maxOutputTokens', request.maxOutputTokens)
  if (stopSequences !== undefined) {
    const good = Array.isArray(stopSequences) && stopSequences.every(isText)
    if (!good) throw optionError('stopSequences', stopSequences, 'an array of strings, none empty')
  }
  for (const [name, value] of Object.entries({ tools, reasoning, providerOptions })) {
    if (value !== undefined && !isRecord(value)) throw optionError(name, value, 'an object')
  }
  for (const [name, tool] of Object.entries(tools ?? {})) {
    if (!isRecord(tool)) throw optionError(`tools.${name}`, tool, 'an object with parameters')
    toJsonSchema(tool.parameters, `tools.${name}.parameters`)
  }
  if (request.output !== undefined) checkOutput(request.output)
  checkTokens('reasoning.budgetTokens', reasoning?.budgetTokens)
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

function checkMessages(messages: readonly Message[]): void {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw optionError('messages', messages, 'an array of at least one message')
  }
  for (const [position, message] of messages.entries()) {
    const name = `messages[${position}]`
    if (!isRecord(message)) throw optionError(name, message, 'an object with role and content')
    if (!roles.includes(String(message.role))) {
      throw optionError(`${name}.role`, message.role, roles.map((role) => `"${role}"`).join(', '))
    }
    const { content } = message
    const parts =
      Array.isArray(content) && content.every((part) => isRecord(part) && isText(part.type))
    if (message.role === 'tool' ? !parts : !parts && typeof content !== 'string') {
      const allowed =
        message.role === 'tool' ? 'an array of parts' : 'a string or an array of parts'
      throw optionError(`${name}.content`, content, allowed)
    }
  }
}

function checkTokens(option: string, value: unknown): void {
  const allowed = 'an integer from 1'
  checkNumber(option, value, allowed, (count) => Number.isInteger(count) && count >= 1)
}

function checkNumber(
  option: string,
  value: unknown,
  allowed: string,
  isAllowed: (value: number) => boolean,
): void {
  if (value === undefined) return
  if (typeof value !== 'number' || !Number.isFinite(value) || !isAllowed(value)) {
    throw optionError(option, value, allowed)
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
