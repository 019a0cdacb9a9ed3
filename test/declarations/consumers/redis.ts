/**
 * The Redis clients that users have, which need the types of Node.
 */

import { Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { redisLog, redisStore } from 'sluice/redis'

export const kept = [
  redisStore(createClient()),
  redisLog(createClient()),
  redisStore(createCluster({ rootNodes: [] })),
  redisStore(new Redis()),
  redisLog(new Redis()),
]
