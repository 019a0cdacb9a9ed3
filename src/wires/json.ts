/**
 * Reading JSON that may be anything: what a provider sends is not trusted to have the documented shape.
 *
 * @module
 */

import { StreamError } from '../errors.js'

export type Json = Record<string, unknown>

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The string, or undefined for anything else and for the empty string. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function recordsOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

/** @throws StreamError `protocol` for anything but a JSON object */
export function parseEventData(data: string, provider: string): Json {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch (cause) {
    const message = `${provider}: an event of the stream is not JSON: ${data.slice(0, 200)}`
    throw new StreamError('protocol', message, { provider, cause })
  }
  if (isRecord(value)) return value
  const message = `${provider}: an event of the stream is not an object: ${data.slice(0, 200)}`
  throw new StreamError('protocol', message, { provider })
}

/** A count of tokens under a name, where the provider gave one. */
export function countOf(record: unknown, name: string): number | undefined {
  const value = isRecord(record) ? record[name] : undefined
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** The object without its undefined values. */
export function compact<T extends object>(
  record: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const result: Json = {}
  for (const [name, value] of Object.entries(record)) {
    if (value !== undefined) result[name] = value
  }
  return result as { [K in keyof T]?: Exclude<T[K], undefined> }
}
