/**
 * An MCP server whose tools do one thing each. As a process of its own it speaks stdio, and writes
 * what it notices to stderr.
 */

import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js'
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  type ServerNotification,
  type ServerRequest,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js'

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>
type Answer = (
  input: Record<string, unknown>,
  extra: Extra,
) => CallToolResult | Promise<CallToolResult>

/** A PNG of one pixel. */
export const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
export const longName = `${'a'.repeat(70)}.end`

const said = (...texts: readonly string[]): CallToolResult => ({
  content: texts.map((text) => ({ type: 'text', text })),
})

/** Calls of `proceed` let `count` continue. */
class Gate {
  #open = (): void => {}
  #isOpen = false

  open(): void {
    this.#isOpen = true
    this.#open()
  }

  async pass(): Promise<void> {
    if (!this.#isOpen) {
      await new Promise<void>((resolve) => {
        this.#open = resolve
      })
    }
    this.#isOpen = false
  }
}

/** @param notice - called with what happens on the server */
export function testServer(notice: (line: string) => void): Server {
  const gate = new Gate()
  const answers: Record<string, Answer> = {
    echo: (input) => said(JSON.stringify(input)),
    texts: () => said('one', 'two'),
    nothing: () => ({ content: [] }),
    picture: () => ({
      content: [
        { type: 'text', text: 'before' },
        { type: 'image', data: pixel, mimeType: 'image/png' },
        { type: 'text', text: 'after' },
      ],
    }),
    sound: () => ({ content: [{ type: 'audio', data: 'UklGRg==', mimeType: 'audio/wav' }] }),
    document: () => ({
      content: [
        {
          type: 'resource',
          resource: {
            uri: 'file:///a/paper.pdf?v=1',
            mimeType: 'application/pdf',
            blob: 'JVBERg==',
          },
        },
        { type: 'resource', resource: { uri: 'app://logo', mimeType: 'image/png', blob: pixel } },
        { type: 'resource', resource: { uri: 'app://raw', blob: 'AAAA' } },
      ],
    }),
    page: () => ({
      content: [
        { type: 'resource', resource: { uri: 'file:///a.txt', text: 'words' } },
        { type: 'resource_link', uri: 'file:///b.txt', name: 'b', _meta: { secret: 1 } },
      ],
    }),
    weather: () => ({
      content: [{ type: 'text', text: '{"sky": "clear"}' }],
      structuredContent: { sky: 'clear' },
    }),
    chart: () => ({
      content: [
        { type: 'text', text: 'A chart.' },
        { type: 'image', data: pixel, mimeType: 'image/png' },
      ],
      structuredContent: { points: 3 },
    }),
    refuse: () => ({
      content: [
        { type: 'text', text: 'No such city.' },
        { type: 'image', data: pixel, mimeType: 'image/png' },
      ],
      isError: true,
    }),
    silent_error: () => ({ content: [], isError: true }),
    huge_error: () => ({ ...said('x'.repeat(10_000)), isError: true }),
    crash: () => {
      throw new McpError(ErrorCode.InternalError, 'secret words')
    },
    huge: () => said('y'.repeat(10_000), 'z'.repeat(10_000)),
    hang: async (_input, { signal, sendNotification, _meta }) => {
      signal.addEventListener('abort', () => notice('cancelled'))
      await sendNotification(progressOf(_meta, 1, 'hanging'))
      return new Promise(() => {})
    },
    count: async (_input, { sendNotification, _meta }) => {
      await sendNotification(progressOf(_meta, 1, 'first', 2))
      await gate.pass()
      await sendNotification(progressOf(_meta, 2))
      await gate.pass()
      return said('counted')
    },
    proceed: () => {
      gate.open()
      return said('ok')
    },
    die: () => process.exit(7),
    grow: async () => {
      answers.grown = () => said('I am new.')
      delete answers.texts
      await server.sendToolListChanged()
      return said('grew')
    },
    meta: (_input, { _meta }) => said(JSON.stringify(_meta)),
    'files.read/all': () => said('read'),
    [longName]: () => said('long'),
    ['__proto__']: () => said('proto'),
    constructor: () => said('constructed'),
  }
  const details: Record<string, Partial<Tool>> = {
    echo: {
      description: 'Says it again.',
      inputSchema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
        '~standard': { vendor: 'nobody' },
      },
      annotations: { readOnlyHint: true },
    },
    texts: { title: 'Two texts', annotations: { idempotentHint: true } },
    die: { annotations: { destructiveHint: true } },
  }
  const server = new Server(
    { name: 'test', version: '1.0.0' },
    { capabilities: { tools: { listChanged: true } } },
  )
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
    const names = Object.keys(answers)
    const from = Number(params?.cursor ?? 0)
    const tools = names.slice(from, from + 5).map((name) => ({
      name,
      inputSchema: { type: 'object' as const },
      ...(Object.hasOwn(details, name) ? details[name] : {}),
    }))
    notice(`listed from ${from}`)
    return from + 5 < names.length ? { tools, nextCursor: String(from + 5) } : { tools }
  })
  server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) => {
    const answer = Object.hasOwn(answers, params.name) ? answers[params.name] : undefined
    if (answer === undefined) throw new McpError(ErrorCode.InvalidParams, 'Unknown tool')
    notice(`called ${params.name}`)
    return answer(params.arguments ?? {}, extra)
  })
  return server
}

function progressOf(
  meta: Extra['_meta'],
  progress: number,
  message?: string,
  total?: number,
): ServerNotification {
  const progressToken = meta?.progressToken
  if (progressToken === undefined) throw new Error('Nobody wants progress.')
  return {
    method: 'notifications/progress',
    params: {
      progressToken,
      progress,
      ...(message === undefined ? {} : { message }),
      ...(total === undefined ? {} : { total }),
    },
  }
}

if (import.meta.main) {
  const server = testServer((line) => process.stderr.write(`${line}\n`))
  await server.connect(new StdioServerTransport())
}
