/**
 * One chat in React, Vue, Svelte and Solid: `npm run example examples/frameworks/server.ts`, then http://localhost:3000/vue in a
 * browser, or `curl -N localhost:3000/ai -H 'content-type: application/json' -d '{"key":"1","messages":[{"role":"user","content":"Hello"}]}'`.
 *
 * The page chooses the key of each turn, which is also the id of its stream: a request that is sent twice is answered once, and a
 * reload or Stop finds the stream by it.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { createStream, parseMessages, StreamError, sse } from 'sluice'
import { pipeToNode } from 'sluice/node'
import { createResumable, memoryLog } from 'sluice/resumable'
import { model } from '../model.ts'
import { buildPage } from '../use-chat/page.ts'
import { svelte } from './svelte-plugin.ts'

const driver = model({ paceMs: 30 })
const resumable = createResumable({ log: memoryLog() })
const page = await buildPage(new URL('.', import.meta.url), [svelte()])

async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '/', headers } = request
  const after = headers['last-event-id']?.toString()
  const key = url.replace('/ai/', '')
  if (method === 'POST' && url === '/ai') {
    const { key: id, messages } = (await json(request)) as { key: string; messages: unknown }
    const options = { driver, messages: parseMessages(messages) }
    const running = await resumable.follow(id)
    if (running === null) await resumable.publish(id, createStream(options))
    return pipeToNode(running ?? (await follow(id)), response, sse())
  }
  if (method === 'DELETE') {
    await resumable.stop(key)
    return void response.writeHead(204).end()
  }
  if (url.startsWith('/ai/')) return pipeToNode(await follow(key, after), response, sse())
  const file = page.get(url) ?? page.get('/index.html')
  response.writeHead(200, { 'content-type': file?.type }).end(file?.body)
}

async function follow(id: string, after?: string) {
  const stream = await resumable.follow(id, after)
  if (stream === null) throw new StreamError('not-found', 'No such stream.', { status: 404 })
  return stream
}

const server = createServer((request, response) => {
  route(request, response).catch((thrown: unknown) => {
    const error = StreamError.from(thrown)
    const status = error.status ?? 500
    if (!response.headersSent) response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error }))
  })
})
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  const address = server.address()
  console.log(`Listening on http://localhost:${typeof address === 'object' ? address?.port : ''}`)
})
