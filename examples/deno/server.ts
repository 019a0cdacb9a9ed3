/**
 * Deno: `npm run build && deno run --allow-env --allow-net examples/deno/server.ts`, then
 * `curl -N localhost:3000 -d '{"messages":[{"role":"user","content":"Hello"}]}'`. Without Deno, `npx deno` works
 * too.
 *
 * In a project of your own, `deno add npm:sluice npm:openai` writes the `imports` of the deno.json. The `links` are only for this
 * repository, which uses the package of the checkout.
 */

import { createStream, parseMessages, StreamError, sse, toResponse } from 'sluice'
import { model } from '../model.ts'
import { readJson } from '../read-json.ts'

const driver = model()
const options: Deno.ServeTcpOptions = {
  port: Number(Deno.env.get('PORT') ?? 3000),
  hostname: '127.0.0.1',
  onListen: ({ port }) => console.log(`Listening on http://localhost:${port}`),
}

Deno.serve(options, async (request) => {
  try {
    const messages = parseMessages(await readJson(request))
    // A client that disconnects cancels the body, which closes the connection to the provider. Not
    // `request.signal`: Deno aborts it after a success too.
    return await toResponse(createStream({ driver, messages }), sse())
  } catch (thrown) {
    const error = StreamError.from(thrown)
    return Response.json({ error }, { status: error.status ?? 500 })
  }
})
