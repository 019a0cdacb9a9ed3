/**
 * Where processes keep the conversations and streams that they share, by each store.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { type ConversationStore, memoryStore } from 'sluice/conversation'
import { postgresLog, postgresStore } from 'sluice/postgres'
import { redisLog, redisStore } from 'sluice/redis'
import { memoryLog, type StreamLog } from 'sluice/resumable'
import { sqliteLog, sqliteStore } from 'sluice/sqlite'
import { type PostgresServer, postgresNote, startPostgres } from './postgres.ts'
import { redisNote, startRedis } from './redis.ts'

export interface Opened {
  store: ConversationStore
  log: StreamLog
  close(): unknown
}

/** How another process opens it. JSON. */
export type Address =
  | { kind: 'sqlite'; path: string }
  | { kind: 'redis'; port: number }
  | { kind: 'postgres'; config: PostgresServer['config'] }

export interface Place {
  /** Absent if only this process can open it. */
  address?: Address
  open(): Opened
  /** Restarts its server at once, as a crash would. It loses nothing that it has acknowledged. */
  restart?(): Promise<void>
  remove(): Promise<void>
}

/** Those that several processes can share. */
export const sharedPlaceNames = ['sqlite', 'redis', 'postgres'] as const
export const placeNames = ['memory', ...sharedPlaceNames] as const
export type PlaceName = (typeof placeNames)[number]

/** For the name of a suite that is skipped without the server. */
export const placeNotes: Record<PlaceName, string> = {
  memory: '',
  sqlite: '',
  redis: redisNote,
  postgres: postgresNote,
}

const commandTimeoutMs = 3_000

export function openAddress(address: Address): Opened {
  if (address.kind === 'sqlite') {
    const database = new DatabaseSync(address.path)
    const store = sqliteStore(database)
    return { store, log: sqliteLog(database), close: () => database.close() }
  }
  if (address.kind === 'postgres') {
    const pool = new Pool(address.config)
    // What fails reports it.
    pool.on('error', () => {})
    const store = postgresStore(pool, { commandTimeoutMs })
    return { store, log: postgresLog(pool, { commandTimeoutMs }), close: () => pool.end() }
  }
  const client = new Redis(address.port, '127.0.0.1')
  // What fails reports it.
  client.on('error', () => {})
  const store = redisStore(client, { commandTimeoutMs })
  return { store, log: redisLog(client, { commandTimeoutMs }), close: () => client.disconnect() }
}

export const places: Record<PlaceName, () => Promise<Place>> = {
  memory() {
    const shared = { store: memoryStore(), log: memoryLog(), close() {} }
    return Promise.resolve({ open: () => shared, remove: () => Promise.resolve() })
  },
  sqlite() {
    const folder = mkdtempSync(join(tmpdir(), 'chaos-'))
    const address: Address = { kind: 'sqlite', path: join(folder, 'chat.db') }
    return Promise.resolve({
      address,
      open: () => openAddress(address),
      remove: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
    })
  },
  async redis() {
    const server = await startRedis({ durable: true })
    const address: Address = { kind: 'redis', port: server.port }
    return {
      address,
      open: () => openAddress(address),
      restart: () => server.restart(),
      remove: () => server.stop(),
    }
  },
  async postgres() {
    const server = await startPostgres()
    const address: Address = { kind: 'postgres', config: server.config }
    return {
      address,
      open: () => openAddress(address),
      restart: () => server.restart(),
      remove: () => server.stop(),
    }
  },
}
