/**
 * A gateway: OpenAI's Chat Completions in, any provider out. Whatever speaks to OpenAI speaks to every model of `models.ts`, by its
 * name. Run it with `npm run example examples/gateway/server.ts`, then
 * `curl -N localhost:3000/v1/chat/completions -H 'content-type: application/json' -d '{"model":"claude-sonnet-5-5","stream":true,"messages":[{"role":"user","content":"Hello"}]}'`,
 * or give the address to an SDK: `new OpenAI({ baseURL: 'http://localhost:3000/v1', apiKey })`.
 *
 * With GATEWAY_KEY only those who know it are let in.
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createStream, StreamError, type StreamEvent, toResponse } from 'sluice'
import { openaiChat } from 'sluice/formats'
import { z } from 'zod'
import { refuse, toCompletion } from './answer.ts'
import { models } from './models.ts'
import { chatBody, toRequest } from './request.ts'

const { GATEWAY_KEY: key, PORT: port = 3000 } = process.env
const app = new Hono()

app.use('/v1/*', async ({ req }, next) => {
  if (!key || isSame(req.header('authorization') ?? '', `Bearer ${key}`)) return next()
  return refuse(401, 'The key of this gateway is another one.', { code: 'invalid_api_key' })
})

app.get('/v1/models', ({ json }) => {
  const data = [...models].map(([id, { provider: owned_by }]) => ({
    id,
    object: 'model',
    created: 0,
    owned_by,
  }))
  return json({ object: 'list', data })
})

app.post('/v1/chat/completions', async ({ req }) => {
  const json: unknown = await req.json().catch(() => undefined)
  if (json === undefined) return refuse(400, 'The body is not JSON.')
  const { data: body, error } = chatBody.safeParse(json)
  if (error) {
    const { path = [], message = '' } = error.issues[0] ?? {}
    const param = z.core.toDotPath(path)
    return refuse(400, `${param || 'The body'}: ${message}`, { param: param || null })
  }
  const driver = models.get(body.model)
  if (driver === undefined) {
    const message = `There is no model "${body.model}". GET /v1/models names those that there are.`
    return refuse(404, message, { param: 'model', code: 'model_not_found' })
  }

  const format = openaiChat({
    model: body.model,
    includeUsage: body.stream_options?.include_usage ?? false,
  })
  const stream = createStream({
    ...toRequest(body),
    driver,
    // Chunks cannot unsay, so an answer that breaks off is carried on. One that nobody has seen begins again.
    retry: { afterContent: body.stream ? 'continue' : 'restart' },
    // A client that leaves before the first chunk, or while it waits for a whole answer.
    signal: req.raw.signal,
  })
  if (body.stream) return toResponse(stream, format)

  try {
    return Response.json(toCompletion(await stream.final()))
  } catch (thrown) {
    // The format knows the status and the words for it.
    return toResponse(failed(StreamError.from(thrown)), format)
  }
})

app.notFound(({ req }) => refuse(404, `There is no ${req.method} ${req.path}.`))

serve({ fetch: app.fetch, port: Number(port) }, (address) => console.log('listening', address))

async function* failed(error: StreamError): AsyncGenerator<StreamEvent> {
  yield { type: 'error', error, partial: { role: 'assistant', content: [] }, attempts: 1 }
}

/** In a time that tells nothing of where they differ. */
function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(first as Buffer, second as Buffer)
}
