/**
 * A gateway: OpenAI's Chat Completions in, any provider out. Every client of OpenAI can use every
 * model of `models.ts` by its name. Run it with `npm run example examples/gateway/server.ts`, then
 * `curl -N localhost:3000/v1/chat/completions -H 'content-type: application/json' -d '{"model":"claude-sonnet-5-5","stream":true,"messages":[{"role":"user","content":"Hello"}]}'`,
 * or give the address to an SDK: `new OpenAI({ baseURL: 'http://localhost:3000/v1', apiKey })`.
 *
 * It listens at 127.0.0.1 unless HOST says otherwise. With GATEWAY_KEY, only clients that send it are
 * let in; without it, no web page is.
 */

import { createHash, timingSafeEqual } from 'node:crypto'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createStream, type EventStream, StreamError, type StreamEvent, toResponse } from 'sluice'
import { openaiChat } from 'sluice/formats'
import { z } from 'zod'
import { readJson } from '../read-json.ts'
import { refuse, toCompletion } from './answer.ts'
import { models } from './models.ts'
import { chatBody, toRequest } from './request.ts'

const { GATEWAY_KEY: key, PORT: port = 3000, HOST } = process.env

/** Images travel as base64 in the messages. */
const maxBytes = 25_000_000

const app = new Hono()

app.use('/v1/*', async ({ req }, next) => {
  // A page that happens to be open could spend the keys, even if it cannot read the answers.
  if (!key && req.header('origin') !== undefined) {
    return refuse(403, 'Web pages may use this gateway only with a key (GATEWAY_KEY).')
  }
  if (!key || isSame(req.header('authorization') ?? '', `Bearer ${key}`)) return next()
  return refuse(401, 'The key is not the key of this gateway.', { code: 'invalid_api_key' })
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
  const json = await readJson(req.raw, { maxBytes })
  const { data: body, error } = chatBody.safeParse(json)
  if (error) {
    const { path = [], message = '' } = error.issues[0] ?? {}
    const param = z.core.toDotPath(path)
    return refuse(400, `${param || 'The body'}: ${message}`, { param: param || null })
  }
  const driver = models.get(body.model)
  if (driver === undefined) {
    const message = `There is no model "${body.model}". GET /v1/models lists all models.`
    return refuse(404, message, { param: 'model', code: 'model_not_found' })
  }

  const format = openaiChat({
    model: body.model,
    includeUsage: body.stream_options?.include_usage ?? false,
  })
  let stream: EventStream
  try {
    stream = createStream({
      ...toRequest(body),
      driver,
      // Chunks cannot be retracted, so an answer that breaks off is continued.
      retry: { afterContent: body.stream ? 'continue' : 'restart' },
      // Aborts if a client disconnects before the first chunk, or waits for a whole answer.
      signal: req.raw.signal,
    })
  } catch (thrown) {
    // All of the request is the client's, such as a schema that no provider takes.
    if (thrown instanceof TypeError) return refuse(400, thrown.message)
    throw thrown
  }
  if (body.stream) return toResponse(stream, format)

  try {
    return Response.json(toCompletion(await stream.final()))
  } catch (thrown) {
    // The format has the body for it, and toResponse() the status.
    return toResponse(failed(StreamError.from(thrown)), format)
  }
})

app.notFound(({ req }) => refuse(404, `There is no ${req.method} ${req.path}.`))

app.onError((error) => {
  if (StreamError.is(error) && error.status !== undefined)
    return refuse(error.status, error.message)
  console.error(error)
  return refuse(500, 'Something went wrong.')
})

const address = { port: Number(port), hostname: HOST || '127.0.0.1' }
serve({ fetch: app.fetch, ...address }, (bound) => console.log('listening', bound))

async function* failed(error: StreamError): AsyncGenerator<StreamEvent> {
  yield { type: 'error', error, partial: { role: 'assistant', content: [] }, attempts: 1 }
}

/** Takes the same time wherever they differ. */
function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(first as Buffer, second as Buffer)
}
