/**
 * Fastify: `npm run example examples/servers/fastify.ts`, then
 * `curl -N localhost:3000/chat -H 'content-type: application/json' -d '{"prompt":"Hello"}'`.
 */

import fastify from 'fastify'
import { createStream, sse } from 'sluice'
import { pipeToNode } from 'sluice/node'
import { model } from '../model.ts'

const app = fastify()

app.post<{ Body: { prompt: string } }>('/chat', async (request, reply) => {
  // From here on the response is not Fastify's any more.
  reply.hijack()
  const { prompt } = request.body
  await pipeToNode(createStream({ driver: model(), prompt }), reply.raw, sse())
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log('listening', app.server.address())
