/**
 * The API: one route, which streams the answer of the model.
 */

import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createStream, parseMessages, StreamError, sse, toResponse } from 'sluice'
import { driver } from './model.ts'

export const app = new Hono()

app.post('/api/chat', bodyLimit({ maxSize: 1_000_000 }), async (context) => {
  const messages = parseMessages(await context.req.json().catch(() => undefined))
  return toResponse(createStream({ driver, system: 'Be brief.', messages }), sse())
})

// Messages that are not acceptable: status 400, with the reason.
app.onError((error) => {
  if (!StreamError.is(error)) throw error
  return Response.json({ error }, { status: error.status ?? 500 })
})
