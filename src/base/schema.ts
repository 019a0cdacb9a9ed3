/**
 * Schemas of structured output and of tools: JSON Schema, or those of a library.
 *
 * @module
 */

/** A JSON Schema, as an object. */
export type JsonSchema = Record<string, unknown>

/**
 * A schema of a library that can turn it into JSON Schema: zod from 4.2 and arktype as they are, valibot wrapped in
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
 * A schema of a library that validates, and that can turn itself into JSON Schema: zod from 4.2 and arktype as they are, valibot
 * wrapped in `toStandardJsonSchema()` of `@valibot/to-json-schema`.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<Output = unknown> extends StandardJsonSchema {
  readonly '~standard': StandardJsonSchema['~standard'] & {
    validate(value: unknown): StandardResult<Output> | Promise<StandardResult<Output>>
  }
}

/** What a validation found. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** Why a value does not fit a schema. */
export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/**
 * What the answer has to be. With a `StandardSchema` the answer is validated, and `complete.output` is what the schema makes of
 * it; with a plain JSON Schema it is parsed only. `title` and `description` of the schema, where it has them, are shown to the
 * model as the name and the purpose of the output.
 */
export type OutputSchema<Output = unknown> = JsonSchema | StandardSchema<Output>
