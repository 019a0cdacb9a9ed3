/**
 * The conversations of a browser: list, read, rename, delete.
 */

import { Hono } from 'hono'
import type { Message } from 'sluice'
import type { ConversationState } from 'sluice/conversation'
import { checkConversationId, titleBody } from './api-bodies.ts'
import type { BrowserVariables } from './browser.ts'
import type { LatestTurn } from './latest-turn.ts'
import { Refusal, readBody } from './read-body.ts'
import type { Turns } from './turns.ts'

export function conversationRoutes(turns: Turns): Hono<{ Variables: BrowserVariables }> {
  const routes = new Hono<{ Variables: BrowserVariables }>()

  routes.get('/conversations', async ({ req, get, json }) => {
    const prefix = `${get('browser')}/`
    const before = req.query('before')
    const options = { prefix, ...(before === undefined ? {} : { before }) }
    // Each store of this package can.
    const page = (await turns.memory.store.list?.(options)) ?? { conversations: [] }
    const conversations = page.conversations.map((conversation) => ({
      ...conversation,
      id: conversation.id.slice(prefix.length),
    }))
    return json({ ...page, conversations })
  })

  routes.get('/conversations/:id', async ({ req, get, json }) => {
    const id = checkConversationId(req.param('id'))
    const state = await turns.conversation(get('browser'), id).read()
    const running = await turns.running(get('browser'), id)
    const messages = messagesOf(state, running)
    if (running !== undefined) return json({ messages, running: { key: running.key } })
    return json(state.draft === undefined ? { messages } : { messages, left: true })
  })

  routes.patch('/conversations/:id', async ({ req, get }) => {
    const id = checkConversationId(req.param('id'))
    const { title } = await readBody(req.raw, titleBody)
    const { messages, draft } = await turns.conversation(get('browser'), id).read()
    if (messages.length === 0 && draft === undefined)
      throw new Refusal('id', `There is no conversation ${id}.`, 404)
    await turns.rename(get('browser'), id, title)
    return new Response(null, { status: 204 })
  })

  routes.delete('/conversations/:id', async ({ req, get }) => {
    await turns.delete(get('browser'), checkConversationId(req.param('id')))
    return new Response(null, { status: 204 })
  })
  return routes
}

/** All messages as the page shows them: those that the turn replaces are left out. */
function messagesOf({ messages, draft }: ConversationState, running?: LatestTurn): Message[] {
  if (draft === undefined) {
    const { intent } = running ?? {}
    const isStored = intent?.kind !== 'send' || messages.some(({ id }) => id === intent.message.id)
    // A turn that has just begun is not stored yet.
    return isStored ? messages : [...messages, intent.message]
  }
  const { keep, input, answer } = draft
  const shown = [...messages.slice(0, keep), ...input]
  // The stream of a running turn has its whole answer.
  if (running !== undefined) return shown
  if (answer.content.length > 0) return [...shown, { ...answer, status: 'partial' }]
  // Another answer that never came does not replace the one that is there.
  return input.length === 0 ? messages : shown
}
