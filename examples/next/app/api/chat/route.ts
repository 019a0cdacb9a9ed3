/**
 * Next, with the App Router: `npm run build && cd examples/next && npm ci && npm run dev`, then open http://localhost:3000, or
 * `curl -N localhost:3000/api/chat -d '{"messages":[{"role":"user","content":"Hello"}]}'`.
 *
 * With OPENAI_API_KEY, OpenAI answers. In a project of your own, run `npm install sluice openai`. The page is in `app/chat.tsx`.
 */

import { createStream, type Driver, parseMessages, StreamError, sse, toResponse } from 'sluice'
import { compatible } from 'sluice/compatible'
import { openai } from 'sluice/openai'
import { simulatedProvider } from 'sluice/testing'

const driver = model()

export async function POST(request: Request): Promise<Response> {
  try {
    const messages = parseMessages(await request.json().catch(() => undefined))
    return await toResponse(createStream({ driver, messages, signal: request.signal }), sse())
  } catch (thrown) {
    const error = StreamError.from(thrown)
    return Response.json({ error }, { status: error.status ?? 500 })
  }
}

function model(): Driver {
  if (process.env.OPENAI_API_KEY) return openai({ model: 'gpt-5.5' })
  const { fetch } = simulatedProvider()
  const baseURL = 'http://simulated.test/v1'
  return compatible({ name: 'simulated', model: 'simulated', apiKey: 'any', baseURL, fetch })
}
