/**
 * The network between a browser and a server on this machine, which a test takes away.
 *
 * Chromium's offline mode refuses new requests, but leaves those in progress alone.
 */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export class Network implements AsyncDisposable {
  readonly url: string
  readonly #server: Server
  readonly #clients = new Map<Socket, Socket>()

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** @param url - of the server */
  static async to(url: string): Promise<Network> {
    const server = createServer({ noDelay: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const network = new Network(server)
    server.on('connection', (client) => network.#connect(client, Number(new URL(url).port)))
    return network
  }

  /** All connections end with a reset, as when an interface goes down. */
  break(): void {
    for (const client of this.#clients.keys()) client.resetAndDestroy()
  }

  /** Nothing passes on the connections any more, and neither side notices, as after a change of networks. */
  silence(): void {
    for (const [client, upstream] of this.#clients) {
      client.unpipe(upstream).resume()
      upstream.unpipe(client).resume()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.break()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #connect(client: Socket, port: number): void {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#clients.set(client, upstream)
    const end = (): void => {
      this.#clients.delete(client)
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
    client.pipe(upstream)
    upstream.pipe(client)
  }
}
