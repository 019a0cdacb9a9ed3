/**
 * Hono, and every other server of Web requests and responses: `npm run example examples/servers/hono.ts`, then
 * `curl -N localhost:3000/chat -H 'content-type: application/json' -d '{"prompt":"Hello"}'`.
 */

import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createStream, sse, toResponse } from 'sluice'
import { model } from '../model.ts'

const app = new Hono()

app.post('/chat', async ({ req }) => {
  const { prompt } = await req.json<{ prompt: string }>()
  return toResponse(createStream({ driver: model(), prompt }), sse())
})

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) }, (address) =>
  console.log('listening', address),
)
