/**
 * A server that answers as Ollama does, and cuts the connection of its first answer after two
 * words.
 */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Starts the server and returns its address. It does not keep the process alive. */
export async function startStandIn(): Promise<string> {
  let answers = 0
  const server = createServer((request, response) => {
    const isFirst = ++answers === 1
    request.resume()
    for (const content of ['Water', ' is', ' wet.'].slice(0, isFirst ? 2 : 3)) {
      response.write(`${JSON.stringify({ message: { role: 'assistant', content } })}\n`)
    }
    if (isFirst) setImmediate(() => response.destroy())
    else response.end('{"done":true,"done_reason":"stop","prompt_eval_count":7,"eval_count":3}\n')
  })
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
