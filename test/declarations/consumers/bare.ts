/**
 * What needs no package beside this one: every entry but those of the SDKs, React and Node's http.
 */

import {
  createStream,
  type Driver,
  type EventStream,
  fallback,
  hedge,
  type Message,
  ndjson,
  plainText,
  retry,
  type StandardSchema,
  StreamError,
  type StreamEvent,
  type StreamOptions,
  sse,
  type ToolSet,
  type ToolTypesOf,
  timeout,
  tool,
  toReadableStream,
  toResponse,
} from 'sluice'
import { anthropic } from 'sluice/anthropic'
import { Accumulator, type Chat, connect, createChat, readStream } from 'sluice/client'
import { compatible } from 'sluice/compatible'
import { createConversation, lastMessages, memoryStore } from 'sluice/conversation'
import type { Completion, DriverYield } from 'sluice/driver'
import { agUi, aiSdk, openaiChat } from 'sluice/formats'
import { gemini } from 'sluice/gemini'
import { type McpClient, mcpTools } from 'sluice/mcp'
import { openai } from 'sluice/openai'
import { telemetry } from 'sluice/otel'
import { partialJson } from 'sluice/partial-json'
import { redisLog, redisStore } from 'sluice/redis'
import { createResumable, memoryLog } from 'sluice/resumable'
import { sqliteLog, sqliteStore } from 'sluice/sqlite'
import { record, replay, scripted, simulatedProvider, testDriver, testStore } from 'sluice/testing'

const own: Driver = {
  provider: 'own',
  model: 'm',
  async *stream(_request, { signal }): AsyncGenerator<DriverYield, Completion, void> {
    signal.throwIfAborted()
    yield { type: 'content', index: 0, kind: 'text', text: 'Hello' }
    return { finishReason: 'stop', usage: {} }
  },
}

const driver = fallback(
  retry(timeout(hedge(compatible('groq', { model: 'm' }), own, { afterMs: 50 }), 1000), {
    maxRetries: 1,
  }),
  gemini({ model: 'm' }),
  openai({ model: 'm', api: 'responses' }),
  anthropic({ model: 'm' }),
)

/** Every kind of event and of content is told apart by its fields. */
export function describe(event: StreamEvent): string {
  switch (event.type) {
    case 'start':
      return event.id
    case 'content':
      if (event.kind === 'tool-call') return event.input
      if (event.kind === 'source') return event.url ?? ''
      if (event.kind === 'provider' || event.kind === 'tool-result') return event.name
      return event.kind === 'file' ? event.data : event.text
    case 'retry':
      return `${event.delayMs satisfies number} ${event.error.code satisfies string}`
    case 'complete':
      return event.text
    case 'error':
      return StreamError.is(event.error) ? event.error.message : ''
  }
}

export async function iterate(messages: readonly Message[]): Promise<string> {
  await using stream: EventStream = createStream({ driver, messages, retry: false, timeout: 1000 })
  const all = new Accumulator()
  for await (const event of stream) all.add(event)
  const { usage } = await stream.final()
  return `${await stream.text()}${usage.inputTokens ?? 0}`
}

export async function output(): Promise<number> {
  const stream = createStream({
    driver,
    prompt: 'p',
    output: { type: 'object', properties: { n: { type: 'number' } } },
  })
  for await (const value of partialJson<{ n: number }>(stream, { tool: 't' })) {
    if (value.n !== undefined) return value.n
  }
  return 0
}

/** The output of a request without tools is never absent, also for a type that is not known here. */
export async function ask<Output>(schema: StandardSchema<Output>): Promise<Output[]> {
  const stream = createStream({
    driver,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'p' }] }],
    output: schema,
  })
  const conversation = createConversation({ id: 'c', driver, store: memoryStore(), output: schema })
  return [(await stream.final()).output, (await conversation.send('Hello').final()).output]
}

