/**
 * The supported Redis clients: node-redis (`redis`) and ioredis, each for a single server or a
 * cluster.
 *
 * @module
 */

import { type Rule, rule } from '../../base/check-options.js'

/** Receives a message. node-redis passes the message first, ioredis the channel. */
type OnMessage = (first: string, second: string) => void

/** The part that all clients share. */
interface AnyClient {
  connect(): Promise<unknown>
  on(event: string, listener: (...args: string[]) => void): unknown
}

/** A client of node-redis: `createClient()`. */
export interface NodeRedisClient extends AnyClient {
  sendCommand(command: readonly string[], options?: object): Promise<unknown>
  subscribe(channels: string[], listener: OnMessage): Promise<unknown>
  unsubscribe(channels: string[], listener: never): Promise<unknown>
  duplicate(): NodeRedisClient
  destroy(): void
}

/** A cluster of node-redis: `createCluster()`. */
export interface NodeRedisCluster extends AnyClient {
  sendCommand(
    firstKey: string | undefined,
    isReadonly: boolean | undefined,
    command: string[],
    options?: object,
  ): Promise<unknown>
  subscribe(channels: string[], listener: OnMessage): Promise<unknown>
  unsubscribe(channels: string[], listener: never): Promise<unknown>
  duplicate(): NodeRedisCluster
  destroy(): void
  readonly masters: unknown
}

/** A client of ioredis: `new Redis()` or `new Cluster()`. */
export interface IoredisClient extends AnyClient {
  call(command: string, args: string[]): Promise<unknown>
  subscribe(...channels: string[]): Promise<unknown>
  unsubscribe(...channels: string[]): Promise<unknown>
  duplicate(...args: never[]): IoredisClient
  disconnect(): void
  readonly isCluster: boolean
}

/**
 * A connected client of `redis` (node-redis) or `ioredis`. The caller owns it: closes it and
 * listens to its errors.
 */
export type RedisClient = NodeRedisClient | NodeRedisCluster | IoredisClient

/** Braces would create another hash tag, which decides which server of a cluster holds a key. */
export const keyPrefix: Rule = rule(
  'a string without braces',
  (value) => typeof value === 'string' && !/[{}]/.test(value),
)

/** @throws TypeError for an unsupported client */
export function checkClient(client: RedisClient): RedisClient {
  if (typeof client === 'object' && client !== null) {
    if (isIoredis(client)) return client
    // A sentinel of node-redis has another order of arguments, and a pool cannot be duplicated.
    const isSentinel = 'getSentinelNode' in client
    const canSend = 'sendCommand' in client && typeof client.sendCommand === 'function'
    if (canSend && typeof client.duplicate === 'function' && !isSentinel) return client
  }
  throw new TypeError(
    'Unsupported Redis client. Allowed: createClient() or createCluster() of "redis", new Redis() or new Cluster() of "ioredis".',
  )
}

export function isIoredis(client: RedisClient): client is IoredisClient {
  // Both have a `sendCommand`, with different parameters.
  return 'call' in client && typeof client.call === 'function'
}

export function isNodeRedisCluster(
  client: NodeRedisClient | NodeRedisCluster,
): client is NodeRedisCluster {
  return 'masters' in client
}

/** Another client with the same settings, not connected yet. The caller closes it. */
export function duplicateClient(client: RedisClient): RedisClient {
  const copy = isIoredis(client) ? duplicateIoredis(client) : client.duplicate()
  // A client without a listener for its errors ends the process. Failed commands report ours.
  copy.on('error', () => {})
  return copy
}

function duplicateIoredis(client: IoredisClient): IoredisClient {
  const copy = client.duplicate.bind(client) as (...args: unknown[]) => IoredisClient
  return client.isCluster ? copy([], { lazyConnect: true }) : copy({ lazyConnect: true })
}

/** Closes the client at once. Pending commands fail. */
export function closeClient(client: RedisClient): void {
  try {
    if (isIoredis(client)) client.disconnect()
    else client.destroy()
  } catch {
    // node-redis throws if it is closed already.
  }
}
