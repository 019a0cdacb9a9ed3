import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import type { RedisClient } from '../../src/stores/redis/client.js'
import type { RedisServer } from './redis.js'

type Address = Pick<RedisServer, 'host' | 'port' | 'url'>

export interface TestClient {
  readonly client: RedisClient
  close(): void
}

// The failures that a test makes are told by the commands that fail.
const onError = (): void => {}

/** Both clients, connected to one server. */
export const clients: Record<'node-redis' | 'ioredis', (server: Address) => Promise<TestClient>> = {
  async 'node-redis'(server) {
    const client = createClient({ url: server.url })
    client.on('error', onError)
    await client.connect()
    return { client, close: () => client.destroy() }
  },
  ioredis(server) {
    const client = new Redis(server.port, server.host)
    client.on('error', onError)
    return Promise.resolve({ client, close: () => client.disconnect() })
  },
}

/** Both clients, connected to a cluster. */
export const clusterClients: Record<
  'node-redis' | 'ioredis',
  (nodes: readonly RedisServer[]) => Promise<TestClient>
> = {
  async 'node-redis'(nodes) {
    const client = createCluster({ rootNodes: nodes.map(({ url }) => ({ url })) })
    client.on('error', onError)
    await client.connect()
    return { client, close: () => client.destroy() }
  },
  ioredis(nodes) {
    const client = new Cluster(nodes.map(({ host, port }) => ({ host, port })))
    client.on('error', onError)
    return Promise.resolve({ client, close: () => client.disconnect() })
  },
}