export async function askWithTools(options: StreamOptions): Promise<unknown> {
  const wrapped = createStream({ ...options, retry: false })
  const tools = { weather: { parameters: {} } }
  // @ts-expect-error: a prompt or messages are missing
  createStream({ driver, tools })
  // @ts-expect-error: not both
  createStream({ driver, prompt: 'p', messages: [{ role: 'user', content: 'p' }] })
  // @ts-expect-error: no such option
  createStream({ driver, prompt: 'p', temprature: 1 })
  return (await wrapped.final()).output
}

interface City {
  city: string
}

/** Calls and results have the types of their tools. */
export async function useTools(city: StandardSchema<City>): Promise<(number | undefined)[]> {
  const tools = {
    length: tool({ parameters: city, run: async ({ city }) => city.length }),
    later: tool({
      parameters: {},
      async *run(_input, { signal }) {
        signal.throwIfAborted()
        yield { at: new Date() }
      },
    }),
  }
  const stream: EventStream<unknown, ToolTypesOf<typeof tools>> = createStream({
    driver,
    prompt: 'p',
    tools,
    onToolStart: ({ call }) => call.name satisfies 'length' | 'later',
  })
  for await (const event of stream) {
    if (event.type !== 'content' || event.kind !== 'tool-result') continue
    if (event.isError || event.preliminary || event.name === 'length') continue
    const { output } = event
    if (output !== null && typeof output !== 'string') output.at satisfies string
  }
  const plain: EventStream = stream
  const any: ToolSet = tools
  // @ts-expect-error: no such field of a tool
  createStream({ driver, prompt: 'p', tools: { length: { parameters: city, execute: any } } })
  const { steps = [], waiting = [] } = await stream.final()
  for (const call of waiting) if (call.for === 'approval') call.name satisfies keyof typeof tools
  await plain.text()
  return steps
    .flatMap(({ calls }) => calls)
    .map((call) => (!call.isError && call.name === 'length' ? call.output : undefined))
}

export async function serve(): Promise<Response[]> {
  const stream = (): EventStream => createStream({ driver, prompt: 'p' })
  const body: ReadableStream<Uint8Array> = toReadableStream(stream(), ndjson())
  const formats = [sse({ heartbeatMs: 5000 }), plainText(), aiSdk(), agUi(), openaiChat()]
  const responses = formats.map((format) => toResponse(stream(), format, { status: 201 }))
  return [new Response(body), ...(await Promise.all(responses))]
}

export function read(response: Response): EventStream[] {
  return [readStream(response), connect('/ai', { method: 'POST', body: '{}' })]
}

export async function remember(): Promise<string> {
  const conversation = createConversation({
    id: 'c',
    driver,
    store: memoryStore(),
    select: lastMessages({ maxTokens: 1000 }),
  })
  const resumable = createResumable({ log: memoryLog() })
  await resumable.publish('s', conversation.send('Hello'))
  await resumable.stop('s')
  const tail = await resumable.follow('s', 4)
  return tail === null ? '' : tail.text()
}

export async function examine(fetchLike: typeof fetch): Promise<unknown[]> {
  const provider = simulatedProvider({ paceMs: 0, answer: 'Hello' })
  const server = await provider.listen()
  await server.close()
  return [
    createStream({ driver: scripted([['Hello']]), prompt: 'p' }),
    record(fetchLike, 'cassette.json'),
    replay('cassette.json'),
    testDriver,
    testStore,
    redisLog,
    redisStore,
    sqliteLog,
    sqliteStore,
    telemetry,
  ]
}

export async function useServer(client: McpClient): Promise<EventStream> {
  const approve = ({ name }: { name: string }): boolean => name === 'pay'
  const tools = await mcpTools(client, { prefix: 'a_', approve, meta: ({ key }) => ({ key }) })
  return createStream({ driver, prompt: 'p', tools })
}

export function chat(refresh: () => Promise<string>): Chat {
  return createChat({
    url: ({ key }) => `/ai/${key}`,
    headers: async () => ({ authorization: await refresh() }),
    body: (messages, { action }) => ({ messages, action }),
  })
}
