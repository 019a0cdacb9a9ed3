/**
 * Koa: `npm run example examples/servers/koa.ts`, then `curl -N 'localhost:3000/chat?prompt=Hello'`.
 */

import Koa from 'koa'
import { createStream, sse } from 'sluice'
import { pipeToNode } from 'sluice/node'
import { model } from '../model.ts'

const app = new Koa()

app.use(async (context) => {
  // From here on the response is not Koa's any more.
  context.respond = false
  const prompt = String(context.query.prompt ?? 'Hello')
  await pipeToNode(createStream({ driver: model(), prompt }), context.res, sse())
})

const server = app.listen(Number(process.env.PORT ?? 3000), () =>
  console.log('listening', server.address()),
)
