/**
 * The rules of a request.
 *
 * @module
 */

import {
  anything,
  flag,
  func,
  isInteger,
  isText,
  oneOf,
  optionsOf,
  type Rule,
  type Rules,
  required,
  rule,
  string,
  text,
} from '../base/check-options.js'
import { toJsonSchema } from '../base/json-schema.js'
import { isRecord } from '../base/read-json.js'
import type { StreamRequest } from '../base/request.js'
import type { OutputSchema, StandardSchema } from '../base/schema.js'
import type { Tool } from '../base/tools.js'
import { checkMessages, checkSystem, forProviders } from './check-messages.js'

const tokens = rule('an integer from 1', (value) => isInteger(value, 1))

const tool: Rules<Tool> = {
  description: string,
  // toJsonSchema() checks it.
  parameters: anything,
  run: func,
  approve: rule(
    'true, false, or a function',
    (value) => flag.isAllowed(value) || func.isAllowed(value),
  ),
  once: flag,
  validate: func,
  ...forProviders,
}

const choices: readonly unknown[] = ['auto', 'required', 'none']
const toolChoice: Rule = {
  allowed: '"auto", "required", "none" or { name: "the name of a tool" }',
  // With a `type` it is the choice of another library.
  isAllowed: (value) => choices.includes(value) || (isRecord(value) && !('type' in value)),
  rules: { name: required(text) },
}

const reasoning: Rules<Required<StreamRequest>['reasoning']> = {
  effort: oneOf('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
  budgetTokens: tokens,
}

/** @internal */
export const requestRules: Rules<StreamRequest> = {
  messages: rule(
    'an array of at least one message; a string goes into "prompt"',
    (value) => Array.isArray(value) && value.length > 0,
  ),
  prompt: rule('a string that is not empty; messages go into "messages"', isText),
  system: rule(
    'a string, or an array of text parts',
    (value) => typeof value === 'string' || Array.isArray(value),
  ),
  maxOutputTokens: tokens,
  temperature: rule('a number from 0', (value) => isBetween(value, 0, Number.MAX_VALUE)),
  topP: rule('a number from 0 to 1', (value) => isBetween(value, 0, 1)),
  stopSequences: rule(
    'an array of strings, none empty',
    (value) => Array.isArray(value) && value.every(isText),
  ),
  seed: rule('an integer', Number.isInteger),
  tools: {
    ...rule('an object with a tool for each name', isRecord),
    each: optionsOf('an object with parameters', tool),
  },
  toolChoice,
  // toJsonSchema() checks it.
  output: anything,
  reasoning: optionsOf('an object', reasoning),
  ...forProviders,
}

/**
 * What the rules of single options cannot say.
 *
 * @throws TypeError naming the option, the value and what is allowed
 */
export function checkRequest({
  messages,
  prompt,
  system,
  tools = {},
  output,
}: StreamRequest): void {
  if (messages === undefined && prompt === undefined) {
    throw new TypeError('Option "prompt" or "messages" is missing. Pass one of them.')
  }
  if (messages !== undefined && prompt !== undefined) {
    throw new TypeError(
      'Options "messages" and "prompt" are mutually exclusive. Add the prompt as the last message.',
    )
  }
  if (Array.isArray(system)) checkSystem(system)
  if (messages !== undefined) checkMessages(messages)
  for (const [name, { parameters }] of Object.entries(tools)) {
    toJsonSchema(parameters, `tools.${name}.parameters`)
  }
  if (output !== undefined) checkOutput(output)
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

function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}
