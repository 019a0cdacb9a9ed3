/**
 * Deno: `npm run build && deno run --allow-env --allow-net examples/deno/server.ts`, then
 * `curl -N localhost:3000 -d '{"prompt":"Hello"}'`. Without Deno, `npx deno` does as well.
 *
 * In a project of your own, `deno add npm:sluice npm:openai` writes the `imports` of the deno.json; its `links` are for this
 * repository, where the package is not one that was published.
 */

import { createStream, sse, toResponse } from 'sluice'
import { model } from '../model.ts'

Deno.serve({ port: Number(Deno.env.get('PORT') ?? 3000) }, async (request) => {
  const { prompt } = await request.json()
  // A client that leaves cancels the body, and that closes the connection to the provider. Not by `request.signal`: Deno aborts it
  // after a success too.
  return toResponse(createStream({ driver: model(), prompt }), sse())
})
