/**
 * Converts schemas to JSON Schema.
 *
 * @module
 * @see https://standardschema.dev/json-schema
 */

import { optionError } from './option-error.js'
import type { JsonSchema, OutputSchema, StandardJsonSchema } from './schema.js'

/**
 * The JSON Schema of the input, in the dialect that Anthropic requires for tools. Gemini and OpenAI
 * accept its keywords (`$defs`, `prefixItems`).
 *
 * @param option - the name of the option, for the error
 * @throws TypeError for anything that is not a schema, and for a schema without a JSON Schema
 */
export function toJsonSchema(schema: JsonSchema | StandardJsonSchema, option: string): JsonSchema {
  // The schemas of some libraries are functions.
  if (Object(schema) !== schema || Array.isArray(schema)) {
    throw optionError(
      option,
      schema,
      'a JSON Schema, or a Standard Schema that can be converted to one',
    )
  }
  if (!isStandard(schema)) return schema
  const { jsonSchema, vendor } = schema['~standard']
  if (typeof jsonSchema?.input !== 'function') {
    throw new TypeError(
      `Option "${option}" is a schema of ${vendor} that cannot be converted to JSON Schema. Pass a plain JSON Schema, or with valibot toStandardJsonSchema() of @valibot/to-json-schema.`,
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

/** The JSON Schema of structured output. */
export function outputSchema(output: OutputSchema): JsonSchema {
  const { $schema: _dialect, ...schema } = toJsonSchema(output, 'output')
  return schema
}

function isStandard(schema: JsonSchema | StandardJsonSchema): schema is StandardJsonSchema {
  return '~standard' in schema && typeof schema['~standard'] === 'object'
}
