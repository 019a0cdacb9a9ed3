/**
 * Stores conversations and streams in Redis, with your own client of `redis` (node-redis) or
 * `ioredis`.
 *
 * ```ts
 * import { createClient } from 'redis'
 * import { redisStore } from 'sluice/redis'
 *
 * const client = await createClient({ url }).on('error', console.error).connect()
 * const store = redisStore(client)
 * ```
 *
 * @module sluice/redis
 */

export type {
  IoredisClient,
  NodeRedisClient,
  NodeRedisCluster,
  RedisClient,
} from '../stores/redis/client.js'
export { type RedisLogOptions, redisLog } from '../stores/redis/log.js'
export { type RedisStoreOptions, redisStore } from '../stores/redis/store.js'
