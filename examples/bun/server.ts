/**
 * Bun: `npm run build && bun examples/bun/server.ts`, then `curl -N localhost:3000 -d '{"prompt":"Hello"}'`. Without Bun, `npx bun`
 * does as well. In a project of your own, `bun add sluice openai`.
 */

import { createStream, sse, toResponse } from 'sluice'
import { model } from '../model.ts'

const server = Bun.serve({
  port: process.env.PORT ?? 3000,
  // In seconds. By itself, Bun ends a response that says nothing for ten, and a model may think for longer.
  idleTimeout: 0,
  async fetch(request) {
    const { prompt } = (await request.json()) as { prompt: string }
    return toResponse(createStream({ driver: model(), prompt }), sse())
  },
})
console.log(`Listening on ${server.url}`)
