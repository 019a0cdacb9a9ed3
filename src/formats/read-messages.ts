/**
 * Checks messages of another library while they are read.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import { isRecord } from '../base/read-json.js'

export type Fields = Readonly<Record<string, unknown>>

export function invalid(message: string): StreamError {
  return new StreamError('invalid-request', message, { status: 400, publicMessage: message })
}

/** @throws StreamError `invalid-request` if it is not an array of objects */
export function recordsIn(value: unknown, place: string): readonly Fields[] {
  if (!Array.isArray(value)) throw invalid(`${place} is not an array.`)
  const wrong = value.findIndex((each) => !isRecord(each))
  if (wrong !== -1) throw invalid(`${place}[${wrong}] is not an object.`)
  return value
}

/** @throws StreamError `invalid-request` if it is not an object */
export function recordIn(fields: Fields, name: string, place: string): Fields {
  const value = fields[name]
  if (isRecord(value)) return value
  throw invalid(`${place}.${name} is not an object.`)
}

/** @throws StreamError `invalid-request` if it is not a string */
export function stringIn(fields: Fields, name: string, place: string): string {
  const value = fields[name]
  if (typeof value === 'string') return value
  throw invalid(`${place}.${name} is not a string.`)
}

/** The fields of these names that are strings. Others are left out. */
export function stringsIn<Name extends string>(
  fields: Fields,
  ...names: readonly Name[]
): { [Each in Name]?: string } {
  const known = names.filter((name) => typeof fields[name] === 'string')
  return Object.fromEntries(known.map((name) => [name, fields[name]])) as {
    [Each in Name]?: string
  }
}
