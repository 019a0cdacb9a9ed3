/**
 * What is kept in Redis, by a client of `redis` (node-redis) or `ioredis` that you hand in.
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
