/**
 * The routes of the page, with the events of this package. README.md describes them.
 */

import { Hono } from 'hono'
import { StreamError, sse, toResponse } from 'sluice'
import type { FollowedStream } from 'sluice/resumable'
import type { z } from 'zod'
import {
  checkConversationId,
  checkKey,
  checkToolAnswers,
  editBody,
  maxBytes,
  messageBody,
  parseMessage,
  regenerateBody,
  titleOf,
  turnBody,
} from './api-bodies.ts'
import { type BrowserVariables, browserCookie } from './browser.ts'
import { conversationRoutes } from './conversation-routes.ts'
import { Refusal, readBody } from './read-body.ts'
import { tools } from './tools.ts'
import { conversationOf, ignoreConflict, type Turns } from './turns.ts'

/** How long a browser waits before it reconnects, in milliseconds. */
const retryMs = 200

export function apiRoutes(turns: Turns): Hono<{ Variables: BrowserVariables }> {
  const routes = new Hono<{ Variables: BrowserVariables }>()
  routes.use(browserCookie())

  routes.post('/conversations/:id/messages', async ({ req, get }) => {
    const body = await readTurn(req.raw, req.param('id'), messageBody)
    const { key, provider } = body
    const message = { id: crypto.randomUUID(), ...parseMessage(body.message, ['user', 'tool']) }
    const browser = get('browser')
    const intent = { kind: 'send', message } as const
    const stream = await turns.begin({ browser, key, provider, intent }, async (conversation) => {
      const { messages, draft } = await conversation.read()
      if (messages.length === 0 && draft === undefined) {
        await turns.rename(browser, req.param('id'), titleOf(message)).catch(ignoreConflict)
      }
      const isKnown = draft?.key === key || messages.some((known) => known.key === key)
      if (!isKnown) checkToolAnswers(message, messages, tools)
    })
    return respond(stream, key)
  })

  routes.post('/conversations/:id/edit', async ({ req, get }) => {
    const body = await readTurn(req.raw, req.param('id'), editBody)
    const { key, provider, messageId } = body
    // What takes the place of a message has its id.
    const message = { ...parseMessage(body.message, ['user']), id: messageId }
    const intent = { kind: 'edit', messageId, message } as const
    return respond(await turns.begin({ browser: get('browser'), key, provider, intent }), key)
  })

  routes.post('/conversations/:id/regenerate', async ({ req, get }) => {
    const body = await readTurn(req.raw, req.param('id'), regenerateBody)
    const { key, provider, messageId } = body
    const intent = { kind: 'regenerate', ...(messageId && { messageId }) } as const
    return respond(await turns.begin({ browser: get('browser'), key, provider, intent }), key)
  })

  routes.post('/conversations/:id/resume', async ({ req, get }) => {
    const { key, provider } = await readTurn(req.raw, req.param('id'), turnBody)
    const intent = { kind: 'resume' } as const
    return respond(await turns.begin({ browser: get('browser'), key, provider, intent }), key)
  })

  routes.get('/streams/:key', async ({ req, get }) => {
    const key = checkKey(req.param('key'))
    // A browser that reconnects sends the header; by hand, the query is easier.
    const after = req.header('last-event-id') ?? req.query('after')
    const stream = await turns.follow(get('browser'), key, after)
    if (stream === null) throw new Refusal('key', `There is no stream ${key}.`, 404)
    if (stream.over) return new Response(null, { status: 204 })
    return respond(stream, key)
  })

  routes.delete('/streams/:key', async ({ req, get }) => {
    await turns.stop(get('browser'), checkKey(req.param('key')))
    return new Response(null, { status: 204 })
  })

  routes.route('/', conversationRoutes(turns))

  routes.onError((error) => {
    if (error instanceof Refusal) {
      const { field, message, status } = error
      const code = status === 404 ? 'not-found' : 'invalid-request'
      return Response.json({ error: { code, field, message } }, { status })
    }
    // Anything else is for the app to answer.
    if (!StreamError.is(error)) throw error
    if (error.code === 'store') console.error(error)
    const statuses: Record<string, number> = {
      'invalid-request': 400,
      'not-found': 404,
      conflict: 409,
    }
    return Response.json({ error }, { status: statuses[error.code] ?? 503 })
  })
  return routes
}

/** The body of a turn, whose key belongs to the conversation. */
async function readTurn<Body extends { key: string }>(
  request: Request,
  id: string,
  schema: z.ZodType<Body>,
): Promise<Body> {
  const conversationId = checkConversationId(id)
  const body = await readBody(request, schema, { maxBytes })
  if (conversationOf(body.key) === conversationId) return body
  throw new Refusal('key', `Must begin with the id of the conversation: ${conversationId}.`)
}

function respond(stream: FollowedStream, key: string): Promise<Response> {
  // `connect()` of sluice/client goes there when it loses its connection.
  const headers = { 'content-location': `/api/streams/${key}` }
  return toResponse(stream, sse({ retryMs }), { headers })
}
