/**
 * Messages from a client that is not trusted.
 *
 * @module
 */

import {
  checkOptions,
  list,
  oneOf,
  type Rule,
  type Rules,
  record,
  rule,
} from '../base/check-options.js'
import { StreamError } from '../base/errors.js'
import type { Message, ToolCallPart } from '../base/messages.js'
import type { Tool } from '../base/tools.js'
import { signingKeyRule } from '../loop/options.js'
import { checkMessages } from './check-messages.js'

/** The messages that a client may send. */
export interface ParseMessagesOptions {
  /**
   * The roles that messages may have. With `system`, a client writes the model's instructions.
   * @default ['user', 'assistant', 'tool']
   */
  roles?: readonly Message['role'][]
  /** @default 1_000 */
  maxMessages?: number
  /**
   * The length of all messages together, without the data of images and files. A number, true, false
   * and null count as one character, and so does each array and object.
   * @default 1_000_000
   */
  maxCharacters?: number
  /**
   * The size of the data of all images and files together, as it was sent. Base64 is a third longer
   * than the file.
   * @default 20_000_000
   */
  maxBytes?: number
  /**
   * The tools of the stream. Calls of those without `run` may wait for a result, because the client
   * gives it.
   */
  tools?: Record<string, Tool>
  /**
   * The key of the stream's seals. Calls with a seal may wait. `createStream()` checks the seal, and
   * refuses a sealed call if it has no `signingKey`.
   */
  signingKey?: string | Uint8Array
}

const count: Rule = rule(
  'an integer from 1, or Infinity',
  (value) => value === Infinity || (Number.isInteger(value) && Number(value) > 0),
)

const rules: Rules<ParseMessagesOptions> = {
  roles: { ...list, each: oneOf('system', 'user', 'assistant', 'tool') },
  maxMessages: count,
  maxCharacters: count,
  maxBytes: count,
  tools: record,
  signingKey: signingKeyRule,
}

/** The deepest nesting of arrays and objects, counted from the array of messages. */
const maxDepth = 100

/** Names through which careless code changes the prototype of every object. */
const prototypeKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Turns what a client sent into messages. Each message is checked as `createStream()` checks it.
 *
 * A tool call without a result is refused, because a client could invent it and a server that answers
 * open calls would run it. Exceptions are calls with an `error`, and those that `tools` and
 * `signingKey` let pass.
 *
 * Read the request with a limit before this: the sizes are those of the parsed messages.
 *
 * @param json - parsed JSON: an array of messages, or an object with `messages`. Other fields of the
 *   object are ignored
 * @returns the same messages, without copies
 * @throws StreamError `invalid-request` with status 400. Its `toJSON()` names the place, so it can be
 *   the answer to the client
 * @throws TypeError for a bad option
 * @example
 * ```ts
 * try {
 *   const messages = parseMessages(await request.json())
 *   return toResponse(createStream({ driver, messages }), sse())
 * } catch (error) {
 *   if (!StreamError.is(error)) throw error
 *   return Response.json({ error }, { status: error.status ?? 500 })
 * }
 * ```
 */
export function parseMessages(json: unknown, options: ParseMessagesOptions = {}): Message[] {
  checkOptions('', options, rules)
  try {
    return parse(json, options)
  } catch (error) {
    throw StreamError.is(error) ? error : invalid(error instanceof Error ? error.message : '')
  }
}

function parse(json: unknown, options: ParseMessagesOptions): Message[] {
  const { roles = ['user', 'assistant', 'tool'], maxMessages = 1_000 } = options
  const messages = listIn(json)
  if (messages.length === 0) throw invalid('There are no messages.')
  if (messages.length > maxMessages) {
    throw invalid(`There are ${messages.length} messages. The limit is ${maxMessages}.`)
  }
  new Measure(options).add(messages, 'messages', 1)
  checkMessages(messages)
  const checked = messages as Message[]
  for (const [position, { role }] of checked.entries()) {
    if (roles.includes(role)) continue
    const allowed = `Allowed: ${roles.join(', ')}.`
    throw invalid(`The role "${role}" of messages[${position}] is not accepted. ${allowed}`)
  }
  const call = openCall(checked, options)
  if (call !== undefined) throw invalid(`The tool call ${call} has no result.`)
  return checked
}

