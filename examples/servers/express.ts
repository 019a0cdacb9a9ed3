/**
 * Express: `npm run example examples/servers/express.ts`, then
 * `curl -N localhost:3000/chat -H 'content-type: application/json' -d '{"messages":[{"role":"user","content":"Hello"}]}'`.
 */

import express, { type ErrorRequestHandler } from 'express'
import { createStream, parseMessages, StreamError, sse } from 'sluice'
import { pipeToNode } from 'sluice/node'
import { model } from '../model.ts'

const driver = model()
const app = express().use(express.json({ limit: '1mb' }))

app.post('/chat', async (request, response) => {
  const messages = parseMessages(request.body)
  await pipeToNode(createStream({ driver, messages }), response, sse())
})

// Messages that cannot be accepted.
const refuse: ErrorRequestHandler = (error, _request, response, next) => {
  if (!StreamError.is(error) || response.headersSent) return next(error)
  response.status(error.status ?? 500).json({ error })
}
app.use(refuse)

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  console.log('listening', server.address()),
)
