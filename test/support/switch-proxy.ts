import { connect, createServer, type Socket } from 'node:net'

export interface SwitchProxy {
  readonly host: string
  readonly port: number
  readonly url: string
  /** Breaks all connections; new ones go to another server, as after a failover. */
  switchTo(port: number): void
  close(): Promise<void>
}

/** A way to one of several servers on this machine. */
export async function switchProxy(port: number): Promise<SwitchProxy> {
  const sockets = new Set<Socket>()
  let target = port
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    const cut = (): void => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', cut)
      socket.on('close', () => {
        sockets.delete(socket)
        cut()
      })
    }
    client.pipe(upstream)
    upstream.pipe(client)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const own = typeof address === 'object' && address !== null ? address.port : 0
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    host: '127.0.0.1',
    port: own,
    url: `redis://127.0.0.1:${own}`,
    switchTo(other) {
      target = other
      cutAll()
    },
    close: () =>
      new Promise((resolve) => {
        cutAll()
        server.close(() => resolve())
      }),
  }
}
