/**
 * Routes for clients that exist already. Such a client reads a line at a time, parses what follows
 * `data: `, and appends `content`. It does not know `retry`, so no text is ever sent twice: before
 * content a failure is retried, after content the model continues, or the answer ends with `error`.
 */

import { Hono } from 'hono'
import {
  type CompleteEvent,
  createStream,
  type EventStream,
  plainText,
  StreamError,
  type StreamOptions,
  toResponse,
} from 'sluice'
import { type ConversationStore, createConversation } from 'sluice/conversation'
import type { z } from 'zod'
import type { ProviderName, Providers } from './providers.ts'
import { check, Refusal, readBody } from './read-body.ts'
import {
  chatBody,
  conversationBody,
  defaultsOf,
  promptBody,
  retryBody,
  toRequest,
  unifiedBody,
} from './scenario-bodies.ts'
import { type ScenarioFields, scenarioFormat } from './scenario-format.ts'

export interface ScenarioOptions {
  providers: Providers
  store: ConversationStore
  /** Ends the streams with an `error` event. */
  signal?: AbortSignal | undefined
}

/**
 * Text that a model repeats when it continues is removed, if there is enough of it to recognize. So
 * the first three characters wait for each other, but not long.
 */
const retry = { afterContent: 'continue', holdBackChars: 3, holdBackMs: 100 } as const
/** Of `/ai/retry`, in milliseconds. */
const silenceMs = 30_000

export function scenarioRoutes({ providers, store, signal }: ScenarioOptions): Hono {
  const ends = signal === undefined ? {} : { signal }
  const open = (options: StreamOptions): EventStream => createStream({ retry, ...ends, ...options })
  const answer = (stream: EventStream, fields: ScenarioFields): Promise<Response> =>
    toResponse(stream, scenarioFormat(fields))
  const conversationOf = (sessionId: string, provider: ProviderName = 'openai') => {
    const { driver, defaultModel } = providers[provider]
    const id = `session/${sessionId}`
    const settings = { ...defaultsOf(provider), retry, ...ends }
    return createConversation({ ...settings, id, store, driver: driver(defaultModel) })
  }
  const routes = new Hono()

  for (const [key, { defaultModel, driver }] of Object.entries(providers)) {
    const name = key as ProviderName
    routes.post(`/${name}/basic`, async ({ req }) => {
      const { prompt } = await readInput(req.raw, promptBody)
      // Without the signal: text has no event for it, and ends when its connection is closed.
      const settings = { ...defaultsOf(name), retry, driver: driver(defaultModel) }
      const stream = createStream({ ...settings, prompt })
      // The response waits for the first token. Until then it has no body that could be cancelled.
      const leave = (): void => stream.cancel('The client has disconnected.')
      req.raw.signal.addEventListener('abort', leave)
      const response = await toResponse(stream, plainText())
      req.raw.signal.removeEventListener('abort', leave)
      return response
    })

    routes.post(`/${name}/sse`, async ({ req }) => {
      const body = await readBody(req.raw, chatBody)
      const stream = open({ ...toRequest(body, name), driver: driver(body.model ?? defaultModel) })
      return answer(stream, {
        start: (model) => ({ model }),
        complete: (event, tokens) => completeOf(name, event, tokens),
      })
    })
  }

  routes.post('/ai/unified', async ({ req }) => {
    const body = await readBody(req.raw, unifiedBody)
    const { provider } = body
    const { defaultModel, driver } = providers[provider]
    const request = toRequest(body, provider)
    return answer(open({ ...request, driver: driver(body.model ?? defaultModel) }), {
      start: () => ({ provider }),
      complete: () => ({ message: 'The answer is complete.' }),
    })
  })

  routes.post('/ai/retry', async ({ req }) => {
    const { prompt, max_retries } = await readInput(req.raw, retryBody)
    const { defaultModel, driver, simulated } = providers.openai
    // A simulated provider never fails by itself, so it refuses the first request.
    const fault = { 'x-simulated-fault': `status=503; once=${crypto.randomUUID()}` }
    const stream = open({
      ...defaultsOf('openai'),
      driver: driver(defaultModel, simulated ? fault : {}),
      prompt,
      retry: { ...retry, maxRetries: max_retries ?? 2 },
      timeout: { firstChunkMs: silenceMs, chunkMs: silenceMs, silenceMs },
    })
    return answer(stream, {
      start: () => ({ message: 'The answer begins.' }),
      complete: () => ({ message: 'The answer is complete.' }),
    })
  })

  routes.post('/ai/conversation', async ({ req }) => {
    const { session_id, message, provider } = await readBody(req.raw, conversationBody)
    return answer(conversationOf(session_id, provider).send(message), {
      start: () => ({ session_id }),
      complete: ({ messageCount }) => ({ message_count: messageCount }),
    })
  })

  routes.delete('/ai/conversation/:session_id', async ({ req, json }) => {
    const conversation = conversationOf(req.param('session_id'))
    const { messages, draft } = await conversation.read()
    if (messages.length === 0 && draft === undefined) {
      return json({ message: 'There was no such conversation.' })
    }
    await conversation.clear()
    return json({ message: 'The conversation was deleted.' })
  })

  routes.onError((error) => {
    if (error instanceof Refusal) {
      const { field, message, status } = error
      return Response.json({ error: `${field}: ${message}` }, { status })
    }
    console.error(error)
    const { message } = StreamError.from(error).toJSON()
    return Response.json({ error: message }, { status: StreamError.is(error) ? 503 : 500 })
  })
  return routes
}

/** The fields of each provider's own clients. */
function completeOf(name: ProviderName, event: CompleteEvent, tokens: number): object {
  const { text: full_content, usage } = event
  if (name === 'claude') {
    const { inputTokens: input_tokens, outputTokens: output_tokens } = usage
    return { full_content, usage: { input_tokens, output_tokens } }
  }
  const finish_reason = event.finishReason.replace('-', '_')
  return { full_content, finish_reason, token_count: tokens }
}

/** JSON, or the query where it has a `prompt`. */
function readInput<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.output<Schema>> | z.output<Schema> {
  const query = new URL(request.url).searchParams
  if (!query.has('prompt')) return readBody(request, schema)
  const retries = query.get('max_retries')
  const number = retries === null ? {} : { max_retries: Number(retries || Number.NaN) }
  return check({ prompt: query.get('prompt'), ...number }, schema)
}
