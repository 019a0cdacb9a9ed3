/**
 * Schemas for structured output and tools: JSON Schema, or the schema of a library.
 *
 * @module
 */

/** A JSON Schema, as an object. */
export type JsonSchema = Record<string, unknown>

/**
 * A schema that can be converted to JSON Schema: zod 4.2 or later, arktype, or valibot wrapped in
 * `toStandardJsonSchema()` of `@valibot/to-json-schema`.
 *
 * @see https://standardschema.dev/json-schema
 */
export interface StandardJsonSchema {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly jsonSchema: {
      input(options: { target: 'draft-2020-12' | 'draft-07' }): Record<string, unknown>
    }
  }
}

/**
 * A schema that validates and can be converted to JSON Schema: zod 4.2 or later, arktype, or
 * valibot wrapped in `toStandardJsonSchema()` of `@valibot/to-json-schema`.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<Output = unknown> extends StandardJsonSchema {
  readonly '~standard': StandardJsonSchema['~standard'] & {
    validate(value: unknown): StandardResult<Output> | Promise<StandardResult<Output>>
  }
}

/** The result of a validation. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** Why a value does not match a schema. */
export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/**
 * The schema of structured output. With a `StandardSchema` the answer is validated, and
 * `complete.output` is the result of the validation. With a plain JSON Schema the answer is only
 * parsed. The model receives the schema's `title` and `description`, if present, as the name and
 * the purpose of the output.
 */
export type OutputSchema<Output = unknown> = JsonSchema | StandardSchema<Output>
