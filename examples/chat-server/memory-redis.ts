/**
 * Conversations and answers in Redis.
 */

import { createClient } from 'redis'
import { redisLog, redisStore } from 'sluice/redis'
import { messageOf, type OpenedMemory } from './memory.ts'

/** @throws Error if there is no Redis at the address */
export async function openRedis(url: string): Promise<OpenedMemory> {
  let isOpen = false
  try {
    const client = createClient({
      url,
      socket: {
        // A server that never had its Redis is set up wrongly; one that has lost it waits for it.
        reconnectStrategy: (retries, cause) => (isOpen ? Math.min(100 * retries, 2_000) : cause),
      },
    })
    client.on('error', (error: Error) => {
      if (isOpen) console.error(`Redis: ${error.message}`)
    })
    await client.connect()
    isOpen = true
    return {
      store: redisStore(client),
      log: redisLog(client),
      summary: 'Conversations are kept in Redis (REDIS_URL).',
      close: async () => client.destroy(),
    }
  } catch (error) {
    // Without the address, which may hold a password.
    throw new Error(`There is no Redis at REDIS_URL: ${messageOf(error)}`, { cause: error })
  }
}
