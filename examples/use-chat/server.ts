/**
 * The AI SDK's `useChat` with a server of your own: `npm run example examples/use-chat/server.ts`, then http://localhost:3000 in a browser,
 * or `curl -N localhost:3000/api/chat -d '{"id":"1","messages":[{"id":"a","role":"user","parts":[{"type":"text","text":"Hello"}]}]}'`.
 *
 * Answers outlive their connections, so a page that is reloaded shows the rest of its answer. Without a key, ask the simulated model for the
 * time, which is a tool that runs on the page, or to break off, or to fail.
 */

import { serve } from '@hono/node-server'
import type { UIMessage } from 'ai'
import { Hono } from 'hono'
import { createStream, parseMessages, StreamError, toResponse } from 'sluice'
import { aiSdk, fromUiMessages } from 'sluice/formats'
import { createResumable, memoryLog } from 'sluice/resumable'
import { model } from '../model.ts'
import { readJson } from '../read-json.ts'
import { buildPage } from './page.ts'
import { simulation } from './simulation.ts'

const driver = model(simulation)
const parameters = { type: 'object', properties: {} }
const tools = { clock: { description: 'The time where the user is.', parameters } }

// For one process; `redisLog(client)` and a key in Redis for each chat do it for many.
const resumable = createResumable({ log: memoryLog() })
/** The newest answer of each chat. */
const answers = new Map<string, string>()

interface Body {
  id?: unknown
  messages?: unknown
}

const app = new Hono()

app.post('/api/chat', async ({ req }) => {
  const { id, messages: sent } = ((await readJson(req.raw, { maxBytes: 20_000_000 })) ?? {}) as Body
  if (typeof id !== 'string') return new Response('The id is missing.', { status: 400 })
  // `fromUiMessages()` checks their shape, and `parseMessages()` what a page may send.
  const messages = parseMessages(fromUiMessages(sent as UIMessage[]), { tools })
  const answer = crypto.randomUUID()
  const stream = createStream({ driver, tools, messages })
  await resumable.publish(answer, stream)
  answers.set(id, answer)
  return follow(id)
})

// `useChat({ resume: true })` looks here for a running answer; 204 means that there is none.
app.get('/api/chat/:id/stream', ({ req }) => follow(req.param('id')))

// Closing the connection does not stop the answer, so the page requests it.
app.delete('/api/chat/:id/stream', async ({ req }) => {
  await resumable.stop(answers.get(req.param('id')) ?? 'none')
  return new Response(null, { status: 204 })
})

async function follow(id: string): Promise<Response> {
  const stream = await resumable.follow(answers.get(id) ?? 'none')
  return stream ? toResponse(stream, aiSdk()) : new Response(null, { status: 204 })
}

const page = await buildPage(new URL('page', import.meta.url))
app.get('*', ({ req, notFound }) => {
  const file = page.get(req.path === '/' ? '/index.html' : req.path)
  const headers = {
    'content-type': file?.type ?? '',
    'content-security-policy': "frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
  }
  return file ? new Response(file.body, { headers }) : notFound()
})

// A body or messages that cannot be accepted.
app.onError((error) => {
  if (!StreamError.is(error)) throw error
  return Response.json({ error }, { status: error.status ?? 500 })
})

const address = { port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' }
serve({ fetch: app.fetch, ...address }, ({ port }) =>
  console.log(`Listening on http://localhost:${port}`),
)
