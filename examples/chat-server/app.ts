/**
 * A chat server: three providers, as plain text and as server-sent events, with conversations. It
 * uses only Web APIs, so it runs wherever Hono does.
 *
 * ```ts
 * const app = createApp({
 *   providers: {
 *     openai: openaiProvider({ apiKey }),
 *     claude: claudeProvider({ apiKey: claudeKey }),
 *     gemini: geminiProvider({ apiKey: geminiKey }),
 *   },
 * })
 * export default app // Cloudflare Workers, Deno, Bun; server.ts is the start for Node
 * ```
 */

import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { createStream, plainText, type StreamOptions, sse, toResponse } from 'sluice'
import { conversationRoutes } from './conversations.ts'
import { type Memory, processMemory } from './memory.ts'
import { type Origins, originsOnly } from './origins.ts'
import { type PageFiles, pageRoutes } from './page.ts'
import type { Providers } from './providers.ts'
import { readBody } from './read-body.ts'
import { describeRoutes } from './routes.ts'
import { chatBody, promptBody, retryBody, toRequest, unifiedBody } from './schemas.ts'

export interface AppOptions {
  providers: Providers
  /** @default that of the process */
  memory?: Memory
  /**
   * The origins whose pages may use the server.
   * @default '*'
   */
  origins?: Origins
  /**
   * For browsers, at `/`.
   * @default none
   */
  page?: PageFiles
  /**
   * Ends the event streams with an `error` event when the server shuts down. Plain text has no event
   * for it: a text stream ends when its connection is closed.
   */
  signal?: AbortSignal
}

export function createApp({
  providers,
  memory = processMemory(),
  origins = '*',
  page,
  signal,
}: AppOptions): Hono {
  const answer = (options: StreamOptions): Promise<Response> =>
    toResponse(createStream({ ...options, ...(signal === undefined ? {} : { signal }) }), sse())

  const app = new Hono()
  app.use(originsOnly(origins))
  app.use(async (context, next) => {
    await next()
    // Without it, a browser may take plain text for HTML.
    context.res.headers.set('x-content-type-options', 'nosniff')
  })
  if (page !== undefined) app.route('/', pageRoutes(page))
  app.get('/', ({ req, text }) => text(`${describeRoutes(new URL(req.url).origin)}\n`))

  for (const [name, { defaultModel, driver }] of Object.entries(providers)) {
    app.post(`/${name}/basic`, async ({ req }) => {
      const { prompt } = await readBody(req.raw, promptBody)
      // Plain text cannot retract what it has sent, so a failure in the middle must not restart.
      const retry = { afterContent: 'fail' } as const
      const stream = createStream({ driver: driver(defaultModel), prompt, retry })
      // The response waits for the first token. Until then it has no body that could be cancelled.
      const leave = (): void => stream.cancel('The client has left.')
      req.raw.signal.addEventListener('abort', leave)
      const response = await toResponse(stream, plainText())
      req.raw.signal.removeEventListener('abort', leave)
      return response
    })

    app.post(`/${name}/sse`, async ({ req }) => {
      const body = await readBody(req.raw, chatBody)
      return answer({ ...toRequest(body), driver: driver(body.model ?? defaultModel) })
    })
  }

  app.post('/ai/unified', async ({ req }) => {
    const body = await readBody(req.raw, unifiedBody)
    const { defaultModel, driver } = providers[body.provider]
    return answer({ ...toRequest(body), driver: driver(body.model ?? defaultModel) })
  })

  app.post('/ai/retry', async ({ req }) => {
    const { prompt, max_retries: maxRetries = 2 } = await readBody(req.raw, retryBody)
    const { defaultModel, driver, simulated } = providers.openai
    // A simulated provider never fails on its own, so its first answer is cut after some tokens.
    const fault = `cut=6; once=${crypto.randomUUID()}`
    const headers = simulated ? { 'x-simulated-fault': fault } : {}
    return answer({ driver: driver(defaultModel, headers), prompt, retry: { maxRetries } })
  })

  app.route('/ai', conversationRoutes({ providers, memory, signal }))

  app.notFound(({ req }) => failure(404, `There is no ${req.method} ${req.path}.`))
  app.onError((error) => {
    if (error instanceof HTTPException) return error.getResponse()
    console.error(error)
    return failure(500, 'Something went wrong.')
  })
  return app
}

const codes = { 404: 'not-found', 500: 'server' }

function failure(status: keyof typeof codes, message: string): Response {
  return Response.json({ error: { code: codes[status], message } }, { status })
}
