/**
 * How structured output is requested. Providers differ in what they take, not in what they mean.
 *
 * @module
 */

import type { OutputReading } from '../attempt/structured-output/output-reading.js'
import { wrapperKey } from '../attempt/structured-output/unwrapper.js'
import { compact, isRecord, type Json } from '../base/read-json.js'
import type { JsonSchema } from '../base/schema.js'
import { toWellFormedJson } from '../base/well-formed-json.js'
import { closeSchema, type Dialect, isStringFormat } from './closed-schema.js'

/**
 * `json-schema`: the provider receives the schema and enforces it. `json-object`: the provider
 * enforces JSON, and the schema is in the instructions. `instructions`: the schema is only there.
 */
export type OutputMode = 'json-schema' | 'json-object' | 'instructions'

/** How one request asks for output, and how its answer is read. */
export interface OutputPlan extends OutputReading {
  /** The value of the request's field for it; undefined if only the instructions ask for it. */
  readonly format?: Json | undefined
  /** Added to the instructions, unless the provider receives the schema itself. */
  readonly instructions: string | undefined
}

/** A plan before it is written in the fields of one API. */
export interface SchemaPlan extends OutputPlan {
  readonly mode: OutputMode
  /** The schema that is sent. It is wrapped in an object if the provider takes no other. */
  readonly schema: JsonSchema
}

/** @param objectsOnly - whether the provider takes only schemas of objects */
export function planOutput(
  given: JsonSchema,
  mode: OutputMode,
  objectsOnly: boolean = mode !== 'instructions',
): SchemaPlan {
  const wrapped = objectsOnly && !isObjectSchema(given)
  const schema = wrapped ? wrapSchema(given) : given
  const lenient = mode !== 'json-schema'
  return { mode, schema, wrapped, lenient, instructions: lenient ? instruct(schema) : undefined }
}

/** Some servers require the word JSON here. */
function instruct(schema: JsonSchema): string {
  return `Answer with JSON only, without other text and without a Markdown fence. It has to fit this JSON Schema:\n${toWellFormedJson(schema)}`
}

/** Whether the schema is of one object. Providers refuse a union at the root. */
function isObjectSchema(schema: JsonSchema): boolean {
  const others = ['anyOf', 'oneOf', 'allOf', 'not', 'enum', 'const', '$ref']
  return schema.type === 'object' && !others.some((keyword) => keyword in schema)
}

/** References keep their targets: definitions stay at the root, all else is one level down. */
function wrapSchema(schema: JsonSchema): JsonSchema {
  const { $defs, definitions, title, description, ...rest } = JSON.parse(
    JSON.stringify(schema, (keyword, value: unknown) =>
      keyword === '$ref' && typeof value === 'string' ? moveReference(value) : value,
    ),
  ) as JsonSchema
  return {
    type: 'object',
    ...compact({ title, description }),
    properties: { [wrapperKey]: rest },
    required: [wrapperKey],
    additionalProperties: false,
    ...compact({ $defs, definitions }),
  }
}

function moveReference(reference: string): string {
  if (/^#\/(\$defs|definitions)\//.test(reference)) return reference
  return reference.replace(/^#/, `#/properties/${wrapperKey}`)
}

/**
 * What `strict` takes on OpenAI's APIs. It has no optional properties.
 *
 * @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
const strictDialect: Dialect = {
  allowsOptional: false,
  keeps: (keyword, value) =>
    keyword === 'format' ? isStringFormat(value) : strictKeywords.test(keyword),
  takesUnion: differAtOnce,
}

/**
 * Whether the objects of a union differ in their first property: in its name, or in its few possible
 * values.
 */
function differAtOnce(schemas: readonly Json[]): boolean {
  const open = new Set<string>()
  const all = new Set<string>()
  for (const { properties } of schemas) {
    const [first] = isRecord(properties) ? Object.entries(properties) : []
    if (first === undefined) continue
    const [name, schema] = first
    const isFixed = isRecord(schema) && ('const' in schema || 'enum' in schema)
    if (open.has(name) || (!isFixed && all.has(name))) return false
    all.add(name)
    if (!isFixed) open.add(name)
  }
  return true
}

const strictKeywords = /^(minimum|maximum|exclusive(Min|Max)imum|multipleOf|(min|max)Items)$/

/**
 * Writes a schema in the fields of OpenAI's APIs. `strict` is on if it does not change what the schema
 * means. Otherwise, as with optional properties or open objects, the schema is sent unchanged and is
 * not enforced.
 */
export function encodeSchema({ schema }: SchemaPlan): Json {
  const strict = closeSchema(schema, strictDialect)
  const { title, description } = schema
  const name = typeof title === 'string' ? title.replaceAll(/[^\w-]+/g, '_').slice(0, 64) : ''
  return {
    name: name || 'output',
    ...(typeof description === 'string' ? { description } : {}),
    schema: strict ?? schema,
    strict: strict !== undefined,
  }
}
