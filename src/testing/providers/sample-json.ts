/**
 * JSON that fits a schema, for a simulated model that is asked for some.
 *
 * @module
 */

import { fields, listOf } from './request-conversation.js'

/** The schema that a request of any wire wants its answer to fit; undefined where it wants none. */
export function schemaOf(body: unknown): unknown {
  const { response_format, text, output_config, generationConfig } = fields(body)
  return (
    fields(fields(response_format).json_schema).schema ??
    fields(fields(text).format).schema ??
    fields(fields(output_config).format).schema ??
    fields(generationConfig).responseJsonSchema
  )
}

/**
 * A simple value that fits the schema as it was sent: the first of what it offers, and the least of what it asks for. Patterns are not
 * looked at, and limits that were sent as words are not met.
 */
export function sampleOf(schema: unknown): unknown {
  return sample(schema, schema, []) ?? null
}

/**
 * @param path - the references on the way here: one that leads into a circle is not followed again
 * @returns undefined where there is no end to it
 */
function sample(schema: unknown, root: unknown, path: readonly string[]): unknown {
  const node = fields(schema)
  const inner = (part: unknown): unknown => sample(part, root, path)
  if (typeof node.$ref === 'string') {
    if (path.includes(node.$ref)) return undefined
    return sample(resolve(root, node.$ref), root, [...path, node.$ref])
  }
  for (const given of [node.const, node.default, listOf(node.examples)[0], listOf(node.enum)[0]]) {
    if (given !== undefined) return given
  }
  const either = listOf(node.anyOf ?? node.oneOf)
  if (either.length > 0) return either.map(inner).find((value) => value !== undefined)
  switch (Array.isArray(node.type) ? node.type[0] : node.type) {
    case 'object':
      return sampleObject(node, inner)
    case 'array':
      return sampleArray(node, inner)
    case 'string':
      return sampleString(node)
    case 'number':
    case 'integer':
      return sampleNumber(node)
    case 'boolean':
      return true
    default:
      return null
  }
}

type Node = Partial<Record<string, unknown>>
type Sample = (schema: unknown) => unknown

function sampleObject({ properties, required }: Node, inner: Sample): unknown {
  const members = Object.entries(fields(properties)).map(([name, schema]) => [name, inner(schema)])
  const known = members.filter(([, value]) => value !== undefined)
  const names = new Set(known.map(([name]) => name))
  if (listOf(required).some((name) => !names.has(name))) return undefined
  return Object.fromEntries(known) as unknown
}

function sampleArray({ items, prefixItems, minItems }: Node, inner: Sample): unknown {
  const first = listOf(prefixItems).map(inner)
  const item = items === false ? undefined : inner(items)
  if (item === undefined) return (minItems ?? 0) === 0 || first.length > 0 ? first : undefined
  const count = Math.max(numberOf(minItems) ?? 0, first.length, 1)
  return [...first, ...Array.from({ length: count - first.length }, () => item)]
}

const strings: Partial<Record<string, string>> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
  duration: 'P1D',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  time: '12:00:00Z',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
}

function sampleString({ format, minLength, maxLength }: Node): string {
  const text = strings[String(format)]
  return text ?? 'text'.padEnd(numberOf(minLength) ?? 0, '.').slice(0, numberOf(maxLength))
}

function sampleNumber({ minimum, maximum, exclusiveMinimum, multipleOf }: Node): number {
  const step = numberOf(multipleOf) ?? 1
  const above = numberOf(exclusiveMinimum)
  const least = above === undefined ? numberOf(minimum) : above + step
  const value = Math.ceil((least ?? 1) / step) * step
  const most = numberOf(maximum)
  return most === undefined ? value : Math.min(value, most)
}

function resolve(root: unknown, reference: string): unknown {
  let node = root
  for (const step of reference.split('/').slice(1)) {
    node = fields(node)[step.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return node
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined
}
