/**
 * Reads the body of an error, in any provider's shape.
 *
 * @module
 */

import { parseJson } from '../base/parse-json.js'
import { textOf } from '../base/read-json.js'
import { waitInFields } from './requested-wait.js'

export interface ErrorBody {
  /** The provider's sentence; empty if it sent none. */
  message: string
  /** Its codes, types and statuses, the most exact first. */
  words: string[]
  /** A status of 400 to 599 inside the body. */
  status: number | undefined
  requestId: string | undefined
  retryAfterMs: number | undefined
  /** Whether a quota for a day is used up (Gemini). */
  quotaPerDay: boolean
}

export type Fields = Partial<Record<string, unknown>>

/** How deep an error may sit in others, such as a gateway's error around a provider's. */
const maxDepth = 4

/** The longest JSON text that becomes a message, in characters. */
const maxJsonLength = 2_000

/** How much of a text is read, in characters, whether it is JSON, a page or a sentence. */
const maxTextLength = 64 * 1024

/**
 * How many items of a list, and how many codes, are read. The first ones name the error, and each
 * code is compared with all patterns.
 */
const maxItems = 32

/**
 * Whether the field `error` holds an error: some servers always send the field, as null, empty, or
 * with empty fields.
 */
export function isErrorBody(error: unknown): boolean {
  if (isFields(error)) return Object.values(error).some(holdsSomething)
  return error === true || textOf(error) !== undefined
}

function holdsSomething(value: unknown): boolean {
  return isFields(value) ? Object.keys(value).length > 0 : Boolean(value)
}

/**
 * Whether an object is an error and not an answer or a piece of one: by its name, or by one of the
 * flat shapes of servers' HTTP errors (vLLM, Alibaba, Baidu, MiniMax, Cloudflare, FastAPI).
 */
export function isErrorObject(value: Fields): boolean {
  if (value.object === 'error' || isErrorBody(value.error)) return true
  if (value.success === false || typeof value.detail === 'string') return true
  if (isFields(value.base_resp)) return Number(value.base_resp.status_code) > 0
  const code = value.code ?? value.error_code ?? value.status ?? value.status_code
  return code !== undefined && textOf(value.message ?? value.error_msg) !== undefined
}

/** Reads the body of an error. It never throws. */
export function readErrorBody(body: unknown): ErrorBody {
  const result: ErrorBody = {
    message: '',
    words: [],
    status: undefined,
    requestId: undefined,
    retryAfterMs: undefined,
    quotaPerDay: false,
  }
  read(body, result, 0)
  if (result.message === '' && isFields(body)) result.message = asJson(body)
  return result
}

/** The fields of codes, types and statuses, the most exact first. */
const wordFields = [
  'code',
  'error_code',
  'error_type',
  'type',
  'status',
  'status_code',
  'raw_status_code',
]

function read(value: unknown, result: ErrorBody, depth: number): void {
  if (depth > maxDepth) return
  if (typeof value === 'string') return readText(value, result, depth)
  // Gemini wraps the error in an array, FastAPI lists what it refuses.
  if (Array.isArray(value)) return read(value[0], result, depth + 1)
  if (!isFields(value)) return
  const { error, response, detail, metadata, base_resp: wrapped } = value
  const message = value.message ?? value.error_msg ?? value.status_msg
  result.requestId ||= textOf(value.request_id) ?? textOf(value.requestId)
  // The innermost error is the most exact one.
  if (error !== undefined && error !== null) read(error, result, depth + 1)
  // `response.failed` of the OpenAI Responses API
  else if (isFields(response)) read(response.error, result, depth + 1)
  // MiniMax
  if (isFields(wrapped)) read(wrapped, result, depth + 1)
  // OpenRouter: the words of the provider behind it, and its own headers
  if (isFields(metadata)) {
    read(metadata.raw, result, depth + 1)
    readWait(metadata, result)
    if (isFields(metadata.headers)) readWait(metadata.headers, result)
  }
  readWait(value, result)
  for (const name of wordFields) {
    addWord(result, value[name])
    result.status ??= toStatus(value[name])
  }
  readDetails(value.details, result)
  if (typeof message === 'string') {
    // A gateway's sentence means little without the provider's.
    const inner = result.message
    result.message = inner === '' || message.includes(inner) ? message : `${message}: ${inner}`
  } else read(message, result, depth + 1)
  if (result.message !== '') return
  read(detail ?? value.msg ?? value.error_description ?? value.errors, result, depth + 1)
}

function readText(value: string, result: ErrorBody, depth: number): void {
  const trimmed = value.slice(0, maxTextLength).trim()
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) {
    const json = parseJson(trimmed)
    if (json !== undefined) return read(json, result, depth + 1)
  }
  if (result.message !== '' || trimmed === '') return
  if (/^<(!doctype|html|head|body|\?xml)/i.test(trimmed)) result.message = readMarkup(trimmed)
  else if (isBinary(trimmed)) result.message = 'The body of the error is not text.'
  else result.message = trimmed
}

/**
 * The title of a proxy's page, or its text. Tags without an end cost quadratic time, so only the
 * beginning of the page is read.
 */
function readMarkup(page: string): string {
  const start = page.slice(0, 4_000)
  const title = /<title[^<>]*>([^<]*)/i.exec(start)?.[1]?.trim()
  const words = title || start.replace(/<(style|script)[^]*?<\/\1>|<[^<>]*>/gi, ' ')
  return `an HTML page: ${words.replace(/\s+/g, ' ').trim()}`
}

/** Whether a text is binary data, such as a compressed body that nobody unpacked. */
function isBinary(value: string): boolean {
  const start = value.slice(0, 200)
  return start.replace(/[\s -\ufffc]/g, '').length * 10 > start.length
}

/** @see https://cloud.google.com/apis/design/errors#error_details */
function readDetails(details: unknown, result: ErrorBody): void {
  for (const detail of fieldsIn(details)) {
    addWord(result, detail.reason)
    readWait(detail, result)
    result.quotaPerDay ||= fieldsIn(detail.violations).some(({ quotaId }) =>
      textOf(quotaId)?.includes('PerDay'),
    )
  }
}

function fieldsIn(list: unknown): Fields[] {
  return Array.isArray(list) ? list.slice(0, maxItems).filter(isFields) : []
}

function readWait(fields: Fields, result: ErrorBody): void {
  result.retryAfterMs ??= waitInFields(fields)
}

function addWord(result: ErrorBody, value: unknown): void {
  const word = typeof value === 'number' ? String(value) : textOf(value)
  // `type: 'error'` marks the event, it does not name the error.
  if (word === undefined || word === 'error' || word.length > 100) return
  if (result.words.length < maxItems && !result.words.includes(word)) result.words.push(word)
}

/** A status of 400 to 599. It may be digits: Azure sends `"code": "401"`. */
export function toStatus(value: unknown): number | undefined {
  const status = typeof value === 'string' && value.length === 3 ? Number(value) : value
  if (typeof status !== 'number') return undefined
  return status >= 400 && status <= 599 ? status : undefined
}

/** The beginning of a value as JSON. Values beyond it are left out, so that a huge one costs little. */
function asJson(value: unknown): string {
  let left = maxJsonLength
  const cut = (_name: string, item: unknown): unknown => {
    if (--left < 0) return undefined
    return typeof item === 'string' ? item.slice(0, maxJsonLength) : item
  }
  try {
    return JSON.stringify(value, cut).slice(0, maxJsonLength)
  } catch {
    return ''
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}
