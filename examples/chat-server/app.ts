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
import { apiRoutes } from './api-routes.ts'
import { browserCookie } from './browser.ts'
import { failure } from './failure.ts'
import { type Origins, originsOnly } from './origins.ts'
import { type PageFiles, pageRoutes } from './page.ts'
import type { Providers } from './providers.ts'
import { describeRoutes } from './routes.ts'
import { scenarioRoutes } from './scenario-routes.ts'
import { Turns } from './turns.ts'

export interface AppOptions {
  providers: Providers
  /** @default those of this process, in memory */
  turns?: Turns
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
   * Ends the event streams of the scenario with an `error` event when the server shuts down. Plain
   * text has no event for it: a text stream ends when its connection is closed.
   */
  signal?: AbortSignal
}

export function createApp({
  providers,
  turns = new Turns({ providers }),
  origins = '*',
  page,
  signal,
}: AppOptions): Hono {
  const app = new Hono()
  app.use(originsOnly(origins))
  app.use(async (context, next) => {
    const { path } = context.req
    if (signal?.aborted) return failure(path, 503, 'overloaded', 'The server is shutting down.')
    await next()
    // Without it, a browser may take plain text for HTML.
    context.res.headers.set('x-content-type-options', 'nosniff')
    return undefined
  })
  // The page has its cookie before its first request.
  if (page !== undefined) app.use('/', browserCookie()).route('/', pageRoutes(page))
  app.get('/', ({ req, text }) => text(`${describeRoutes(new URL(req.url).origin)}\n`))
  app.route('/api', apiRoutes(turns))
  app.route('/', scenarioRoutes({ providers, store: turns.memory.store, signal }))

  app.notFound(({ req }) =>
    failure(req.path, 404, 'not-found', `There is no ${req.method} ${req.path}.`),
  )
  app.onError((error, { req }) => {
    console.error(error)
    return failure(req.path, 500, 'server', 'Something went wrong.')
  })
  return app
}
