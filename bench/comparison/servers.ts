/**
 * What a server that is built with each library, as its documentation shows it, does when its reader leaves, and what it lets through
 * of a provider's error.
 *
 * Each response is served in the same way, whose `cancel()` is called when the reader's connection closes.
 */

import { once } from 'node:events'
import { createServer, get, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { ChatOpenAI } from '@langchain/openai'
import { chat, toServerSentEventsResponse } from '@tanstack/ai'
import { createOpenaiChatCompletions } from '@tanstack/ai-openai'
import { streamText } from 'ai'
import OpenAI from 'openai'
import { createStream, sse, toResponse } from 'sluice'
import { compatible } from 'sluice/compatible'
import { type Answer, simulatedProvider } from 'sluice/testing'
import { table } from '../table.ts'
import { apiKey, content } from './readers.ts'

/** Answers a request with what a provider at this address says. The signal aborts when the reader leaves. */
type Respond = (baseURL: string, left: AbortSignal) => Promise<Response> | Response

const messages = [{ role: 'user' as const, content }]

const servers: Record<string, Respond> = {
  sluice: (baseURL) => {
    const driver = compatible({ baseURL, model: 'any', apiKey })
    return toResponse(createStream({ driver, prompt: content, retry: false }), sse())
  },
  'openai, `toReadableStream()`': async (baseURL) => {
    const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 })
    const stream = client.chat.completions.stream({ model: 'any', messages })
    return new Response(stream.toReadableStream())
  },
  'ai, `toUIMessageStreamResponse()`': (baseURL) => {
    const model = createOpenAICompatible({ name: 'provider', baseURL, apiKey }).chatModel('any')
    return streamText({
      model,
      prompt: content,
      maxRetries: 0,
      onError: () => {},
    }).toUIMessageStreamResponse()
  },
  'ai, the same with @ai-sdk/openai': (baseURL) => {
    const model = createOpenAI({ baseURL, apiKey }).chat('any')
    return streamText({
      model,
      prompt: content,
      maxRetries: 0,
      onError: () => {},
    }).toUIMessageStreamResponse()
  },
  'ai, the same with `abortSignal`': (baseURL, abortSignal) => {
    const model = createOpenAI({ baseURL, apiKey }).chat('any')
    const options = { model, prompt: content, maxRetries: 0, onError: () => {}, abortSignal }
    return streamText(options).toUIMessageStreamResponse()
  },
  'TanStack AI, `toServerSentEventsResponse()`': (baseURL) => {
    const adapter = createOpenaiChatCompletions('gpt-5.2', apiKey, { baseURL, maxRetries: 0 })
    return toServerSentEventsResponse(chat({ adapter, messages }))
  },
  'LangChain, `model.stream()`': async (baseURL) => {
    const model = new ChatOpenAI({
      model: 'gpt-4.1',
      apiKey,
      maxRetries: 0,
      configuration: { baseURL },
    })
    const encoder = new TextEncoder()
    const stream = await model.stream(content)
    const texts = stream.pipeThrough(
      new TransformStream({
        transform: (chunk, controller) => controller.enqueue(encoder.encode(chunk.text)),
      }),
    )
    return new Response(texts)
  },
}

async function serve(respond: Respond, baseURL: string): Promise<Server> {
  const server = createServer((_request, response) => {
    handle(respond, baseURL, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      // As the error handlers of frameworks do outside of production, and careful code does not.
      else response.writeHead(500).end(`Internal Server Error: ${(error as Error).name}`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function handle(respond: Respond, baseURL: string, response: ServerResponse): Promise<void> {
  const left = new AbortController()
  response.on('close', () => left.abort())
  const { status, headers, body } = await respond(baseURL, left.signal)
  response.writeHead(status, Object.fromEntries(headers))
  const reader = (body as ReadableStream<Uint8Array>).getReader()
  response.on('close', () => void reader.cancel().catch(() => {}))
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    if (!response.write(value)) await once(response, 'drain')
  }
  response.end()
}

/** Serves it with a provider that answers so, and closes both. */
async function withServer<Value>(
  respond: Respond,
  answer: Answer,
  use: (url: string, provider: ReturnType<typeof simulatedProvider>) => Promise<Value>,
): Promise<Value> {
  const provider = simulatedProvider({ paceMs: 20, answer })
  const { url, close } = await provider.listen()
  const server = await serve(respond, `${url}/v1`)
  try {
    const { port } = server.address() as AddressInfo
    return await use(`http://127.0.0.1:${port}`, provider)
  } finally {
    server.closeAllConnections()
    server.close()
    await close()
  }
}

/** How long the provider goes on after the reader has gone. */
function leave(respond: Respond): Promise<string> {
  const text = Array.from({ length: 400 }, (_, index) => `word${index} `).join('')
  return withServer(respond, { text }, async (url, provider) => {
    const [response] = await once(get(url), 'response')
    let chunks = 0
    await new Promise<void>((resolve) => {
      response.on('data', () => {
        if (++chunks === 5) resolve()
      })
    })
    response.destroy()
    const leftAt = performance.now()
    const tooLate = new Promise<undefined>((resolve) => setTimeout(resolve, 2_000))
    const closing = await Promise.race([provider.requests[0]?.closed, tooLate])
    if (closing === 'aborted') return `closed after ${(performance.now() - leftAt).toFixed(0)} ms`
    return '**not within 2 s**'
  })
}

const secret = 'organization org-secret-42 has used up its 10,000 tokens'

/** Whether the provider's own sentence is in what the reader gets. */
async function leak(respond: Respond, answer: Answer): Promise<string> {
  return withServer(respond, answer, async (url) => {
    // A connection that breaks off shows nothing.
    const said = await fetch(url).then(
      (response) => response.text().catch(() => ''),
      () => '',
    )
    return said.includes(secret) ? "**the provider's sentence**" : 'nothing of it'
  })
}

const body = { error: { message: secret, type: 'server_error', code: null } }

/** @returns a table, as Markdown */
export async function serversTable(): Promise<string> {
  const rows: string[][] = []
  for (const [name, respond] of Object.entries(servers)) {
    rows.push([
      name,
      await leave(respond),
      await leak(respond, { text: 'One two', fault: { kind: 'status', status: 429, body } }),
      await leak(respond, { text: 'One two', fault: { kind: 'error', afterEvents: 3, body } }),
    ])
  }
  const head = [
    '',
    "the reader leaves: the provider's connection",
    'the reader sees of an error status',
    'and of an error inside the stream',
  ]
  return table(head, rows)
}
