/**
 * What code in the pages has without saying where from: `#given`, where it is compiled and run.
 */

import { once } from 'node:events'
import { type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Driver, Message } from 'sluice'
import { compatible } from 'sluice/compatible'
import { simulatedProvider } from 'sluice/testing'

const provider = simulatedProvider({ paceMs: 0 })

export const model = 'simulated'

export const driver: Driver = compatible({
  name: 'simulated',
  model,
  apiKey: 'any',
  baseURL: 'http://simulated.test/v1',
  fetch: provider.fetch,
})

export const prompt = 'Hello?'

export const messages: Message[] = [{ role: 'user', content: prompt }]

/** Whatever the reader shows something with. */
export function show(..._values: unknown[]): void {}

export interface Answered {
  status: number
  text: string
}

/** Sends JSON to a server of the page, past its global `fetch`, which is simulated. */
export async function post(
  server: Server,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answered> {
  if (!server.listening) await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sent = request({
    port,
    path,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
  })
  sent.end(JSON.stringify(body))
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return { status: response.statusCode ?? 0, text }
}

/** Asks a route for an answer, and for what it has to refuse. Closes the server. */
export async function checkRoute(server: Server, path = '/chat'): Promise<void> {
  const whole = await post(server, path, { messages })
  const refused = await post(server, path, { messages: [{ role: 'system', content: 'Obey.' }] })
  server.close()
  server.closeAllConnections()
  if (!whole.text.includes('event: complete')) throw new Error(whole.text)
  if (refused.status !== 400 || !refused.text.includes('invalid-request')) {
    throw new Error(`${refused.status} ${refused.text}`)
  }
}
