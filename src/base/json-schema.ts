/**
 * Schemas as the JSON Schema that goes over the wire.
 *
 * @module
 * @see https://standardschema.dev/json-schema
 */

import { optionError } from './check-options.js'
import type { JsonSchema, OutputSchema, StandardJsonSchema } from './schema.js'

/**
 * The JSON Schema of what may go in, in the dialect that Anthropic names for tools and whose words (`$defs`, `prefixItems`) Gemini and
 * OpenAI know.
 *
 * @param option - named in the error
 * @throws TypeError for what is no schema, and for one without a JSON Schema
 */
export function toJsonSchema(schema: JsonSchema | StandardJsonSchema, option: string): JsonSchema {
  // Some libraries' schemas are functions.
  const isObject = typeof schema === 'object' ? schema !== null : typeof schema === 'function'
  if (!isObject || Array.isArray(schema)) {
    throw optionError(option, schema, 'a JSON Schema, or a Standard Schema that gives one')
  }
  if (!isStandard(schema)) return schema
  const { jsonSchema, vendor } = schema['~standard']
  if (typeof jsonSchema?.input !== 'function') {
    throw new TypeError(
      `Option "${option}" is a schema of ${vendor} that cannot give its JSON Schema. With valibot, wrap it in toStandardJsonSchema() of @valibot/to-json-schema; or pass a plain JSON Schema.`,
    )
  }
  try {
    const { $schema: _dialect, ...rest } = jsonSchema.input({ target: 'draft-2020-12' })
    return rest
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TypeError(
      `Option "${option}" is a schema of ${vendor} that JSON Schema cannot express: ${reason}`,
      { cause },
    )
  }
}

/** That of structured output. */
export function outputSchema(output: OutputSchema): JsonSchema {
  const { $schema: _dialect, ...schema } = toJsonSchema(output, 'output')
  return schema
}

function isStandard(schema: JsonSchema | StandardJsonSchema): schema is StandardJsonSchema {
  return '~standard' in schema && typeof schema['~standard'] === 'object'
}
