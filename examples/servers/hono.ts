/**
 * Hono, and every other server of Web requests and responses: `npm run example examples/servers/hono.ts`, then
 * `curl -N localhost:3000/chat -H 'content-type: application/json' -d '{"messages":[{"role":"user","content":"Hello"}]}'`.
 */

import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createStream, parseMessages, StreamError, sse, toResponse } from 'sluice'
import { model } from '../model.ts'
import { readJson } from '../read-json.ts'

const driver = model()
const app = new Hono()

app.post('/chat', async ({ req }) => {
  const messages = parseMessages(await readJson(req.raw))
  return toResponse(createStream({ driver, messages }), sse())
})

// A body or messages that cannot be accepted.
app.onError((error) => {
  if (!StreamError.is(error)) throw error
  return Response.json({ error }, { status: error.status ?? 500 })
})

const address = { port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' }
serve({ fetch: app.fetch, ...address }, (bound) => console.log('listening', bound))
