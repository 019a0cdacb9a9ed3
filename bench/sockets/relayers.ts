/**
 * Ways to be a gateway. Each answers its client with server-sent events that it makes of the provider's.
 */

import { once } from 'node:events'
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'
import { createStream, sse } from 'sluice'
import { compatible } from 'sluice/compatible'
import { nodeFetch, pipeToNode } from 'sluice/node'

import { RelayByHand } from '../contestants/relay-by-hand.ts'

/** Answers one request, and resolves when the answer has ended. */
export type Relay = (response: ServerResponse) => Promise<void>

const body = JSON.stringify({
  model: 'gpt-5.5',
  messages: [{ role: 'user', content: 'Hello?' }],
  stream: true,
  stream_options: { include_usage: true },
})
const headers = { 'content-type': 'application/json' }
const answerHeaders = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }

/** By what is made once for a process. */
export const relayers: Record<string, (provider: string) => Relay> = {
  'by hand on fetch': (provider) => async (response) => {
    const controller = new AbortController()
    response.on('close', () => controller.abort())
    const { signal } = controller
    const answer = await fetch(provider, { method: 'POST', headers, body, signal })
    response.writeHead(200, answerHeaders)
    const relay = new RelayByHand('openai')
    for await (const chunk of answer.body as ReadableStream<Uint8Array>) {
      const out = relay.take(chunk)
      if (out !== '' && !response.write(out)) await once(response, 'drain')
    }
    response.end()
  },

  'by hand on node:http': (provider) => {
    const agent = new Agent({ keepAlive: true })
    return (response) =>
      new Promise((resolve, reject) => {
        const relay = new RelayByHand('openai')
        const onAnswer = (answer: IncomingMessage): void => {
          response.writeHead(200, answerHeaders)
          answer.on('data', (chunk: Uint8Array) => {
            const out = relay.take(chunk)
            if (out !== '' && !response.write(out)) {
              answer.pause()
              response.once('drain', () => answer.resume())
            }
          })
          answer.on('end', () => {
            response.end()
            resolve()
          })
          answer.on('error', reject)
        }
        const asked = request(provider, { method: 'POST', headers, agent }, onAnswer)
        asked.on('error', reject)
        response.on('close', () => asked.destroy())
        asked.end(body)
      })
  },

  'sluice, on fetch': (provider) => relayOf(provider, globalThis.fetch),
  'sluice, on nodeFetch': (provider) => relayOf(provider, nodeFetch),

  ai: (provider) => {
    const settings = { name: 'provider', baseURL: provider, apiKey: 'sk-any' }
    const model = createOpenAICompatible(settings).chatModel('gpt-5.5')
    return async (response) => {
      await streamText({ model, prompt: 'Hello?' }).pipeUIMessageStreamToResponse(response)
    }
  },
}

function relayOf(provider: string, fetch: typeof globalThis.fetch): Relay {
  const driver = compatible({ baseURL: provider, model: 'gpt-5.5', fetch })
  return (response) => pipeToNode(createStream({ driver, prompt: 'Hello?' }), response, sse())
}
