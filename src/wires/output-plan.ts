/**
 * How structured output is asked for, which differs from provider to provider in what they take and not in what they mean.
 *
 * @module
 */

import type { OutputReading } from '../attempt/structured-output/output-reading.js'
import { wrapperKey } from '../attempt/structured-output/unwrapper.js'
import type { JsonSchema } from '../base/schema.js'
import { toWellFormedJson } from '../base/well-formed-json.js'
import { closeSchema, type Dialect, isStringFormat } from './closed-schema.js'
import { compact, isRecord, type Json } from './read-json.js'

/**
 * `json-schema`: the provider gets the schema and holds the model to it. `json-object`: the provider sees to JSON, and the schema is
 * in the instructions. `instructions`: it is there alone.
 */
export type OutputMode = 'json-schema' | 'json-object' | 'instructions'

/** How one request asks, and how its answer is to be read. */
export interface OutputPlan extends OutputReading {
  /** What the request's field for it holds, in the words of the wire; undefined where only the instructions ask. */
  readonly format?: Json | undefined
  /** To be added to the instructions, unless the provider gets the schema itself. */
  readonly instructions: string | undefined
}

/** The same, before it is put into the words of a wire. */
export interface SchemaPlan extends OutputPlan {
  readonly mode: OutputMode
  /** What is sent: that of an object where the provider takes no other. */
  readonly schema: JsonSchema
}

/** @param objectsOnly - whether the provider takes the schema of an object only */
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

/** Some servers insist on the word JSON here. */
function instruct(schema: JsonSchema): string {
  return `Answer with JSON only, without any text before or after it and without a Markdown fence. The JSON has to fit this JSON Schema:\n${toWellFormedJson(schema)}`
}

/** A union of objects is none: providers want one object at the root. */
function isObjectSchema(schema: JsonSchema): boolean {
  const others = ['anyOf', 'oneOf', 'allOf', 'not', 'enum', 'const', '$ref']
  return schema.type === 'object' && !others.some((keyword) => keyword in schema)
}

/** References go on to lead where they led: definitions stay at the root, all else is one level down. */
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
 * What `strict` takes on OpenAI's wires. It has no word for a property that may be absent.
 *
 * @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
const strictDialect: Dialect = {
  allowsOptional: false,
  keeps: (keyword, value) =>
    keyword === 'format' ? isStringFormat(value) : strictKeywords.has(keyword),
  takesUnion: differAtOnce,
}

/** The objects of a union have to be told apart by their first property: by its name, or by the few values that it may have. */
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

const strictKeywords = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
])

/**
 * The schema in the words of OpenAI's wires. `strict` is on where it leaves the meaning of the schema as it is; where it would not, as
 * with optional properties or open objects, the schema goes out unchanged and the model is trusted to fit it.
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
