/**
 * Reads and checks the body of a request.
 */

import { HTTPException } from 'hono/http-exception'
import { StreamError } from 'sluice'
import type { z } from 'zod'
import { readJson } from '../read-json.ts'

/** @throws HTTPException with a response of status 400, 408 or 413 that names the field */
export async function readBody<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.output<Schema>> {
  const json = await readJson(request).catch((error: unknown) => {
    throw StreamError.is(error) ? invalid('body', error.message, error.status) : error
  })
  if (json === undefined) throw invalid('body', 'The body is empty. Send JSON.')
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw invalid(issue?.path.join('.') || 'body', issue?.message ?? 'Invalid input')
}

/** A refusal that tells the client which field is wrong. */
export function invalid(field: string, message: string, status: number = 400): HTTPException {
  const error = { code: 'invalid-request', field, message }
  return new HTTPException(status as 400, { res: Response.json({ error }, { status }) })
}