function listIn(json: unknown): unknown[] {
  const given: unknown =
    typeof json === 'object' && json !== null && 'messages' in json ? json.messages : json
  if (Array.isArray(given)) return given
  throw invalid('The messages are missing. Send an array, or an object with "messages".')
}

/** Adds up the sizes, and stops at the first limit. */
class Measure {
  #characters: number
  #bytes: number
  readonly #limits: { maxCharacters: number; maxBytes: number }

  constructor({ maxCharacters = 1_000_000, maxBytes = 20_000_000 }: ParseMessagesOptions) {
    this.#limits = { maxCharacters, maxBytes }
    this.#characters = maxCharacters
    this.#bytes = maxBytes
  }

  add(value: object, place: string, depth: number): void {
    if (depth > maxDepth)
      throw invalid(`${shorten(place)} is nested deeper than ${maxDepth} levels.`)
    this.#addText(1)
    const isList = Array.isArray(value)
    const isPart = partDepths.has(depth) && /\.content\[\d+\]$/.test(place)
    const isFile = isPart && 'type' in value && (value.type === 'image' || value.type === 'file')
    const refused =
      isPart || depth === messageDepth ? serverOnly.find((key) => key in value) : undefined
    if (refused !== undefined)
      throw invalid(`${place} has ${refused}, which only a server may set.`)
    for (const [key, each] of isList ? value.entries() : Object.entries(value)) {
      if (typeof key === 'string') {
        if (prototypeKeys.has(key)) throw invalid(`${shorten(place)} has the key "${key}".`)
        this.#addText(key.length)
      }
      if (typeof each === 'object' && each !== null) {
        this.add(each, isList ? `${place}[${key}]` : `${place}.${key}`, depth + 1)
      } else if (typeof each !== 'string') this.#addText(1)
      else if (isFile && key === 'data') this.#addData(each.length)
      else this.#addText(each.length)
    }
  }

  #addText(length: number): void {
    this.#characters -= length
    if (this.#characters >= 0) return
    throw invalid(`The messages are longer than ${this.#limits.maxCharacters} characters.`)
  }

  #addData(length: number): void {
    this.#bytes -= length
    if (this.#bytes >= 0) return
    throw invalid(`The images and files are larger than ${this.#limits.maxBytes} bytes.`)
  }
}

/** What is merged into requests, or costs. */
const serverOnly = ['providerOptions', 'cache']

/** That of `messages[0]`, where `messages` is 1. */
const messageDepth = 2
/** Those of `messages[0].content[0]`, and of a part in the content of a tool result. */
const partDepths = new Set([4, 6])

/** The place of the first call without a result after it. Ids may repeat in later messages. */
function openCall(
  messages: readonly Message[],
  { signingKey, tools = {} }: ParseMessagesOptions,
): string | undefined {
  // A client answers the calls of tools without `run`, and createStream() checks the seals.
  const mayWait = ({ name, seal }: ToolCallPart): boolean =>
    (signingKey !== undefined && seal !== undefined) ||
    (Object.hasOwn(tools, name) && tools[name]?.run === undefined)
  const open = new Map<string, string>()
  for (const [position, { content }] of messages.entries()) {
    if (typeof content === 'string') continue
    for (const [at, part] of content.entries()) {
      if (part.type === 'tool-result') open.delete(part.id)
      if (part.type !== 'tool-call' || part.error !== undefined || mayWait(part)) continue
      const place = `messages[${position}].content[${at}]`
      if (open.has(part.id)) return open.get(part.id)
      open.set(part.id, place)
    }
  }
  const [first] = open.values()
  return first
}

/** Keys of a client can be long. */
function shorten(place: string): string {
  return place.length > 200 ? `${place.slice(0, 200)}…` : place
}

function invalid(message: string): StreamError {
  return new StreamError('invalid-request', message, { status: 400, publicMessage: message })
}
