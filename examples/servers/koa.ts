/**
 * Koa: `npm run example examples/servers/koa.ts`, then `curl -N 'localhost:3000/chat?prompt=Hello'`.
 */

import Koa from 'koa'
import { createStream, parseMessages, StreamError, sse } from 'sluice'
import { pipeToNode } from 'sluice/node'
import { model } from '../model.ts'

const driver = model()
const app = new Koa()

// Messages that cannot be accepted.
app.use(async (context, next) => {
  try {
    await next()
  } catch (error) {
    if (!StreamError.is(error)) throw error
    context.status = error.status ?? 500
    context.body = { error }
  }
})

app.use(async (context) => {
  const messages = parseMessages([{ role: 'user', content: context.query.prompt }])
  // From here on, the response no longer belongs to Koa.
  context.respond = false
  await pipeToNode(createStream({ driver, messages }), context.res, sse())
})

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  console.log('listening', server.address()),
)
