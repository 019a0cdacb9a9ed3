/**
 * Answers that outlive their connections: `npm run example examples/resumable.ts`, then
 * `curl -Ni localhost:3000/streams -d '{"messages":[{"role":"user","content":"Hello"}]}'`, and from another
 * terminal, even if the first one is closed, the address that it names:
 * `curl -N localhost:3000/streams/<id>`.
 *
 * The streams are kept in memory. With REDIS_URL they are in Redis, and any number of servers share them. Two, for instance:
 * `REDIS_URL=redis://localhost:6379 PORT=3001 npm run example examples/resumable.ts`, and the same with 3002. What was asked at one can
 * be read at the other, and where the one that is read from is killed, the other goes on: `curl -N localhost:3002/streams/<id>?after=<event>`.
 * Where the one that was asked is killed, all its readers are told so.
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
  // Says where the rest is to be had: `connect()` of sluice/client goes there when its connection is lost.
  return toResponse(stream, sse(), { headers: { 'content-location': `/streams/${id}` } })
})

app.get('/streams/:id', async ({ req }) => {
  // A browser that comes back says it in the header; a page that is loaded anew, in the address.
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
