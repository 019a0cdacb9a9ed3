import { createConnection } from 'node:net'
import { type RedisServer, startRedis } from './redis.js'

export interface RedisCluster {
  readonly nodes: readonly RedisServer[]
  stop(): Promise<void>
}

/** Three servers, each with a third of the slots. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const started = await Promise.allSettled([1, 2, 3].map(() => startRedis({ cluster: true })))
  const nodes = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
  }
  try {
    for (const result of started) if (result.status === 'rejected') throw result.reason
    await join(nodes)
  } catch (error) {
    await stop()
    throw error
  }
  return { nodes, stop }
}

async function join(nodes: readonly RedisServer[]): Promise<void> {
  const bounds = [0, 5461, 10_923, 16_384]
  for (const [index, node] of nodes.entries()) {
    const [from = 0, to = 0] = bounds.slice(index, index + 2)
    await ask(node, `CLUSTER ADDSLOTSRANGE ${from} ${to - 1}`)
    const [first] = nodes
    if (index > 0 && first) {
      await ask(node, `CLUSTER MEET ${first.host} ${first.port} ${first.busPort}`)
    }
  }
  const deadline = Date.now() + 20_000
  for (const node of nodes) {
    while (!(await ask(node, 'CLUSTER INFO')).includes('cluster_state:ok')) {
      if (Date.now() > deadline) throw new Error('The Redis cluster did not come up within 20 s.')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

function ask(node: RedisServer, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = ''
    const socket = createConnection(node.port, node.host, () => {
      socket.write(`${command}\r\nQUIT\r\n`)
    })
    socket.on('data', (data) => {
      reply += data.toString()
    })
    socket.once('error', reject)
    socket.once('close', () => {
      if (reply.startsWith('-')) reject(new Error(`${command}: ${reply.trim()}`))
      else resolve(reply)
    })
  })
}
