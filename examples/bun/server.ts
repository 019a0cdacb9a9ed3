/**
 * Bun: `npm run build && bun examples/bun/server.ts`, then
 * `curl -N localhost:3000 -d '{"messages":[{"role":"user","content":"Hello"}]}'`. Without Bun, `npx bun` works too.
 * In a project of your own, `bun add sluice openai`.
 */

import { createStream, parseMessages, StreamError, sse, toResponse } from 'sluice'
import { model } from '../model.ts'
import { readJson } from '../read-json.ts'

const driver = model()
const server = Bun.serve({
  port: process.env.PORT ?? 3000,
  hostname: 'localhost',
  // In seconds. By default, Bun ends a response after ten without data, and a model can take longer.
  idleTimeout: 0,
  async fetch(request) {
    const messages = parseMessages(await readJson(request))
    return toResponse(createStream({ driver, messages }), sse())
  },
  // A body or messages that cannot be accepted.
  error(thrown) {
    const error = StreamError.from(thrown)
    return Response.json({ error }, { status: error.status ?? 500 })
  },
})
console.log(`Listening on ${server.url}`)
