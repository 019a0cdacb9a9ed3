/**
 * A conversation store and a log of each kind, as an application opens them.
 */

import { DatabaseSync } from 'node:sqlite'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { type ConversationStore, memoryStore } from 'sluice/conversation'
import { postgresLog, postgresStore } from 'sluice/postgres'
import { redisLog, redisStore } from 'sluice/redis'
import { memoryLog, type StreamLog } from 'sluice/resumable'
import { sqliteLog, sqliteStore } from 'sluice/sqlite'

export type StoreName = 'memory' | 'sqlite' | 'redis' | 'postgres'

/** Where the data of a store is: nothing for memory, a file, or a URL. */
export interface Place {
  name: StoreName
  address: string
}

export interface Opened {
  store: ConversationStore
  log: StreamLog
  close(): Promise<void> | void
}

export function open({ name, address }: Place): Opened {
  switch (name) {
    case 'memory':
      return { store: memoryStore(), log: memoryLog(), close() {} }
    case 'sqlite': {
      const database = new DatabaseSync(address)
      const close = (): void => database.close()
      return { store: sqliteStore(database), log: sqliteLog(database), close }
    }
    case 'redis': {
      const redis = new Redis(address)
      return { store: redisStore(redis), log: redisLog(redis), close: () => redis.disconnect() }
    }
    case 'postgres': {
      const pool = new Pool({ connectionString: address, max: 10 })
      return { store: postgresStore(pool), log: postgresLog(pool), close: () => pool.end() }
    }
  }
}
