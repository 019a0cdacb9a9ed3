/**
 * Reads and checks the body of a request.
 */

import { StreamError } from 'sluice'
import type { z } from 'zod'
import { type ReadJsonOptions, readJson } from '../read-json.ts'

/** A request that is refused. Its message is a sentence for the client. */
export class Refusal extends Error {
  readonly field: string
  readonly status: number

  /** @param field - what is wrong in the request */
  constructor(field: string, message: string, status: number = 400) {
    super(message)
    this.field = field
    this.status = status
  }
}

/** @throws Refusal with status 400, 408 or 413 */
export async function readBody<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  options: ReadJsonOptions = {},
): Promise<z.output<Schema>> {
  const json = await readJson(request, options).catch((error: unknown) => {
    throw StreamError.is(error) ? new Refusal('body', error.message, error.status) : error
  })
  if (json === undefined) throw new Refusal('body', 'The body is empty. Send JSON.')
  return check(json, schema)
}

/** @throws Refusal with status 400 that names the first wrong field */
export function check<Schema extends z.ZodType>(value: unknown, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new Refusal(issue?.path.join('.') || 'body', issue?.message ?? 'Invalid input.')
}
