/**
 * The app as a listener of `node:http`.
 */

import type { RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'

export function createListener(app: Hono): RequestListener {
  const listener = getRequestListener(async (request) => {
    const response = await app.fetch(request)
    // Without it, @hono/node-server 2 reads some chunks ahead to see whether it can tell the length; text that breaks off
    // meanwhile would be answered with the words of the error, which are not for clients.
    if (response.body !== null) response.headers.set('transfer-encoding', 'chunked')
    return response
  })
  return (request, response) => void listener(request, response)
}
