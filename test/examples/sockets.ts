/**
 * The chat server on a socket, and its provider on another one.
 */

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type SimulatedProvider,
  type SimulatedProviderOptions,
  type SimulatedServer,
  simulatedProvider,
} from 'sluice/testing'
import { type AppOptions, createApp } from '../../examples/chat-server/app.ts'
import { createListener } from '../../examples/chat-server/listener.ts'
import type { Memory } from '../../examples/chat-server/memory.ts'
import {
  claudeProvider,
  geminiProvider,
  openaiProvider,
} from '../../examples/chat-server/providers.ts'
import { Turns } from '../../examples/chat-server/turns.ts'

interface SocketsOptions extends Omit<AppOptions, 'providers' | 'turns'> {
  memory?: Memory
  /** The app takes its provider for a real one. */
  isReal?: boolean
}

export class Sockets {
  readonly provider: SimulatedProvider
  readonly upstream: SimulatedServer
  readonly url: string
  readonly #server: Server

  private constructor(provider: SimulatedProvider, upstream: SimulatedServer, server: Server) {
    this.provider = provider
    this.upstream = upstream
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async open(
    options: SimulatedProviderOptions,
    { memory, isReal = false, ...appOptions }: SocketsOptions = {},
  ): Promise<Sockets> {
    const provider = simulatedProvider(options)
    const upstream = await provider.listen()
    const settings = { apiKey: 'any', simulated: !isReal }
    const providers = {
      openai: openaiProvider({ ...settings, baseURL: `${upstream.url}/v1` }),
      claude: claudeProvider({ ...settings, baseURL: upstream.url }),
      gemini: geminiProvider({ ...settings, baseURL: `${upstream.url}/v1beta` }),
    }
    const turns = new Turns({ providers, ...(memory && { memory }) })
    const server = createServer(createListener(createApp({ providers, turns, ...appOptions })))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Sockets(provider, upstream, server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await this.upstream.close()
  }
}
