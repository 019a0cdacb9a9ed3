/**
 * Reads and checks the body of a request.
 */

import { HTTPException } from 'hono/http-exception'
import type { z } from 'zod'

/** @throws HTTPException with a response of status 400 that names the field */
export async function readBody<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.output<Schema>> {
  const result = schema.safeParse(parse(await request.text()))
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw invalid(issue?.path.join('.') || 'body', issue?.message ?? 'Invalid input')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('body', text === '' ? 'The body is empty: send JSON' : 'The body is not JSON')
  }
}

function invalid(field: string, message: string): HTTPException {
  const error = { code: 'invalid-request', field, message }
  return new HTTPException(400, { res: Response.json({ error }, { status: 400 }) })
}
