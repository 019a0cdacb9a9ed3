/**
 * A Cloudflare Worker: `npm run build && cd examples/cloudflare-worker && npm ci && npm start`, then
 * `curl -N localhost:8787 -d '{"messages":[{"role":"user","content":"Hello"}]}'`. It runs on this machine, without an account.
 *
 * With a line `OPENAI_API_KEY=…` in a file `.env` next to this one, OpenAI answers. Once deployed, use
 * `npx wrangler secret put OPENAI_API_KEY`. In a project of your own, run `npm install sluice openai`.
 */

import { createStream, type Driver, parseMessages, StreamError, sse, toResponse } from 'sluice'
import { compatible } from 'sluice/compatible'
import { openai } from 'sluice/openai'
import { simulatedProvider } from 'sluice/testing'

interface Environment {
  OPENAI_API_KEY?: string
  OPENAI_BASE_URL?: string
}

/** Created with the first request, because the environment comes with it, and then shared. */
let driver: Driver | undefined

export default {
  async fetch(request, environment) {
    try {
      const messages = parseMessages(await request.json().catch(() => undefined))
      driver ??= model(environment)
      // A Worker may notice that its client has disconnected only when it writes to it.
      const format = sse({ heartbeatMs: 5_000 })
      return await toResponse(createStream({ driver, messages }), format)
    } catch (thrown) {
      const error = StreamError.from(thrown)
      return Response.json({ error }, { status: error.status ?? 500 })
    }
  },
} satisfies ExportedHandler<Environment>

function model({ OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseURL }: Environment): Driver {
  if (apiKey) return openai({ model: 'gpt-5.5', apiKey, baseURL })
  const { fetch } = simulatedProvider()
  const simulated = { name: 'simulated', model: 'simulated', apiKey: 'any', fetch }
  return compatible({ ...simulated, baseURL: 'http://simulated.test/v1' })
}
