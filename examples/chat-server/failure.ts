/**
 * The answer to a request that no route has answered.
 */

/** Clients of the scenario read a sentence as `error`, and those of `/api` an object. */
export function failure(path: string, status: number, code: string, message: string): Response {
  const error = path.startsWith('/api/') ? { code, message } : message
  // Another server takes over while this one shuts down.
  const headers = status === 503 ? { 'retry-after': '1', connection: 'close' } : {}
  return Response.json({ error }, { status, headers })
}
