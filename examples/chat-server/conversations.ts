/**
 * The routes that remember: conversations, and answers that outlive their connections.
 */

import { Hono } from 'hono'
import { StreamError, toResponse } from 'sluice'
import { createConversation } from 'sluice/conversation'
import { createResumable } from 'sluice/resumable'
import type { Memory } from './memory.ts'
import { countedSse } from './message-count.ts'
import type { Providers } from './providers.ts'
import { readBody } from './read-body.ts'
import { conversationBody } from './schemas.ts'

export interface ConversationsOptions {
  providers: Providers
  memory: Memory
  /** Ends the answers that this process produces. */
  signal?: AbortSignal | undefined
}

/** How long a browser's EventSource waits before it comes back, in milliseconds. */
const retryMs = 500

export function conversationRoutes({ providers, memory, signal }: ConversationsOptions): Hono {
  const { store, log } = memory
  const resumable = createResumable({ log })
  const routes = new Hono()

  routes.post('/conversation', async ({ req }) => {
    const { session_id, message, provider } = await readBody(req.raw, conversationBody)
    const { defaultModel, driver } = providers[provider]
    const conversation = createConversation({
      id: session_id,
      store,
      driver: driver(defaultModel),
      ...(signal === undefined ? {} : { signal }),
    })
    // Whoever knows it may read the answer and stop it, so it is not to be guessed.
    const id = crypto.randomUUID()
    await resumable.publish(id, conversation.send(message))
    const stream = await resumable.follow(id)
    if (stream === null) return unknownStream(id)
    // `connect()` of sluice/client goes there when its connection is lost.
    const headers = { 'content-location': `/ai/stream/${id}`, 'x-stream-id': id }
    return toResponse(stream, countedSse({ retryMs }), { headers })
  })

  routes.delete('/conversation/:session_id', async ({ req }) => {
    await store.clear(req.param('session_id'))
    return new Response(null, { status: 204 })
  })

  routes.get('/stream/:id', async ({ req }) => {
    const id = req.param('id')
    // A browser that comes back says it in the header; by hand, the address is easier.
    const stream = await resumable.follow(id, req.header('last-event-id') ?? req.query('after'))
    if (stream === null) return unknownStream(id)
    if (stream.over) return new Response(null, { status: 204 })
    return toResponse(stream, countedSse({ retryMs }))
  })

  routes.delete('/stream/:id', async ({ req }) => {
    const id = req.param('id')
    return (await resumable.stop(id)) ? new Response(null, { status: 204 }) : unknownStream(id)
  })

  routes.onError((error) => {
    // What is no failure of the store or of the request is not for these routes to answer.
    if (!StreamError.is(error)) throw error
    const statuses: Record<string, number> = { 'invalid-request': 400, store: 503 }
    if (error.code !== 'invalid-request') console.error(error)
    const field = error.code === 'invalid-request' ? { field: 'last-event-id' } : {}
    const { code, message } = error.toJSON()
    return Response.json({ error: { code, ...field, message } }, { status: statuses[code] ?? 500 })
  })
  return routes
}

function unknownStream(id: string): Response {
  const message = `There is no stream ${id} that goes on or is remembered`
  return Response.json({ error: { code: 'not-found', message } }, { status: 404 })
}
