/**
 * Express: `npm run example examples/servers/express.ts`, then
 * `curl -N localhost:3000/chat -H 'content-type: application/json' -d '{"prompt":"Hello"}'`.
 */

import express from 'express'
import { createStream, sse } from 'sluice'
import { pipeToNode } from 'sluice/node'
import { model } from '../model.ts'

const app = express().use(express.json())

app.post('/chat', async (request, response) => {
  const { prompt } = request.body as { prompt: string }
  await pipeToNode(createStream({ driver: model(), prompt }), response, sse())
})

const server = app.listen(Number(process.env.PORT ?? 3000), () =>
  console.log('listening', server.address()),
)
