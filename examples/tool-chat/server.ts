/**
 * A chat whose tools run on the server, with a page that shows each call and asks for approval before a
 * refund: `npm run example examples/tool-chat/server.ts`, then http://localhost:3000 in a browser, or
 * `curl -N localhost:3000/chat -H 'content-type: application/json' -d '{"id":"1","message":{"role":"user","content":"Hello, how is the weather?"}}'`.
 *
 * Answers outlive their connections, so closing the page does not end a running tool.
 */

import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { createStream, parseMessages, StreamError, sse } from 'sluice'
import { pipeToNode } from 'sluice/node'
import { createResumable, memoryLog } from 'sluice/resumable'
import { model } from '../model.ts'
import { readJson } from '../read-json.ts'
import { buildPage } from '../use-chat/page.ts'
import { Conversation } from './conversation.ts'
import { tools } from './tools.ts'

const driver = model({ paceMs: 30 })
// The calls of tools with `approve` run only if this key has sealed them.
const signingKey = process.env.SIGNING_KEY ?? randomBytes(32)
const resumable = createResumable({ log: memoryLog() })
const conversations = new Map<string, Conversation>()
const maxConversations = 1_000

async function chat(request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A form of another site cannot send JSON.
  if (request.headers['content-type'] !== 'application/json') {
    throw new StreamError('invalid-request', 'Send JSON.', { status: 415 })
  }
  const { id, message } = ((await readBody(request)) ?? {}) as { id?: unknown; message?: unknown }
  if (typeof id !== 'string' || id.length > 100) {
    throw new StreamError('invalid-request', 'The id is missing.', { status: 400 })
  }
  const limits = { roles: ['user', 'tool'], maxCharacters: 10_000 } as const
  const [said] = message === undefined ? [] : parseMessages([message], limits)
  const answer = crypto.randomUUID()
  const events = conversationOf(id).answer(said, (messages) =>
    createStream({ driver, messages, tools, signingKey }),
  )
  await resumable.publish(answer, events)
  await follow(answer, undefined, response)
}

function conversationOf(id: string): Conversation {
  const conversation = conversations.get(id) ?? new Conversation()
  conversations.set(id, conversation)
  const [oldest = id] = conversations.keys()
  if (conversations.size > maxConversations) conversations.delete(oldest)
  return conversation
}

async function follow(
  answer: string,
  lastEventId: string | undefined,
  response: ServerResponse,
): Promise<void> {
  const stream = await resumable.follow(answer, lastEventId)
  if (stream === null || stream.over) {
    response.writeHead(stream === null ? 404 : 204).end()
    return
  }
  // `connect()` resumes there when it loses its connection.
  const headers = { 'content-location': `/answers/${answer}` }
  await pipeToNode(stream, response, sse(), { headers })
}

function readBody(request: IncomingMessage): Promise<unknown> {
  const body = Readable.toWeb(request) as ReadableStream<Uint8Array<ArrayBuffer>>
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit
  return readJson(new Request('http://localhost', init), { maxBytes: 100_000 })
}

const page = await buildPage(new URL('page', import.meta.url))

async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '/', headers } = request
  const [, answer] = /^\/answers\/([\w-]+)$/.exec(url) ?? []
  if (method === 'POST' && url === '/chat') return chat(request, response)
  if (method === 'GET' && answer !== undefined) {
    return follow(answer, headers['last-event-id']?.toString(), response)
  }
  const file = page.get(url === '/' ? '/index.html' : url)
  if (file === undefined) response.writeHead(404).end()
  else {
    response.writeHead(200, {
      'content-type': file.type,
      'content-security-policy': "frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
    })
    response.end(file.body)
  }
}

const server = createServer((request, response) => {
  route(request, response).catch((thrown: unknown) => {
    const error = StreamError.from(thrown)
    if (!response.headersSent) {
      response.writeHead(error.status ?? 500, { 'content-type': 'application/json' })
    }
    response.end(JSON.stringify({ error }))
  })
})
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  const address = server.address()
  console.log(`Listening on http://localhost:${typeof address === 'object' ? address?.port : ''}`)
})
