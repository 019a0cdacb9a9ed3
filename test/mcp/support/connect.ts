/**
 * Clients that are connected to the test server.
 */

import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Client, type ClientOptions } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { testServer } from './test-server.ts'

export type TransportKind = 'stdio' | 'http'
export const transports: readonly TransportKind[] = ['stdio', 'http']

/** What the server has noticed. */
class Notices {
  readonly lines: string[] = []
  #notify = (): void => {}

  readonly add = (line: string): void => {
    this.lines.push(line)
    this.#notify()
  }

  async until(line: string): Promise<void> {
    while (!this.lines.includes(line)) {
      await new Promise<void>((resolve) => {
        this.#notify = resolve
      })
    }
  }
}

export interface Connection extends AsyncDisposable {
  client: Client
  notices: Notices
  /** Breaks all connections, as a server that dies. */
  kill(): Promise<void>
}

export function connect(kind: TransportKind, options?: ClientOptions): Promise<Connection> {
  return kind === 'stdio' ? connectStdio(options) : connectHttp(options)
}

async function connectStdio(options?: ClientOptions): Promise<Connection> {
  const notices = new Notices()
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [fileURLToPath(new URL('test-server.ts', import.meta.url))],
    stderr: 'pipe',
  })
  let rest = ''
  transport.stderr?.on('data', (bytes: Buffer) => {
    const lines = (rest + String(bytes)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) notices.add(line)
  })
  const client = new Client({ name: 'test', version: '1.0.0' }, options)
  await client.connect(transport)
  const kill = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => {
      // The client is no EventTarget.
      // oxlint-disable-next-line unicorn/prefer-add-event-listener
      client.onclose = resolve
    })
    process.kill(transport.pid as number, 'SIGKILL')
    await closed
  }
  return { client, notices, kill, [Symbol.asyncDispose]: () => client.close() }
}

async function connectHttp(options?: ClientOptions): Promise<Connection> {
  const notices = new Notices()
  const server = testServer(notices.add)
  const serverSide = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID })
  await server.connect(serverSide)
  const listener = createServer((request, response) => {
    void serverSide.handleRequest(request, response)
  })
  await once(listener.listen(0, '127.0.0.1'), 'listening')
  const { port } = listener.address() as AddressInfo
  const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`), {
    reconnectionOptions: {
      initialReconnectionDelay: 1,
      maxReconnectionDelay: 1,
      reconnectionDelayGrowFactor: 1,
      maxRetries: 0,
    },
  })
  const client = new Client({ name: 'test', version: '1.0.0' }, options)
  await client.connect(transport)
  const kill = async (): Promise<void> => {
    const closed = once(listener, 'close')
    listener.close().closeAllConnections()
    await closed
  }
  return {
    client,
    notices,
    kill,
    async [Symbol.asyncDispose]() {
      await client.close()
      await server.close()
      if (listener.listening) await kill()
    },
  }
}
