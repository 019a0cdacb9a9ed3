/**
 * Fastify: `npm run example examples/servers/fastify.ts`, then
 * `curl -N localhost:3000/chat -H 'content-type: application/json' -d '{"messages":[{"role":"user","content":"Hello"}]}'`.
 */

import fastify from 'fastify'
import { createStream, parseMessages, StreamError, sse } from 'sluice'
import { pipeToNode } from 'sluice/node'
import { model } from '../model.ts'

const driver = model()
// A body has at most a megabyte, which is Fastify's default.
const app = fastify()

app.post('/chat', async (request, reply) => {
  const messages = parseMessages(request.body)
  // From here on, the response no longer belongs to Fastify.
  reply.hijack()
  await pipeToNode(createStream({ driver, messages }), reply.raw, sse(), {
    headers: reply.getHeaders(),
  })
})

// Messages that cannot be accepted.
app.setErrorHandler((error, _request, reply) => {
  if (!StreamError.is(error)) return reply.send(error)
  return reply.code(error.status ?? 500).send({ error })
})

await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' })
console.log('listening', app.server.address())
