/**
 * The part of JSON Schema that providers can enforce: closed objects, and few keywords.
 *
 * @module
 */

import { isRecord, type Json } from '../base/read-json.js'
import type { JsonSchema } from '../base/schema.js'
import { toWellFormedJson } from '../base/well-formed-json.js'

/** The part of JSON Schema that one provider takes. */
export interface Dialect {
  /** Whether a property may be optional. */
  readonly allowsOptional: boolean
  /** Whether the provider takes a limit on values. Others are put into the description. */
  keeps(keyword: string, value: unknown): boolean
  /** Whether the provider takes a union of these. */
  takesUnion?(schemas: readonly Json[]): boolean
}

/**
 * Rewrites a schema in that part. Objects that do not rule out further properties are closed,
 * `oneOf` becomes `anyOf`, and limits that the provider does not take become words. A value that
 * fits the result may thus break a limit, but has the right shape.
 *
 * @returns undefined if the shape itself cannot be expressed, such as an object with any properties
 */
export function closeSchema(schema: JsonSchema, dialect: Dialect): JsonSchema | undefined {
  try {
    return closeNode(schema, dialect)
  } catch (error) {
    if (error instanceof OpenShape) return undefined
    throw error
  }
}

class OpenShape extends Error {}

function closeNode(node: unknown, dialect: Dialect): Json {
  // `true` allows anything, `false` nothing.
  if (!isRecord(node) || ('anyOf' in node && 'oneOf' in node)) throw new OpenShape()
  const closed: Json = {}
  const hints: string[] = []
  for (const [keyword, value] of Object.entries(node)) {
    if (value === undefined || isNoLimit(value)) continue
    switch (keyword) {
      case '$schema':
      case '$id':
      case '$comment':
        break
      case 'anyOf':
      case 'oneOf':
        closed.anyOf = closeAll(value, dialect)
        break
      case 'items':
        closed.items = closeNode(value, dialect)
        break
      case 'properties':
      case '$defs':
      case 'definitions':
        closed[keyword] = closeEach(value, dialect)
        break
      case 'additionalProperties':
        if (value !== false) throw new OpenShape()
        break
      default:
        if (otherShapes.test(keyword)) throw new OpenShape()
        if (plain.test(keyword) || dialect.keeps(keyword, value)) closed[keyword] = value
        else hints.push(`${keyword}: ${toWellFormedJson(value)}`)
    }
  }
  if (typeof closed.$ref === 'string') return closeReference(closed)
  closeType(closed)
  if (includes(closed.type, 'object')) closeObject(closed, dialect)
  if (includes(closed.type, 'array') && closed.items === undefined) throw new OpenShape()
  // A format implies its pattern.
  const told = closed.format === undefined ? hints : hints.filter((hint) => !isPattern(hint))
  if (told.length > 0) closed.description = describe(closed.description, told)
  return closed
}

/** Keywords that every provider takes. */
const plain = /^(type|title|description|enum|const|required|\$ref)$/

/** Keywords for shapes that no provider takes. */
const otherShapes =
  /^(\$anchor|\$dynamic\w+|additionalItems|allOf|contains|depend\w+|if|then|else|not|patternProperties|prefixItems|propertyNames|unevaluated\w+)$/

/** Some libraries add the limits of safe integers. */
function isNoLimit(value: unknown): boolean {
  return value === Number.MAX_SAFE_INTEGER || value === Number.MIN_SAFE_INTEGER
}

function closeAll(schemas: unknown, dialect: Dialect): Json[] {
  if (!Array.isArray(schemas)) throw new OpenShape()
  const closed = schemas.map((schema) => closeNode(schema, dialect))
  if (dialect.takesUnion?.(closed) === false) throw new OpenShape()
  return closed
}

function closeEach(schemas: unknown, dialect: Dialect): Json {
  if (!isRecord(schemas)) throw new OpenShape()
  const closed = Object.entries(schemas).map(([name, schema]) => [name, closeNode(schema, dialect)])
  return Object.fromEntries(closed) as Json
}

/** A reference allows no other keywords. */
function closeReference(node: Json): Json {
  const { $ref, title: _title, description: _description, $defs, definitions, ...others } = node
  if (Object.keys(others).length > 0 || !String($ref).startsWith('#')) throw new OpenShape()
  return { $ref, ...($defs ? { $defs } : {}), ...(definitions ? { definitions } : {}) }
}

/** Providers require a type along with the values of an enumeration. */
function closeType(node: Json): void {
  if (node.type !== undefined || node.anyOf !== undefined) return
  const values = 'const' in node ? [node.const] : node.enum
  if (!Array.isArray(values)) throw new OpenShape()
  const types = [...new Set(values.map(typeOf))]
  node.type = types.length === 1 ? types[0] : types
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'object') throw new OpenShape()
  return typeof value
}

function closeObject(node: Json, { allowsOptional }: Dialect): void {
  const { properties, required = [] } = node
  // Without properties, any would do.
  if (!isRecord(properties) || !Array.isArray(required)) throw new OpenShape()
  const names = Object.keys(properties)
  if (required.some((name) => !names.includes(String(name)))) throw new OpenShape()
  if (!allowsOptional && names.some((name) => !required.includes(name))) throw new OpenShape()
  node.required = required
  node.additionalProperties = false
}

function includes(type: unknown, name: string): boolean {
  return type === name || (Array.isArray(type) && type.includes(name))
}

function isPattern(hint: string): boolean {
  return hint.startsWith('pattern: ')
}

function describe(description: unknown, hints: readonly string[]): string {
  const limits = `(${hints.join(', ')})`
  return typeof description === 'string' ? `${description} ${limits}` : limits
}

/** Whether a value is a format that all providers take. */
export function isStringFormat(value: unknown): boolean {
  return /^(date|time|date-time|duration|email|hostname|ipv[46]|uuid)$/.test(String(value))
}
