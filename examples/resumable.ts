/**
 * Answers that outlive their connections: `npm run example examples/resumable.ts`, then
 * `curl -Ni localhost:3000/streams -d '{"messages":[{"role":"user","content":"Hello"}]}'`. The response names
 * the address of the stream. Read it from another terminal, even after closing the first one:
 * `curl -N localhost:3000/streams/<id>`.
 *
 * The streams are kept in memory. With REDIS_URL they are in Redis, and servers share them. Start two:
 * `REDIS_URL=redis://localhost:6379 PORT=3001 npm run example examples/resumable.ts`, and the same with
 * 3002. An answer that was requested from one can be read from the other:
 * `curl -N localhost:3002/streams/<id>?after=<event>`. If the server that produces an answer is killed, its
 * readers receive an `error` of code `interrupted`. examples/chat-server continues such answers.
 */

import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { createClient } from 'redis'
import { createStream, parseMessages, StreamError, sse, toResponse } from 'sluice'
import { redisLog } from 'sluice/redis'
import { createResumable, memoryLog } from 'sluice/resumable'
import { model } from './model.ts'
import { readJson } from './read-json.ts'

const driver = model({ paceMs: 30 })
const { REDIS_URL: url, PORT: port = '3000' } = process.env
const redis = url ? await createClient({ url }).on('error', console.error).connect() : undefined
const resumable = createResumable({ log: redis ? redisLog(redis) : memoryLog() })

const app = new Hono()

app.post('/streams', async ({ req }) => {
  const messages = parseMessages(await readJson(req.raw))
  const id = crypto.randomUUID()
  await resumable.publish(id, createStream({ driver, messages }))
  const stream = await resumable.follow(id)
  if (stream === null) return new Response(null, { status: 404 })
  // `connect()` of sluice/client resumes at this address when its connection is lost.
  return toResponse(stream, sse(), { headers: { 'content-location': `/streams/${id}` } })
})

app.get('/streams/:id', async ({ req }) => {
  // A browser that reconnects sends the header; a reloaded page uses the query.
  const stream = await resumable.follow(
    req.param('id'),
    req.header('last-event-id') ?? req.query('after'),
  )
  if (stream === null) return new Response(null, { status: 404 })
  if (stream.over) return new Response(null, { status: 204 })
  return toResponse(stream, sse({ retryMs: 500 }))
})

app.delete('/streams/:id', async ({ req }) => {
  const isStopped = await resumable.stop(req.param('id'))
  return new Response(null, { status: isStopped ? 204 : 404 })
})

const statuses: Record<string, number> = { 'invalid-request': 400, conflict: 409, store: 503 }
app.onError((thrown) => {
  const error = StreamError.from(thrown)
  return Response.json({ error }, { status: error.status ?? statuses[error.code] ?? 500 })
})

const listener = getRequestListener(app.fetch)
const server = createServer((request, response) => void listener(request, response))
server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address()
  const origin = `http://localhost:${typeof address === 'object' ? address?.port : port}`
  console.log(`Streams are kept in ${redis ? 'Redis' : 'memory'}.

curl -Ni ${origin}/streams -d '{"messages":[{"role":"user","content":"Hello?"}]}'
curl -N ${origin}/streams/<id>?after=3

Listening on ${origin}. Ctrl+C ends it.`)
})
