import { connect, createServer, type Socket } from 'node:net'

export interface LossyProxy {
  readonly port: number
  readonly url: string
  readonly host: string
  /** The next answer of the server does not arrive: the connection breaks instead, and the server has done what it was asked. */
  loseNextAnswer(): void
  /** How many answers were lost. */
  readonly lost: () => number
  close(): Promise<void>
}

/** A way to a server on this machine. */
export async function lossyProxy(port: number): Promise<LossyProxy> {
  const sockets = new Set<Socket>()
  let losing = false
  let lost = 0
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
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
    client.on('data', (data) => upstream.write(data))
    upstream.on('data', (data) => {
      if (!losing) return void client.write(data)
      losing = false
      lost++
      cut()
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const own = typeof address === 'object' && address !== null ? address.port : 0
  return {
    port: own,
    host: '127.0.0.1',
    url: `redis://127.0.0.1:${own}`,
    loseNextAnswer: () => {
      losing = true
    },
    lost: () => lost,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
