/**
 * The rules of messages and their parts.
 *
 * @module
 */

import {
  anything,
  checkOptions,
  flag,
  list,
  oneOf,
  type Rule,
  type Rules,
  record,
  required,
  rule,
  string,
} from '../base/check-options.js'
import { isErrorCode } from '../base/errors.js'
import { finishReasons } from '../base/finish-reason.js'
import type {
  AssistantMessage,
  FileInputPart,
  FilePart,
  ForProviders,
  ImageInputPart,
  Message,
  ProviderPart,
  ReasoningPart,
  SourcePart,
  TextPart,
  ToolApprovalPart,
  ToolCallPart,
  ToolResultPart,
} from '../base/messages.js'
import { nearestName } from '../base/nearest-name.js'
import { optionError } from '../base/option-error.js'
import { isRecord } from '../base/read-json.js'

const aString = required(string)
/** @internal */
export const optionsByProvider: Rule = {
  ...rule('an object by provider, such as { openai: { … } }', isRecord),
  each: record,
}
/** Belongs to its part, and may be undefined: tools can return nothing. */
const given: Rule = { ...anything }
const data = required(
  rule(
    'an http(s) or data URL, base64, or a Uint8Array',
    (value) => typeof value === 'string' || value instanceof Uint8Array || value instanceof URL,
  ),
)

/** @internal */
export const forProviders: Rules<ForProviders> = {
  providerOptions: optionsByProvider,
  cache: oneOf(true, '1h'),
}
const common = { type: anything, ...forProviders }
const text: Rules<TextPart> = { ...common, text: aString, signature: string }
const reasoning: Rules<ReasoningPart> = { ...text, redacted: flag }
const image: Rules<ImageInputPart> = {
  ...common,
  data,
  mediaType: string,
  detail: oneOf('auto', 'low', 'high', 'original'),
}
const file: Rules<FileInputPart> = { ...common, data, mediaType: aString, filename: string }
const call = { ...common, id: aString, name: aString }
const toolCall: Rules<ToolCallPart> = {
  ...call,
  input: given,
  error: string,
  custom: flag,
  signature: string,
  seal: string,
}
const toolResult: Rules<ToolResultPart> = {
  ...call,
  output: given,
  // The parts are checked like those of a message.
  content: list,
  isError: flag,
  preliminary: oneOf(true),
}
const toolApproval: Rules<ToolApprovalPart> = {
  type: anything,
  id: aString,
  approved: required(flag),
  reason: string,
}
const source: Rules<SourcePart> = { ...common, url: string, title: string, raw: anything }
const outputFile: Rules<FilePart> = {
  ...common,
  mediaType: aString,
  data,
  signature: string,
  partial: oneOf(true),
}
const provider: Rules<ProviderPart> = {
  ...common,
  name: aString,
  origin: aString,
  data: given,
  partial: oneOf(true),
}

type Table = Readonly<Record<string, Rule>>
type PartRules = Readonly<Record<string, Table>>

const input: PartRules = { text, image, file }
const partRules: Readonly<Record<Message['role'], PartRules>> = {
  system: input,
  user: input,
  assistant: {
    text,
    reasoning,
    'tool-call': toolCall,
    'tool-result': toolResult,
    source,
    file: outputFile,
    provider,
  },
  tool: { 'tool-result': toolResult, 'tool-approval': toolApproval },
}
const allParts: PartRules = { ...partRules.assistant, ...input, ...partRules.tool }
const partTypes = Object.keys(allParts)
const roles = Object.keys(partRules) as Message['role'][]

const messageRules: Rules<AssistantMessage> = {
  role: required(oneOf(...roles)),
  content: anything,
  id: string,
  status: oneOf('partial'),
  errorCode: rule('a code of StreamError', isErrorCode),
  key: string,
  finishReason: oneOf(...finishReasons),
  waiting: rule('a list of { id, for }', (value) => Array.isArray(value) && value.every(isWaiting)),
  createdAt: anything,
  metadata: anything,
  ...forProviders,
}

function isWaiting(value: unknown): boolean {
  return isRecord(value) && typeof value.id === 'string' && typeof value.for === 'string'
}

/**
 * Checks every part of every message, without copies.
 *
 * @throws TypeError that names the place, the value, and the right name of another library's
 */
export function checkMessages(messages: readonly unknown[]): void {
  for (const [position, message] of messages.entries()) {
    checkMessage(`messages[${position}]`, message)
  }
}

function checkMessage(name: string, message: unknown): void {
  if (!isRecord(message)) throw optionError(name, message, 'an object with role and content')
  // Only the first: looking for the nearest name of 100,000 fields would take seconds.
  const field = Object.keys(message).find((key) => !Object.hasOwn(messageRules, key))
  const type = field === undefined ? undefined : nearestName(field, partTypes)
  if (type !== undefined) {
    throw new TypeError(`Unknown option "${name}.${field}". Write ${shape(type)} into "content".`)
  }
  checkOptions(name, message, messageRules)
  const { role, content } = message as unknown as Message
  const rules = partRules[role]
  if (typeof content === 'string' && role !== 'tool') return
  if (!Array.isArray(content)) {
    const results = `an array of ${shape('tool-result')}`
    const allowed = role === 'tool' ? results : 'a string or an array of parts'
    throw optionError(`${name}.content`, content, allowed)
  }
  checkParts(`${name}.content`, content, rules)
}

function checkParts(name: string, parts: readonly unknown[], rules: PartRules): void {
  for (const [position, part] of parts.entries()) checkPart(`${name}[${position}]`, part, rules)
}

/** Instructions as parts: text only. */
export function checkSystem(system: readonly unknown[]): void {
  checkParts('system', system, { text })
}

function checkPart(name: string, part: unknown, rules: PartRules): void {
  if (!isRecord(part)) throw optionError(name, part, 'an object with a type')
  const { type, data: bytes } = part
  if (typeof type !== 'string' || !Object.hasOwn(rules, type)) throw typeError(name, part, rules)
  if (type !== 'provider' && isBytesAsJson(bytes)) {
    throw new TypeError(
      `Option "${name}.data" holds bytes that went through JSON. Send base64, as connect() does.`,
    )
  }
  checkOptions(name, part, rules[type] as Table)
  if (type === 'tool-result' && Array.isArray(part.content)) {
    checkParts(`${name}.content`, part.content, input)
  }
}

function typeError(name: string, part: Record<string, unknown>, rules: PartRules): TypeError {
  const word = typeof part.type === 'string' ? part.type : (Object.keys(part)[0] ?? '')
  const meant = nearestName(word, partTypes)
  let hint = ''
  if (meant !== undefined) {
    const role = roles.findLast((each) => meant in partRules[each])
    const place = meant in rules ? '' : ` into a message with role "${role}"`
    hint = ` Write ${shape(meant)}${place}.`
  }
  return optionError(`${name}.type`, part.type, oneOf(...Object.keys(rules)).allowed, hint)
}

/** A part as it is written, without optional fields. */
function shape(type: string): string {
  const fields = Object.entries(allParts[type] as Table)
    .slice(1)
    .filter(([, each]) => each.required || each === given)
  return `{ ${[`type: "${type}"`, ...fields.map(([field]) => field)].join(', ')} }`
}

/** `JSON.stringify()` writes bytes as `{"0":137}`, and those of Node's Buffer with a type. */
function isBytesAsJson(value: unknown): boolean {
  if (Array.isArray(value)) return true
  return isRecord(value) && !ArrayBuffer.isView(value) && ('0' in value || value.type === 'Buffer')
}
